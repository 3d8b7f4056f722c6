"""The live event that tells a user that an export is ready, or has failed."""

import json

from common import aws
from common.export import Export


def tell(export: Export) -> None:
    """Send `export.ready` or `export.failed`, to be pushed to the user's connections."""
    event = {
        "type": f"export.{export.status.lower()}",
        "userID": export.userID,
        "data": {"exportID": export.exportID, "status": export.status},
    }
    aws.sqs().send_message(QueueUrl=aws.env("LIVE_QUEUE_URL"), MessageBody=json.dumps(event))
