"""The request bodies of the routes. Cognito checks how strong a password is, they do not."""

from common.api.request_body import RequestBody

_NAME = {"type": "string", "minLength": 1, "maxLength": 128}
_EMAIL = {"type": "string", "maxLength": 254, "pattern": r"^[^@\s]+@[^@\s]+$"}
_PASSWORD = {"type": "string", "minLength": 1, "maxLength": 256}
_CODE = {"type": "string", "minLength": 1, "maxLength": 64}
_TOKEN = {"type": "string", "minLength": 1, "maxLength": 8192}

COOKIE_TOKEN = r"^[A-Za-z0-9._~+/=-]{1,3500}$"  # noqa: S105  # a pattern
"""The refresh tokens that fit into a cookie. Browsers drop one of more than 4096 bytes in all."""

REGISTER = RequestBody({"username": _NAME, "email": _EMAIL, "password": _PASSWORD}, ("password",))
CONFIRM = RequestBody({"username": _NAME, "code": _CODE}, ("username", "code"))
USERNAME = RequestBody({"username": _NAME}, ("username",))
CODE = RequestBody({"code": _CODE}, ("code",))
PASSWORD = RequestBody({"password": _PASSWORD})
DELETION = RequestBody({"password": _PASSWORD, "code": _CODE}, ("password",))
SIGN_IN = RequestBody({"username": _NAME, "password": _PASSWORD}, ("username", "password"))
CHALLENGE = RequestBody(
    {
        "challenge": {"enum": ["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"]},
        "session": _TOKEN,
        "username": _NAME,
        "newPassword": _PASSWORD,
        "code": _CODE,
    },
    ("challenge", "session", "username"),
)
REFRESH = RequestBody({"refreshToken": _TOKEN}, ("refreshToken",))
BROWSER_SESSION = RequestBody(
    {"refreshToken": {"type": "string", "pattern": COOKIE_TOKEN}}, ("refreshToken",)
)
TURN_OFF = RequestBody({"password": _PASSWORD}, ("password",))
RESET_PASSWORD = RequestBody(
    {"username": _NAME, "code": _CODE, "newPassword": _PASSWORD},
    ("username", "code", "newPassword"),
)
CHANGE_EMAIL = RequestBody({"email": _EMAIL, "password": _PASSWORD}, ("email", "password"))
CHANGE_PASSWORD = RequestBody(
    {"password": _PASSWORD, "newPassword": _PASSWORD}, ("password", "newPassword")
)
