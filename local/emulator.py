"""Run ministack with the gaps closed that would otherwise bend the template.

It runs in the emulator's own environment, not in the project's.
"""

from ministack.core import iam_actions

_action = iam_actions.extract_iam_action

# SNS has no action of its own for PublishBatch: IAM grants it by sns:Publish
# (Service Authorization Reference, "Actions defined by Amazon SNS").
_GRANTED_BY = {"sns:PublishBatch": "sns:Publish"}


def extract_iam_action(*args: object, **kwargs: object) -> str | None:
    action = _action(*args, **kwargs)
    return _GRANTED_BY.get(action, action)


iam_actions.extract_iam_action = extract_iam_action

from ministack.app import main  # noqa: E402  (it takes the function at import)

main()
