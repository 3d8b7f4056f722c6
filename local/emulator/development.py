"""Changes to the emulator's Lambda for `make watch` and `make debug`.

A function that is being developed runs from the repository. While it is debugged, it has one
environment, in which a stop at a breakpoint has no time limit.

Upstream: no, others keep their code in other places.
"""

import json
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import function_program
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

sys.path.append(str(Path(__file__).parents[2]))

from local.development import sessions

START = {"development": "start"}
"""The event with which `make debug` starts an environment. It reaches no handler."""

_STACK = Path(tempfile.gettempdir()).parent
_A_YEAR = 365 * 24 * 3600

_IMPORT = "        mod = importlib.import_module(module_name)\n"
_PREPARE = (
    "        if 'FUNCTION_START' in os.environ:\n"
    "            __import__('runpy').run_path(os.environ['FUNCTION_START'])\n"
)

_acquire_worker = lambda_svc.acquire_worker
_invalidate_worker = lambda_svc.invalidate_worker
_invoke = lambda_runtime.Worker.invoke
_init = lambda_runtime.Worker.__init__


def session_of(config: dict[str, Any]) -> sessions.Session | None:
    """The session in which a function runs now."""
    name = config.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME")
    return sessions.of_function(_STACK, name) if name else None


def init(self: Any, name: str, config: dict[str, Any], code_zip: bytes) -> None:
    """An environment. It knows its session as variables, which function_start.py reads."""
    session = session_of(config)
    if session is not None:
        variables = config["Environment"]["Variables"]
        session_variables = {
            "FUNCTION_START": str(Path(__file__).with_name("function_start.py")),
            "FUNCTION_SOURCES": json.dumps(session.sources(variables["POWERTOOLS_SERVICE_NAME"])),
            "FUNCTION_SESSION": json.dumps(asdict(session)),
        }
        config = config | {
            "Environment": {"Variables": variables | session_variables},
        }
        if session.debugger_port:
            config["Timeout"] = _A_YEAR
    self.session = session
    _init(self, name, config, code_zip)


def acquire_worker(
    name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST", **options: Any
) -> Any:
    """A free environment of the session or, of a function that is debugged, the only one."""
    session = session_of(config)
    while True:
        end_other_sessions(lambda_runtime._worker_key(name, config, qualifier), session)
        if session is None or not session.debugger_port:
            worker, how = _acquire_worker(name, config, code_zip, qualifier=qualifier, **options)
        else:  # it serves its invocations one after the other
            worker = lambda_runtime.get_or_create_worker(name, config, code_zip, qualifier)
            how = "reused"
        if worker is None or worker.session == session:
            return worker, how
        lambda_runtime.release_worker(worker)  # its last invocation has just ended


def end_other_sessions(pool: str, session: sessions.Session | None) -> None:
    """End the free environments in a pool that began in another session, or in none.

    Those of this session stay. An editor may be attached to one that an invocation has started.
    """
    with lambda_runtime._lock:
        environments = lambda_runtime._workers.get(pool, [])
        ended = [each for each in environments if each.session != session and not each.in_use]
        environments[:] = [each for each in environments if each not in ended]
    for each in ended:
        threading.Thread(target=end_when_free, args=(each,), daemon=True).start()


def end_when_free(environment: Any) -> None:
    """End an environment after its invocations. That of a debugger never counts as in use."""
    with environment._lock:
        lambda_runtime.kill_workers([environment])


def invoke(self: Any, event: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Run one invocation, or only start the environment."""
    if event != START:
        return _invoke(self, event, *args, **kwargs)
    lambda_runtime.ensure_spawned(self)
    return {"status": "ok", "result": None}


def invalidate_worker(name: str, qualifier: str | None = None, **options: Any) -> None:
    """End the environments of a function, when it changes also those of its versions.

    An alias invokes a version. On AWS, only a new version changes what it runs.
    """
    _invalidate_worker(name, qualifier=None if qualifier == "$LATEST" else qualifier, **options)


function_program.replace(_IMPORT, _PREPARE + _IMPORT)
lambda_runtime.Worker.__init__ = init
lambda_runtime.Worker.invoke = invoke
lambda_svc.acquire_worker = acquire_worker
lambda_svc.invalidate_worker = invalidate_worker
