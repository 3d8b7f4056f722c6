"""Changes to the emulator's IAM: it requires an action that IAM does not have, and a permission for
all identities of SES.

Upstream: yes.
"""

import json
from email.utils import parseaddr

from ministack.core import iam_actions
from ministack.services import ses_v2

# PublishBatch has no action of its own: IAM allows it with sns:Publish
# (Service Authorization Reference, "Actions defined by Amazon SNS").
GRANTED_BY = {"sns:PublishBatch": "sns:Publish"}

_extract_iam_action = iam_actions.extract_iam_action
_extract_resource_arn = iam_actions.extract_resource_arn


def extract_iam_action(*args: object, **kwargs: object) -> str | None:
    action = _extract_iam_action(*args, **kwargs)
    return GRANTED_BY.get(action, action)


def extract_resource_arn(
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, str],
    region: str,
    account_id: str,
) -> str:
    """The identity of the sender for SES's SendEmail, an address or a domain (Service Authorization
    Reference, "Actions defined by Amazon Simple Email Service v2").
    """
    if service == "ses" and path.rstrip("/") == "/v2/email/outbound-emails":
        _, address = parseaddr(json.loads(body).get("FromEmailAddress", ""))
        identity = address if address in ses_v2._identities else address.rpartition("@")[2]
        return f"arn:aws:ses:{region}:{account_id}:identity/{identity}"
    return _extract_resource_arn(
        service, method, path, headers, body, query_params, region, account_id
    )


iam_actions.extract_iam_action = extract_iam_action
iam_actions.extract_resource_arn = extract_resource_arn
