"""The SDK's descriptions of AWS services, which all sessions of a test process share."""

from __future__ import annotations

from functools import cache

import botocore.session


def share_service_models() -> None:
    """Let all sessions have the same loader, which parses each description once.

    Every test has new clients, and most have a new session. Each would otherwise parse its
    services again, and look for all 400 others: a sixth of the time of the unit tests.
    """
    botocore.session.create_loader = cache(botocore.session.create_loader)
