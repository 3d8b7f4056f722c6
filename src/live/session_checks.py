"""Whether the session of a token, or of an open connection, is still valid."""

from __future__ import annotations

from common.connections import connections, is_new
from common.sessions import Session, ended_sessions
from common.user_pool import find_user


def is_valid(session: Session) -> bool:
    """Whether the session has not ended, and its user can still have one.

    The record shows what ended through this project. Cognito shows whom an administrator disabled,
    deleted or locked out there, and a new user of the same name. Sessions of another issuer are
    always valid: only the issuer knows.
    """
    if session.authTime is None:
        return True
    if ended_sessions().contain(session):
        return False
    user = find_user(session.username)
    return user is not None and user.userID == session.userID and user.canHaveSession


def may_stay(connection_id: str, connected_at: float) -> bool:
    """Whether a connection may stay open. If so, its lease is renewed when that is due."""
    connection = connections().find(connection_id)
    if connection is None:
        return is_new(connected_at)  # the index may not contain it yet
    if not connection.needs_check:
        return True
    return is_valid(connection.session) and connections().renew(connection)
