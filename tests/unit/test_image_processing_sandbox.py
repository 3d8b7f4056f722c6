"""The sandbox of image_processing: limits on what a hostile file can do."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from project.functions import function, module
from tests.harness import mutations, pictures
from tests.harness.pictures import PNG

pytestmark = pytest.mark.slow

app = function("image_processing")
process = module("image_processing", "pipeline").process


def sandboxed(seconds: float = 60) -> Any:
    """Return a new sandbox with the function's memory limit."""
    return app.Sandbox(seconds, memory_bytes=1536 * 1024 * 1024)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak")
def test_the_largest_accepted_picture_needs_little_memory() -> None:
    """fault 34: 100 megapixels; /proc reports the peak memory of the process."""
    bomb = pictures.bomb(10_000, 10_000)
    sandbox = sandboxed()

    sandbox.run(process, PNG, bomb)

    status = sandbox.run(Path("/proc/self/status").read_text)
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) < 150_000


@pytest.mark.parametrize(
    ("work", "arguments"),
    [(os.abort, ()), (time.sleep, (60,)), (bytearray, (1 << 40,)), (os._exit, (0,))],
    ids=["crashes", "hangs", "uses all memory", "exits"],
)
def test_a_crash_of_the_decoder_does_not_affect_the_function(
    work: Any, arguments: tuple[Any]
) -> None:
    sandbox = sandboxed(seconds=2)

    with pytest.raises(app.Exhausted):
        sandbox.run(work, *arguments)

    assert sandbox.run(len, "next") == 4


def test_a_decoder_that_was_killed_while_idle_is_replaced() -> None:
    sandbox = sandboxed()
    pid = sandbox.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it is dead, but not yet reaped

    response = sandbox.run(len, "next")

    assert response == 4


def test_the_decoder_has_no_credentials() -> None:
    credential = sandboxed().run(os.getenv, "AWS_SECRET_ACCESS_KEY")

    assert os.getenv("AWS_SECRET_ACCESS_KEY") is not None
    assert credential is None


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))]
)
def test_a_mutated_file_is_ready_or_failed(seed: int) -> None:
    """fault 37: 100 files per seed; no decoder hangs, crashes or exhausts its memory."""
    mutated = [mutations.mutate(random.Random(f"{seed} {number}")) for number in range(100)]

    outcomes = sandboxed().run(mutations.outcomes, mutated)

    assert len(outcomes) == 100
    assert set(outcomes) <= {"READY", "FAILED"}
