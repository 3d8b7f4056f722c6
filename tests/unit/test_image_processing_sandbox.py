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

app = function("image_processing")
process = module("image_processing", "pipeline").process


def sandboxed(seconds: float = 60) -> Any:
    """A process of its own, with the function's memory."""
    return app.Sandbox(seconds, memory_bytes=1536 * 1024 * 1024)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak")
def test_the_largest_picture_that_is_taken_does_not_take_all_memory() -> None:
    """fault 34: 100 megapixels, in a process that is asked how much memory they took."""
    bomb = pictures.bomb(10_000, 10_000)
    sandbox = sandboxed()

    sandbox.run(process, PNG, bomb)

    status = sandbox.run(Path("/proc/self/status").read_text)
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) < 150_000


@pytest.mark.parametrize(
    ("work", "arguments"),
    [(os.abort, ()), (time.sleep, (60,)), (bytearray, (1 << 40,)), (os._exit, (0,))],
    ids=["crashes", "hangs", "takes all memory", "vanishes"],
)
def test_what_kills_a_decoder_kills_only_the_decoder(work: Any, arguments: tuple[Any]) -> None:
    sandbox = sandboxed(seconds=2)

    with pytest.raises(app.Exhausted):
        sandbox.run(work, *arguments)

    assert sandbox.run(len, "next") == 4


def test_a_decoder_that_died_in_its_sleep_is_replaced() -> None:
    sandbox = sandboxed()
    pid = sandbox.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it is dead, and still to be noticed

    response = sandbox.run(len, "next")

    assert response == 4


def test_a_decoder_knows_no_credentials() -> None:
    known = sandboxed().run(os.getenv, "AWS_SECRET_ACCESS_KEY")

    assert os.getenv("AWS_SECRET_ACCESS_KEY") is not None
    assert known is None


@pytest.mark.parametrize("seed", range(20))
def test_a_mutated_file_is_ready_or_failed(seed: int) -> None:
    """fault 37: 100 files a seed, and no process that decodes them hangs, dies or takes all."""
    mutated = [mutations.mutate(random.Random(f"{seed} {number}")) for number in range(100)]

    outcomes = sandboxed().run(mutations.outcomes, mutated)

    assert len(outcomes) == 100
    assert set(outcomes) <= {"READY", "FAILED"}
