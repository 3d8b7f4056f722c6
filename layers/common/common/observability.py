"""Logs and metrics: one logger and one metrics sink per function."""

import warnings
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

# A batch of repeated messages changes nothing, so there is nothing to count.
warnings.filterwarnings("ignore", "No application metrics")


class PrivateLogger(Logger):
    """Powertools' logger, except that it never logs an event, whatever the environment says.

    Events contain passwords, tokens, email addresses and what people write.
    """

    if not TYPE_CHECKING:  # the signatures are Powertools'

        def inject_lambda_context(self, *arguments: Any, **options: Any) -> Any:
            return super().inject_lambda_context(*arguments, **options | {"log_event": False})


# template.yaml sets the service name, the log level and the namespace as environment variables.
logger = PrivateLogger(use_rfc3339=True, utc=True)
metrics = Metrics()
