"""Queue of order events -> an email to the buyer about each change of an order."""

from functools import partial
from typing import Any

import simplejson
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError
from buyers import address_of
from once import once_per_event
from wording import email

from common import aws
from common.observability import logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Mail the events of a batch, and report the records that must be retried."""
    failed = []
    for record in event["Records"]:
        try:
            changed = simplejson.loads(record["body"], use_decimal=True)
            once_per_event(changed, context, partial(mail, changed))
        except Exception as error:  # any of the services may fail: the queue delivers it again
            # The text of an error may quote the address.
            logger.error("buyer not emailed", record=record["messageId"], error=_name(error))
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def mail(event: dict[str, Any]) -> None:
    """Send the email about an event, unless its buyer has no address or SES refuses it for good."""
    order_id = event["data"]["orderID"]
    subject, text = email(event)
    address = address_of(event["data"]["placedBy"])
    if address is None:
        logger.info("buyer has no address", correlation_id=order_id)
        return
    ses = aws.sesv2()
    try:
        ses.send_email(
            FromEmailAddress=aws.env("BUYER_EMAILS"),
            Destination={"ToAddresses": [address]},
            Content={
                "Simple": {
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                }
            },
        )
    except ses.exceptions.BadRequestException:
        # Not an address for SES, such as one with letters that are not ASCII.
        logger.warning("email refused", correlation_id=order_id)
        metrics.add_metric("EmailsRefused", MetricUnit.Count, 1)
        return
    logger.info("buyer emailed", correlation_id=order_id)
    metrics.add_metric("EmailsSent", MetricUnit.Count, 1)


def _name(error: Exception) -> str:
    return (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
