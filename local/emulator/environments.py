"""Changes to the emulator's Lambda: what an error does to the environments of a function.

The emulator ends the process in which a handler has raised, and all processes of a function if one
does not start. Lambda only resets an environment that crashes or times out (Lambda guide,
"Understanding the Lambda execution environment lifecycle"). The trigger of the user pool raises for
each name that it refuses, and would start cold for the next one.

Upstream: yes, the first one there as a status of the worker's protocol.
"""

from typing import Any

import function_program
from ministack.core import lambda_runtime

_REPORTED = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_KEPT = '{"status": "ok", "raised": True, "error": str(e), "trace": traceback.format_exc()}'

_invoke = lambda_runtime.Worker.invoke
_spawn = lambda_runtime.Worker._spawn


def invoke(self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Run one invocation.

    The emulator ends the process of a response that is an error, and all of the
    function if this raises.
    """
    try:
        response: dict[str, Any] = _invoke(self, *args, **kwargs)
    except Exception as error:
        return {"status": "error", "error": str(error)}
    if response.pop("raised", False):
        response["status"] = "error"
    return response


def spawn(self: Any) -> None:
    """Start the process. One that fails is ended, so that the next invocation starts another."""
    try:
        _spawn(self)
    except Exception:
        lambda_runtime.kill_workers([self])
        raise


function_program.replace(_REPORTED, _KEPT)
lambda_runtime.Worker.invoke = invoke
lambda_runtime.Worker._spawn = spawn
