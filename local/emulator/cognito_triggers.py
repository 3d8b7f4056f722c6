"""Changes to the emulator's Cognito: the trigger before a user is created.

The emulator does not call it for AdminCreateUser, and its error is not the one of Cognito.

Upstream: yes.
"""

import ast
from typing import Any

from ministack.services import cognito

_admin_create_user = cognito._admin_create_user
_apply_presignup_trigger = cognito._apply_presignup_trigger


def admin_create_user(data: dict[str, Any]) -> Any:
    """Call the trigger, and create the user if it returns."""
    if data.get("MessageAction") != "RESEND":  # then the user exists
        try:
            cognito._apply_presignup_trigger(
                data["UserPoolId"],
                "CLIENT_ID_NOT_APPLICABLE",
                data.get("Username"),
                cognito._attr_list_to_dict(data.get("UserAttributes", [])),
                trigger_source="PreSignUp_AdminCreateUser",
            )
        except cognito._PreSignUpRejected as rejected:
            return cognito.error_response_json("UserLambdaValidationException", str(rejected), 400)
    return _admin_create_user(data)


def apply_presignup_trigger(*args: Any, **kwargs: Any) -> Any:
    """Call the trigger. The text of an error is the one that Cognito writes."""
    try:
        return _apply_presignup_trigger(*args, **kwargs)
    except cognito._PreSignUpRejected as rejected:
        text = str(rejected)
        if text.startswith("{"):  # the error of the function, as Python writes a dictionary
            text = ast.literal_eval(text)["errorMessage"]
        raise cognito._PreSignUpRejected(f"PreSignUp failed with error {text}.") from rejected


cognito._admin_create_user = admin_create_user
cognito._apply_presignup_trigger = apply_presignup_trigger
