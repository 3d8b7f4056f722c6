"""The bodies of the routes. How strong a password must be is Cognito's to say, not theirs."""

from common.api.request_body import Body

_NAME = {"type": "string", "minLength": 1, "maxLength": 128}
_EMAIL = {"type": "string", "maxLength": 254, "pattern": r"^[^@\s]+@[^@\s]+$"}
_PASSWORD = {"type": "string", "minLength": 1, "maxLength": 256}
_CODE = {"type": "string", "minLength": 1, "maxLength": 64}
_TOKEN = {"type": "string", "minLength": 1, "maxLength": 8192}

REGISTER = Body({"username": _NAME, "email": _EMAIL, "password": _PASSWORD}, ("password",))
CONFIRM = Body({"username": _NAME, "code": _CODE}, ("username", "code"))
NAME = Body({"username": _NAME}, ("username",))
CODE = Body({"code": _CODE}, ("code",))
SIGN_IN = Body({"username": _NAME, "password": _PASSWORD}, ("username", "password"))
CHALLENGE = Body(
    {
        "challenge": {"enum": ["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"]},
        "session": _TOKEN,
        "username": _NAME,
        "newPassword": _PASSWORD,
        "code": _CODE,
    },
    ("challenge", "session", "username"),
)
REFRESH = Body({"refreshToken": _TOKEN}, ("refreshToken",))
RESET = Body(
    {"username": _NAME, "code": _CODE, "newPassword": _PASSWORD},
    ("username", "code", "newPassword"),
)
