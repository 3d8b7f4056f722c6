"""API -> users register, sign in, prove who they are, and sign out."""

from typing import Any

import accounts
import bodies
import sessions
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.api import routes
from common.observability import logger

router = Router()  # type: ignore[no-untyped-call]


@router.post("/users")
def register() -> tuple[dict[str, Any], int]:
    """Make a user, who then has to confirm the code that went to their address."""
    body = bodies.REGISTER.of(router.current_event)
    return accounts.register(body["password"], body.get("username"), body.get("email")), 201


@router.post("/users/confirm")
def confirm() -> dict[str, Any]:
    """Confirm a new user by the code."""
    body = bodies.CONFIRM.of(router.current_event)
    accounts.confirm(body["username"], body["code"])
    return {"confirmed": True}


@router.post("/users/resend-code")
def resend_code() -> tuple[dict[str, Any], int]:
    """Send the code of a new user once more. The answer does not say whether there is one."""
    accounts.resend_code(bodies.NAME.of(router.current_event)["username"])
    return {"message": "if a user of this name waits for a code, it is on its way"}, 202


@router.post("/users/forgot-password")
def forgot_password() -> tuple[dict[str, Any], int]:
    """Send a code to reset the password by. The answer does not say whether the user exists."""
    accounts.forgot_password(bodies.NAME.of(router.current_event)["username"])
    return {"message": "if there is a user of this name, a code is on its way"}, 202


@router.post("/users/reset-password")
def reset_password() -> dict[str, Any]:
    """Set a new password by the code."""
    body = bodies.RESET.of(router.current_event)
    accounts.reset_password(body["username"], body["code"], body["newPassword"])
    return {"reset": True}


@router.post("/users/login")
def sign_in() -> dict[str, Any]:
    """Tokens for a name and its password, or a challenge to answer first."""
    body = bodies.SIGN_IN.of(router.current_event)
    return sessions.sign_in(body["username"], body["password"])


@router.post("/users/challenge")
def answer_challenge() -> dict[str, Any]:
    """Tokens for the right answer to a challenge, or the next challenge."""
    body = bodies.CHALLENGE.of(router.current_event)
    return sessions.answer(body)


@router.post("/users/refresh")
def refresh() -> dict[str, Any]:
    """New tokens for a refresh token."""
    return sessions.refresh(bodies.REFRESH.of(router.current_event)["refreshToken"])


@router.post("/users/logout")
def sign_out() -> dict[str, Any]:
    """Sign the user of the access token out, everywhere."""
    sessions.sign_out(routes.token(router.current_event))
    return {"signedOut": True}


@router.get("/users/me")
def show_self() -> dict[str, Any]:
    """Who the caller is."""
    event = router.current_event
    claims = routes.claims(event)
    about = {"sub": claims["sub"], "username": claims.get("username", claims["sub"])}
    # Of another issuer's users Cognito knows nothing.
    profile = accounts.profile(routes.token(event)) if "token_use" in claims else {}
    return {**about, "groups": routes.groups(event), **profile}


@router.post("/users/mfa")
def set_up_mfa() -> dict[str, Any]:
    """A new secret for the caller's authenticator app."""
    return sessions.authenticator_secret(routes.token(router.current_event))


@router.put("/users/mfa")
def turn_mfa_on() -> dict[str, Any]:
    """Ask for the app's code from the next sign-in on; the first code proves that it works."""
    event = router.current_event
    sessions.turn_mfa_on(routes.token(event), bodies.CODE.of(event)["code"])
    return {"mfa": True}


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(
    correlation_id_path="requestContext.requestId",
    log_event=False,  # whatever the environment says: the event holds passwords
)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
