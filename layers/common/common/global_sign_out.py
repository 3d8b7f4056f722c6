"""Ending all sessions of a user: refresh tokens, tickets and live connections."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from common import aws
from common.connections import Connection, Connections, connections
from common.parallel import map_parallel
from common.sessions import EndedSessions, ended_sessions
from common.sockets import Sockets, sockets

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# Closed connections are removed after every thousand, so that a repetition continues from there.
_CLOSED_PER_PART = 1000

# How long to wait for a handshake that is still running. `live` has accepted it already: it refuses
# those that it sees after the sessions have ended. So all that is missing is API Gateway's answer.
_HANDSHAKE_PATIENCE_SECONDS = 2.0
_HANDSHAKE_PAUSE_SECONDS = 0.1


class StillConnected(Exception):
    """Some connections could not be closed. It is safe to repeat the sign-out."""


class GlobalSignOut:
    """Ends the sessions of a user pool's users, with their live connections."""

    def __init__(
        self,
        pool: str,
        cognito: CognitoIdentityProviderClient,
        ended: EndedSessions,
        live: Connections,
        open_sockets: Sockets,
    ) -> None:
        self._pool = pool
        self._cognito = cognito
        self._ended = ended
        self._live = live
        self._sockets = open_sockets

    def run(self, user_id: str, username: str) -> None:
        """End all sessions of a user, and return when the user can sign in again.

        Raises StillConnected or an error of the SDK if something may not have ended. It is safe to
        repeat, and does no harm to a user who is not signed in or was deleted.
        """
        with suppress(self._cognito.exceptions.UserNotFoundException):
            self._cognito.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)
        # The connections are read after the record is written, and `live` reads the record after
        # it has stored a connection. So one that is being opened is closed here or refused there.
        ended_at = self._ended.record(user_id)
        self._close_connections(user_id, ended_at)
        # Tokens tell only the second of a sign-in. One in the second of the end would be refused.
        time.sleep(max(0.0, ended_at + 1 - time.time()))

    def finish(self, user_id: str) -> None:
        """Close the connections that an earlier sign-out has left open. Raises as `run` does.

        It leaves sessions alone that began later, so that an old token has no power over them.
        """
        ended_at = self._ended.ended_at(user_id)
        if ended_at is not None:
            self._close_connections(user_id, ended_at)

    def _close_connections(self, user_id: str, ended_at: int) -> None:
        errors: list[Exception] = []
        stored = self._live.of_user(user_id, include_expired=True)
        found = (each for each in stored if each.session.has_ended_by(ended_at))
        for part in batched(found, _CLOSED_PER_PART, strict=False):
            results = list(zip(part, map_parallel(self._close, part), strict=True))
            self._live.remove_all(connection for connection, error in results if error is None)
            errors += [error for _, error in results if error is not None]
        if errors:
            raise StillConnected(
                f"{len(errors)} live connections may still be open; try again"
            ) from errors[0]

    def _close(self, connection: Connection) -> Exception | None:
        """Returns the error if the connection may still be open."""
        deadline = time.monotonic() + _HANDSHAKE_PATIENCE_SECONDS
        try:
            while not self._sockets.close(connection.connectionID):
                if not connection.may_be_connecting or time.monotonic() > deadline:
                    break
                time.sleep(_HANDSHAKE_PAUSE_SECONDS)
        except (BotoCoreError, ClientError) as error:
            return error
        return None


@cache
def global_sign_out() -> GlobalSignOut:
    """For the users of the deployed stack."""
    return GlobalSignOut(
        aws.env("USER_POOL_ID"), aws.cognito(), ended_sessions(), connections(), sockets()
    )
