"""A change to the emulator's IAM: it requires an action that IAM does not have.

Upstream: yes.
"""

from ministack.core import iam_actions

# PublishBatch has no action of its own: IAM allows it with sns:Publish
# (Service Authorization Reference, "Actions defined by Amazon SNS").
GRANTED_BY = {"sns:PublishBatch": "sns:Publish"}

_extract_iam_action = iam_actions.extract_iam_action


def extract_iam_action(*args: object, **kwargs: object) -> str | None:
    action = _extract_iam_action(*args, **kwargs)
    return GRANTED_BY.get(action, action)


iam_actions.extract_iam_action = extract_iam_action
