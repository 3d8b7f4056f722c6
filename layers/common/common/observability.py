"""Logs and metrics: one logger and one metrics sink a function."""

import warnings

from aws_lambda_powertools import Logger, Metrics

# Messages that come again change nothing, and there is nothing to count.
warnings.filterwarnings("ignore", "No application metrics")

# Service name, log level and namespace come from the environment that template.yaml sets.
logger = Logger(use_rfc3339=True, utc=True)
metrics = Metrics()
