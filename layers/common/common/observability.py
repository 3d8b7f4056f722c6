"""Logs and metrics: one logger and one metrics sink a function."""

from aws_lambda_powertools import Logger, Metrics

# Service name, log level and namespace come from the environment that template.yaml sets.
logger = Logger(use_rfc3339=True, utc=True)
metrics = Metrics()
