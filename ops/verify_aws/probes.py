"""All probes: each module registers its own."""

from ops.verify_aws import (  # noqa: F401
    browsers,
    images,
    live,
    observability,
    orders,
    refusals,
    settings,
    users,
)
from ops.verify_aws.probe import PROBES

__all__ = ["PROBES"]
