"""The gap of the emulator's IAM, closed: an action that IAM does not have."""

from ministack.core import iam_actions

# SNS has no action of its own for PublishBatch: IAM grants it by sns:Publish
# (Service Authorization Reference, "Actions defined by Amazon SNS").
GRANTED_BY = {"sns:PublishBatch": "sns:Publish"}

_extract_iam_action = iam_actions.extract_iam_action


def extract_iam_action(*args: object, **kwargs: object) -> str | None:
    action = _extract_iam_action(*args, **kwargs)
    return GRANTED_BY.get(action, action)


iam_actions.extract_iam_action = extract_iam_action
