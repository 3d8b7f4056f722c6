"""What a function that is being developed does before its code is imported, in its process.

Upstream: no, it belongs to `development`.
"""

import json
import os
import sys
import threading
import time


def wait_for_debugger(session: dict) -> None:
    """Return when a debugger is attached, or when `make debug` has ended."""
    # It would warn of breakpoints in Python's own modules, which are compiled into it.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    sys.path.append(session["packages"])
    import debugpy

    sys.path.remove(session["packages"])  # these packages are not on AWS
    debugpy.configure(subProcess=False)
    debugpy.listen(("127.0.0.1", session["debugger_port"]))
    threading.Thread(target=give_up_with, args=(session["pid"], debugpy), daemon=True).start()
    debugpy.wait_for_client()


def give_up_with(pid: int, debugpy: object) -> None:
    """End the wait for a debugger as soon as a process has ended."""
    while is_running(pid):
        time.sleep(1)
    while True:
        try:
            debugpy.wait_for_client.cancel()
            return
        except RuntimeError:  # it does not wait yet
            time.sleep(0.1)


def is_running(pid: int) -> bool:
    """Whether a process of this user runs."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


sys.path[:0] = json.loads(os.environ["FUNCTION_SOURCES"])
sys.dont_write_bytecode = True  # the sources are not the stack's folder
_session = json.loads(os.environ["FUNCTION_SESSION"])
if _session["debugger_port"]:
    wait_for_debugger(_session)
