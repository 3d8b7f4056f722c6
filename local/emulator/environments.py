"""A change to the emulator's Lambda: an environment in which a handler has raised is used again.

The emulator ends its process. Lambda only resets an environment that crashes or times out (Lambda
guide, "Understanding the Lambda execution environment lifecycle"). The trigger of the user pool
raises for each name that it refuses, and would start cold for the next one.

Upstream: yes, there as a status of the worker's protocol instead of a changed text.
"""

from typing import Any

from ministack.core import lambda_runtime

_REPORTED = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_KEPT = '{"status": "ok", "raised": True, "error": str(e), "trace": traceback.format_exc()}'

_invoke = lambda_runtime.Worker.invoke


def invoke(self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Run one invocation. The emulator ends the process of a response that is an error."""
    response: dict[str, Any] = _invoke(self, *args, **kwargs)
    if response.pop("raised", False):
        response["status"] = "error"
    return response


if lambda_runtime._PYTHON_WORKER_SCRIPT.count(_REPORTED) != 1:
    raise LookupError("the emulator reports the error of a handler in another way")
lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(
    _REPORTED, _KEPT
)
lambda_runtime.Worker.invoke = invoke
