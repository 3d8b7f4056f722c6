"""The emulator's Cognito without its server, and with a clock that can be moved.

It runs in the emulator's environment. Each line of the input is a JSON list of two: an operation
and its request, `advance` and seconds, or `emails` and null. Each line of the output is a status
and the fields of the response. For `advance`, they are how many seconds the clock is ahead; for
`emails`, the texts of all emails.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "local" / "emulator"))
os.environ["AUTH"] = "true"

import cognito as _rules  # noqa: F401  # applies them
from ministack.services import cognito, ses

_time = time.time
_ahead = 0.0


def _answer(operation, request):
    global _ahead
    match operation:
        case "advance":
            _ahead += request
            return [200, _ahead]
        case "emails":
            return [200, [each["BodyText"] for each in ses._sent_emails_list()]]
    status, _, body = asyncio.run(cognito._dispatch_idp(operation, request))
    return [status, json.loads(body)]


time.time = lambda: _time() + _ahead
for line in sys.stdin:
    print(json.dumps(_answer(*json.loads(line))), flush=True)
