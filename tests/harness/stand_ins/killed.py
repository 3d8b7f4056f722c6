"""Run `up` or `down` in a process that is killed at one of its steps: killed.py COMMAND FIRST STEP.

For every STEP-th step from FIRST on, it then checks that `down` leaves no process, and that `up`
works after another such kill. A step is a start of a process, or a change of a file. Prints how
many kills there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from local.stack.local_stack import LocalStack
from project.template import ROOT

STEPS = ("subprocess.Popen", "os.rename", "os.remove", "os.mkdir", "shutil.rmtree", "os.kill")


def stack() -> LocalStack:
    return LocalStack(ROOT / ".local", port=0, gateway_port=0, say=lambda _: None)


def is_step(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
    return event.startswith(STEPS)


def in_child(run: Callable[[], object], step: int = 0) -> int:
    """Run something in a child process that is killed at a step. Returns the status of its end."""
    if not (child := os.fork()):
        steps = iter(range(1, 1_000_000))

        def kill(event: str, arguments: tuple[Any, ...]) -> None:
            if is_step(event, arguments) and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        if step:
            sys.addaudithook(kill)
        try:
            run()
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def left() -> list[str]:
    """Return the commands of all processes from this folder, except this one."""
    found = [each for each in psutil.process_iter(["cmdline", "pid"]) if each.pid != os.getpid()]
    commands = [" ".join(each.info["cmdline"] or []) for each in found]
    return [command for command in commands if str(Path.cwd()) in command]


def kill(command: str, step: int) -> bool:
    """Kill a command at this step. Returns false if it has fewer steps."""
    if command == "down":
        assert in_child(stack().up) == 0, "up"
    return os.WIFSIGNALED(in_child(getattr(stack(), command), step))


def main(command: str, first: int, distance: int) -> None:
    step = first
    while kill(command, step):
        stack().down()
        assert left() == [], f"after a kill at step {step}, and down: {left()}"
        kill(command, step)
        assert in_child(stack().up) == 0, f"after a kill at step {step}"
        stack().down()
        assert left() == [], f"after a kill at step {step}, up and down: {left()}"
        step += distance
    stack().down()
    print((step - first) // distance)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
