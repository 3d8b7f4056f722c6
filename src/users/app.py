"""API -> users register, sign in and out, and change their address, password and authenticator."""

from typing import Any

import accounts
import addresses
import authenticators
import browser_sessions
import deletion
import request_bodies
import sessions
from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from callers import access_token, session
from source_address import source_address

from common import quotas
from common.api import routes
from common.observability import logger

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
    accounts.confirm(body["username"], body["code"])
    return {"confirmed": True}


@router.post("/users/resend-code")
def resend_code() -> tuple[dict[str, Any], int]:
    """Send a new user's code again. The response does not reveal whether the user exists."""
    body = request_bodies.USERNAME.parse(router.current_event)
    quotas.count_code(source_address(router.current_event))
    accounts.resend_code(body["username"])
    return {"message": "if this user exists and is not confirmed, a code was sent"}, 202


@router.post("/users/forgot-password")
def forgot_password() -> tuple[dict[str, Any], int]:
    """Send a code to reset the password. The response does not reveal whether the user exists."""
    body = request_bodies.USERNAME.parse(router.current_event)
    quotas.count_code(source_address(router.current_event))
    accounts.forgot_password(body["username"])
    return {"message": "if this user exists, a code was sent"}, 202


@router.post("/users/reset-password")
def reset_password() -> dict[str, Any]:
    """Set a new password with the code."""
    body = request_bodies.RESET_PASSWORD.parse(router.current_event)
    quotas.count_sign_in(source_address(router.current_event))
    accounts.reset_password(body["username"], body["code"], body["newPassword"])
    return {"reset": True}


@router.post("/users/login")
def sign_in() -> dict[str, Any]:
    """Tokens for a name and a password, or a challenge that must be answered first."""
    body = request_bodies.SIGN_IN.parse(router.current_event)
    quotas.count_sign_in(source_address(router.current_event))
    return accounts.sign_in(body["username"], body["password"])


@router.post("/users/challenge")
def answer_challenge() -> dict[str, Any]:
    """Tokens for the answer to a challenge, or the next challenge."""
    return sessions.answer_challenge(request_bodies.CHALLENGE.parse(router.current_event))


@router.post("/users/refresh")
def refresh() -> dict[str, Any]:
    """New tokens for a refresh token."""
    return sessions.refresh(request_bodies.REFRESH.parse(router.current_event)["refreshToken"])


@router.post("/users/revoke")
def sign_out_here() -> Response[str]:
    """End the session of a refresh token, and leave the user's other sessions alone."""
    sessions.revoke(request_bodies.REFRESH.parse(router.current_event)["refreshToken"])
    return Response(204, body="")


@router.post("/users/logout")
def sign_out() -> dict[str, Any]:
    """Sign the user of the access token out on all devices."""
    sessions.sign_out(session(router.current_event))
    return {"signedOut": True}


@router.put("/users/password")
def change_password() -> dict[str, Any]:
    """Replace the password of the access token's user, who must then sign in again everywhere."""
    user, token = session(router.current_event).username, access_token(router.current_event)
    body = request_bodies.CHANGE_PASSWORD.parse(router.current_event)
    accounts.change_password(user, token, body["password"], body["newPassword"])
    return {"changed": True}


@router.put("/users/email")
def change_email() -> tuple[dict[str, Any], int]:
    """Send a code to a new address of the access token's user, who must also know the password."""
    token = access_token(router.current_event)
    body = request_bodies.CHANGE_EMAIL.parse(router.current_event)
    quotas.count_code(source_address(router.current_event))
    addresses.send_code(token, body["email"], body["password"])
    return {"message": "if this address can be used, a code was sent to it"}, 202


@router.post("/users/email/confirm")
def confirm_email() -> dict[str, Any]:
    """Replace the address of the access token's user by the new one, to which the code was sent."""
    token = access_token(router.current_event)
    body = request_bodies.CODE.parse(router.current_event)
    quotas.count_sign_in(source_address(router.current_event))
    addresses.confirm(token, body["code"])
    return {"changed": True}


@router.get("/users/me")
def show_self() -> dict[str, Any]:
    """The caller as the verified token describes it."""
    return routes.profile(router.current_event)


@router.delete("/users/me")
def delete_self() -> tuple[dict[str, Any], int]:
    """Begin to erase the user of the access token, with everything that is stored about them."""
    token = access_token(router.current_event)
    body = request_bodies.DELETION.parse(router.current_event)
    deletion.begin(token, body["password"], body.get("code"))
    return {"status": "ERASING"}, 202


@router.get("/users/mfa")
def show_mfa() -> dict[str, Any]:
    """Whether the caller's sign-ins require the code of an authenticator app."""
    return {"mfa": authenticators.is_on(access_token(router.current_event))}


@router.post("/users/mfa")
def set_up_mfa() -> dict[str, Any]:
    """A new secret for the caller's authenticator app. The body may be empty."""
    event = router.current_event
    body = request_bodies.PASSWORD.parse(event) if event.body else {}
    return authenticators.new_secret(access_token(router.current_event), body.get("password"))


@router.put("/users/mfa")
def turn_mfa_on() -> dict[str, Any]:
    """Require the app's code at every sign-in. The first code proves that the app works."""
    token = access_token(router.current_event)
    authenticators.turn_on(token, request_bodies.CODE.parse(router.current_event)["code"])
    return {"mfa": True}


@router.delete("/users/mfa")
def turn_mfa_off() -> dict[str, Any]:
    """Require no code any more. The password proves that the caller is the user."""
    token = access_token(router.current_event)
    authenticators.turn_off(token, request_bodies.TURN_OFF.parse(router.current_event)["password"])
    return {"mfa": False}


@router.put("/session")
def begin_browser_session() -> Response[str]:
    """Keep a refresh token in the cookie of the web client, and return new tokens."""
    body = request_bodies.BROWSER_SESSION.parse(router.current_event)
    return browser_sessions.begin(router.current_event, body["refreshToken"])


@router.post("/session")
def resume_browser_session() -> Response[str]:
    """New tokens for the cookie."""
    return browser_sessions.resume(router.current_event)


@router.delete("/session")
def end_browser_session() -> Response[str]:
    """End the session of the cookie, and remove the cookie."""
    browser_sessions.end(router.current_event)
    return Response(204, body="", headers={**browser_sessions.WITHOUT_COOKIE})


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
