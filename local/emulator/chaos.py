"""Faults that `make chaos` asks for: refused calls, lost answers, and a clock that jumps.

Without the variables of `make chaos`, nothing changes. A call is named as IAM names it. A call that
is refused has no effect; one whose answer is lost has its effect, and the caller sees a 500.

Upstream: no, it is ours.
"""

import json
import os
from collections import Counter
from contextvars import ContextVar
from pathlib import Path
from typing import Any

VARIABLE = "CALL_FAULTS"
"""The file with the faults: `{"refused": [action, …], "lost": [action, …]}`."""

EVERY = 3
"""Every third call of a function that names the action is affected, so retries may succeed."""

REFUSAL = "ThrottlingException"

_calls: Counter[str] = Counter()
_is_lost: ContextVar[bool] = ContextVar("is_lost", default=False)


def faults() -> dict[str, list[str]]:
    """Return the faults of this moment; none while there is no such file."""
    try:
        found: dict[str, list[str]] = json.loads(Path(os.environ[VARIABLE]).read_bytes())
    except FileNotFoundError:
        return {}
    return found


def is_next(kind: str, action: str) -> bool:
    """Count a call, and return whether this one is affected."""
    if action not in faults().get(kind, []):
        return False
    _calls[action] += 1
    return _calls[action] % EVERY == 1


def begin() -> None:
    """Let the emulator and its functions obey the faults, if `make chaos` has started it."""
    if VARIABLE not in os.environ:
        return
    import function_program
    import shifted_time
    from ministack import app
    from ministack.core import iam_evaluator
    from root_user import is_root

    enforce, logger = iam_evaluator.enforce, app.logger

    def enforce_with_faults(access_key_id: str, iam_action: str, *args: Any, **options: Any) -> Any:
        denied = enforce(access_key_id, iam_action, *args, **options)
        if denied is not None or is_root(access_key_id):
            return denied
        if is_next("refused", iam_action):
            logger.warning("chaos: refused %s", iam_action)
            return iam_evaluator.AuthError(REFUSAL, "refused by make chaos")
        if is_next("lost", iam_action):
            logger.warning("chaos: lost the answer to %s", iam_action)
            _is_lost.set(True)
        return None

    def losing(handler: Any) -> Any:
        async def handle(*args: Any) -> Any:
            answer = await handler(*args)
            if not _is_lost.get():
                return answer
            _is_lost.set(False)  # a connection may serve its requests in one context
            return 500, {}, b""

        return handle

    iam_evaluator.enforce = enforce_with_faults
    app.SERVICE_HANDLERS = {name: losing(each) for name, each in app.SERVICE_HANDLERS.items()}
    prepare = (
        f"        if {shifted_time.VARIABLE!r} in os.environ:\n"
        f"            __import__('runpy').run_path({shifted_time.__file__!r})\n"
    )
    start = "        mod = importlib.import_module(module_name)\n"
    function_program.replace(start, prepare + start)
