"""A change to the emulator's Lambda: the log of an invocation has all of its lines.

The emulator takes the lines that come within a few milliseconds of the response. On a busy machine
the last ones come later. They are then in the log of the next invocation, or in none.

Upstream: yes, for all runtimes.
"""

from typing import Any

import function_program
from ministack.core import lambda_runtime

END = "\x1eend of the log"
"""The line that a process writes after an invocation. It begins with a control character."""

_RESPONDS = "        _real_stdout.flush()\n\nrun()\n"
_ENDS_LOG = f"        sys.stderr.write({f'\n{END}\n'!r})\n        sys.stderr.flush()\n"

_drain_stderr = lambda_runtime.Worker._drain_stderr
_drain_stderr_bounded = lambda_runtime.Worker._drain_stderr_bounded


def drain_stderr(self: Any) -> str:
    """Return what a process wrote before it ended."""
    self._stderr_thread.join(lambda_runtime._REAP_GRACE)
    log: str = _drain_stderr(self)
    return log


def drain_stderr_bounded(self: Any) -> str:
    """Return what an invocation wrote. The process of some errors has been ended."""
    if self._proc is None:
        return drain_stderr(self)
    if self.config["Runtime"].startswith("python"):
        return "\n".join(iter(self._stderr_queue.get, END)).removesuffix("\n")
    log: str = _drain_stderr_bounded(self)
    return log


function_program.replace(_RESPONDS, _ENDS_LOG + _RESPONDS)
lambda_runtime.Worker._drain_stderr = drain_stderr
lambda_runtime.Worker._drain_stderr_bounded = drain_stderr_bounded
