"""Closing the live connections of users whose sessions have ended."""

from __future__ import annotations

import time
from functools import cache
from itertools import batched

from botocore.exceptions import BotoCoreError, ClientError

from common.connections import Connection, Connections, connections
from common.parallel import map_parallel
from common.sockets import Sockets, sockets

# Closed connections are removed after every thousand, so that a repetition continues from there.
_CLOSED_PER_PART = 1000

# How long to wait for a handshake that is still running. `live` has accepted it already: it refuses
# those that it sees after the sessions have ended. So all that is missing is API Gateway's answer.
_HANDSHAKE_PATIENCE_SECONDS = 2.0
_HANDSHAKE_PAUSE_SECONDS = 0.1


class StillConnected(Exception):
    """Some connections could not be closed. It is safe to repeat the sign-out."""


class LiveSignOut:
    """Closes the connections of ended sessions."""

    def __init__(self, live: Connections, open_sockets: Sockets) -> None:
        self._live = live
        self._sockets = open_sockets

    def run(self, user_id: str, ended_at: int) -> None:
        """Close the connections of a user's sessions that had begun at this time, in epoch seconds.

        Raises StillConnected or an error of the SDK if some may still be open.
        """
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
def live_sign_out() -> LiveSignOut:
    """For the connections of the deployed stack."""
    return LiveSignOut(connections(), sockets())
