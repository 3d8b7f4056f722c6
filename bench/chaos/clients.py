"""Clients of the shop, which repeat a request that is not answered, with the same key."""

from __future__ import annotations

import threading
import time
from http.client import HTTPException

from bench.chaos.ledger import WORD
from local.api_user import ApiResponse, ApiUser, upload
from local.demo.images import PICTURE
from local.emulator_clients import Outputs, client

BUYERS = ("chaos-ann", "chaos-ben", "chaos-cem", "chaos-dee")
STAFF = "chaos-staff"

ATTEMPT_SECONDS = 60
"""How long a client tries again. No fault lasts as long."""

_PAUSES = (0.1, 0.3, 1.0, 2.0)
_LATER = {408, 409, 425, 429}
"""The answers, besides 5xx, after which the same request may succeed."""

NO_ANSWER = ApiResponse(0, None)


class Customers:
    """The users of a run, signed in, by their names."""

    def __init__(self, outputs: Outputs) -> None:
        cognito, pool = client("cognito-idp", outputs), outputs["UserPoolId"]
        self.users: dict[str, ApiUser] = {}
        for name in (*BUYERS, STAFF):
            group = "staff" if name == STAFF else ""
            self.users[name] = ApiUser.sign_in(outputs, name, cognito, group)
            address = {"email": address_of(name), "email_verified": "true"}
            cognito.admin_update_user_attributes(
                UserPoolId=pool,
                Username=name,
                UserAttributes=[{"Name": key, "Value": value} for key, value in address.items()],
            )
        self.statuses: dict[str, int] = {}
        self._lock = threading.Lock()

    def once(self, name: str, method: str, path: str, body: object = None) -> ApiResponse:
        """Send a request. Without any answer, its status is 0."""
        return self._send(self.users[name], method, path, body, {})

    def until_answered(
        self, name: str, method: str, path: str, body: object = None, key: str = ""
    ) -> ApiResponse:
        """Repeat a request until it is answered for good. Returns the last answer."""
        headers = {"Idempotency-Key": key} if key else {}
        later = _LATER if path != "/shop/changes" and not path.endswith("/state") else {429}
        deadline = time.monotonic() + ATTEMPT_SECONDS
        for attempt in range(ATTEMPT_SECONDS):
            answer = self._send(self.users[name], method, path, body, headers)
            is_final = 0 < answer.status < 500 and answer.status not in later
            if is_final or time.monotonic() > deadline:
                break
            time.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
        return answer

    def upload_picture(self, name: str, title: str) -> str | None:
        """Upload a picture under a title, and return its id when S3 has it; None if it has not."""
        deadline = time.monotonic() + ATTEMPT_SECONDS
        body = {"contentType": "image/jpeg", "title": title}
        while time.monotonic() < deadline:
            image = self.until_answered(name, "POST", "/images", body, key=title)
            if image.status != 201:
                return None
            if "upload" not in image.body:  # an earlier upload has come, whose answer was lost
                return str(image.body["imageID"])
            try:
                status = upload(image.body["upload"], PICTURE.read_bytes())
            except (OSError, HTTPException):
                status = 0
            self._count(f"upload {status}")
            if status == 204:
                return str(image.body["imageID"])
            time.sleep(_PAUSES[-1])
        return None

    def _send(
        self, user: ApiUser, method: str, path: str, body: object, headers: dict[str, str]
    ) -> ApiResponse:
        try:
            answer = user.request(method, path, body, headers)
        except (OSError, HTTPException, ValueError):
            answer = NO_ANSWER
        self._count(f"{answer.status or 'no answer'}")
        return answer

    def _count(self, status: str) -> None:
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1


def address_of(name: str) -> str:
    """The email address of a user."""
    return f"{name}@{WORD}.example"
