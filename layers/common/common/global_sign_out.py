"""Ending all sessions of a user: refresh tokens, tickets and live connections."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from common import aws
from common.live_sign_out import LiveSignOut, live_sign_out
from common.sessions import EndedSessions, ended_sessions

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


class GlobalSignOut:
    """Ends the sessions of a user pool's users, with their live connections."""

    def __init__(
        self,
        pool: str,
        cognito: CognitoIdentityProviderClient,
        ended: EndedSessions,
        live: LiveSignOut,
    ) -> None:
        self._pool = pool
        self._cognito = cognito
        self._ended = ended
        self._live = live

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
        self._live.run(user_id, ended_at)
        # Tokens tell only the second of a sign-in. One in the second of the end would be refused.
        time.sleep(max(0.0, ended_at + 1 - time.time()))

    def finish(self, user_id: str) -> None:
        """Close the connections that an earlier sign-out has left open. Raises as `run` does.

        It leaves sessions alone that began later, so that an old token has no power over them.
        """
        ended_at = self._ended.ended_at(user_id)
        if ended_at is not None:
            self._live.run(user_id, ended_at)


@cache
def global_sign_out() -> GlobalSignOut:
    """For the users of the deployed stack."""
    return GlobalSignOut(aws.env("USER_POOL_ID"), aws.cognito(), ended_sessions(), live_sign_out())
