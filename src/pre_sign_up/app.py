"""Cognito, before it creates a user -> names that break the rule or look like another are refused.

An error refuses the registration, and Cognito shows its text to the client.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from look_alikes import is_of_one_writing_system
from name_claims import Taken, name_claims

from common import user_names
from common.dynamodb import items
from common.observability import logger


class NameRefused(Exception):
    """People cannot register this name. The text is a refusal of `user_names`."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Claim the name of a new user. Raises NameRefused if a person registers a bad one."""
    refusal = refusal_of(event)
    if refusal:
        logger.info("user name refused", reason=refusal, trigger=event["triggerSource"])
        # Administrators and identity providers choose any name that Cognito accepts.
        if event["triggerSource"] == "PreSignUp_SignUp":
            raise NameRefused(refusal)
    return event


def refusal_of(event: dict[str, Any]) -> str | None:
    """Claim the name. Returns the rule that it breaks, or None if it is claimed."""
    name = event["userName"]
    if event["triggerSource"] == "PreSignUp_SignUp" and (broken := broken_rule(name)):
        return broken
    if items.is_uuid(name):
        return None  # the name of a user who registers with an address only
    try:
        name_claims().claim(event["userPoolId"], name)
    except Taken:
        return user_names.TOO_SIMILAR
    return None


def broken_rule(name: str) -> str | None:
    """The rule that a name breaks by itself, or None."""
    if name != user_names.normalized(name):
        return user_names.NOT_NORMALIZED
    if flaw := user_names.flaw(name):
        return flaw
    return None if is_of_one_writing_system(name) else user_names.MIXED
