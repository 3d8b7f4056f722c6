"""The user's sessions: no new ones, and no live connections."""

from __future__ import annotations

import time
from typing import Any

from common import aws
from common.erasures import Erasure
from common.global_sign_out import global_sign_out
from common.live_sign_out import live_sign_out
from common.user_pool import find_own_user


def erase(erasure: Erasure, _: Any) -> None:
    """Disable the user at Cognito, and end all sessions. Raises StillConnected."""
    user = find_own_user(erasure.username, erasure.sub)
    if user is None:  # deleted already, or a user of another issuer
        live_sign_out().run(erasure.sub, int(time.time()))
        return
    aws.cognito().admin_disable_user(UserPoolId=aws.env("USER_POOL_ID"), Username=user.username)
    global_sign_out().run(user.userID, user.username)
