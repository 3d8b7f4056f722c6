"""API -> users register, sign in and out, and turn on multi-factor authentication."""

from typing import Any

import accounts
import deletion
import request_bodies
import sessions
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from cognito_errors import wrong_code
from source_address import source_address
from typed_names import first_accepted, for_each

from common import aws, quotas
from common.api import routes
from common.api.errors import Forbidden, Unauthenticated
from common.observability import logger
from common.sessions import Session

router = Router()  # type: ignore[no-untyped-call]


@router.post("/users")
def register() -> tuple[dict[str, Any], int]:
    """Create a user, who must then confirm the code that is sent to their address."""
    body = request_bodies.REGISTER.parse(router.current_event)
    quotas.count_code(source_address(router.current_event))
    return accounts.register(body["password"], body.get("username"), body.get("email")), 201


@router.post("/users/confirm")
def confirm() -> dict[str, Any]:
    """Confirm a new user with the code."""
    body = request_bodies.CONFIRM.parse(router.current_event)
    quotas.count_sign_in(source_address(router.current_event))
    first_accepted(
        body["username"], lambda name: accounts.confirm(name, body["code"]), wrong_code()
    )
    return {"confirmed": True}


@router.post("/users/resend-code")
def resend_code() -> tuple[dict[str, Any], int]:
    """Send a new user's code again. The response does not reveal whether the user exists."""
    body = request_bodies.USERNAME.parse(router.current_event)
    quotas.count_code(source_address(router.current_event))
    for_each(body["username"], accounts.resend_code)
    return {"message": "if this user exists and is not confirmed, a code was sent"}, 202


@router.post("/users/forgot-password")
def forgot_password() -> tuple[dict[str, Any], int]:
    """Send a code to reset the password. The response does not reveal whether the user exists."""
    body = request_bodies.USERNAME.parse(router.current_event)
    quotas.count_code(source_address(router.current_event))
    for_each(body["username"], accounts.forgot_password)
    return {"message": "if this user exists, a code was sent"}, 202


@router.post("/users/reset-password")
def reset_password() -> dict[str, Any]:
    """Set a new password with the code."""
    body = request_bodies.RESET_PASSWORD.parse(router.current_event)
    quotas.count_sign_in(source_address(router.current_event))
    first_accepted(
        body["username"],
        lambda name: accounts.reset_password(name, body["code"], body["newPassword"]),
        wrong_code(),
    )
    return {"reset": True}


@router.post("/users/login")
def sign_in() -> dict[str, Any]:
    """Tokens for a name and a password, or a challenge that must be answered first."""
    body = request_bodies.SIGN_IN.parse(router.current_event)
    quotas.count_sign_in(source_address(router.current_event))
    return first_accepted(
        body["username"],
        lambda name: sessions.sign_in(name, body["password"]),
        Unauthenticated(sessions.WRONG_PASSWORD),
    )


@router.post("/users/challenge")
def answer_challenge() -> dict[str, Any]:
    """Tokens for the answer to a challenge, or the next challenge."""
    return sessions.answer_challenge(request_bodies.CHALLENGE.parse(router.current_event))


@router.post("/users/refresh")
def refresh() -> dict[str, Any]:
    """New tokens for a refresh token."""
    body = request_bodies.REFRESH.parse(router.current_event)
    return sessions.refresh(body["refreshToken"])


@router.post("/users/logout")
def sign_out() -> dict[str, Any]:
    """Sign the user of the access token out on all devices."""
    sessions.sign_out(session())
    return {"signedOut": True}


@router.put("/users/password")
def change_password() -> dict[str, Any]:
    """Replace the password of the access token's user, who must then sign in again everywhere."""
    user, token = session().username, access_token()
    body = request_bodies.CHANGE_PASSWORD.parse(router.current_event)
    accounts.change_password(user, token, body["password"], body["newPassword"])
    return {"changed": True}


@router.get("/users/me")
def show_self() -> dict[str, Any]:
    """The caller as the verified token describes it."""
    return routes.profile(router.current_event)


@router.delete("/users/me")
def delete_self() -> tuple[dict[str, Any], int]:
    """Begin to erase the user of the access token, with everything that is stored about them."""
    token = access_token()
    body = request_bodies.DELETION.parse(router.current_event)
    deletion.begin(token, body["password"], body.get("code"))
    return {"status": "ERASING"}, 202


@router.get("/users/mfa")
def show_mfa() -> dict[str, Any]:
    """Whether the caller's sign-ins require the code of an authenticator app."""
    return {"mfa": sessions.mfa(access_token())}


@router.post("/users/mfa")
def set_up_mfa() -> dict[str, Any]:
    """A new secret for the caller's authenticator app. The body may be empty."""
    event = router.current_event
    body = request_bodies.PASSWORD.parse(event) if event.body else {}
    return sessions.authenticator_secret(access_token(), body.get("password"))


@router.put("/users/mfa")
def turn_mfa_on() -> dict[str, Any]:
    """Require the app's code at every sign-in. The first code proves that the app works."""
    token = access_token()
    sessions.turn_mfa_on(token, request_bodies.CODE.parse(router.current_event)["code"])
    return {"mfa": True}


def access_token() -> str:
    """The access token of an account route, which API Gateway has verified. Raises Forbidden.

    The token opens the user's account at Cognito. It must not do that on behalf of an API whose
    callers are not the users of the user pool.
    """
    if aws.env("ACCOUNT_ROUTES") != "on":
        raise Forbidden("this API does not manage the accounts of its callers")
    return routes.token(router.current_event)


def session() -> Session:
    """The session of an account route's access token. Raises Forbidden like `access_token`."""
    access_token()
    event = router.current_event
    return Session.from_claims(routes.claims(event), routes.username(event))


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
