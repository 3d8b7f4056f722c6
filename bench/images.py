"""Pictures against ImageMagick and exiftool: time, memory, and how much metadata is found.

Needs Debian's `imagemagick` and `libimage-exiftool-perl`. Metadata and a thumbnail of one JPEG,
from the file's bytes to the thumbnail's: ours in the sandbox as the function runs it, and from
a fresh start; ImageMagick as `identify` and `convert`.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyvips

from bench import tags
from bench.image_processing import Sandbox, process

MEMORY_BYTES = 1536 * 1024 * 1024
SIZES = {"12 MP": (4000, 3000), "24 MP": (6000, 4000), "48 MP": (8000, 6000)}
SIDE = 512
TAGS = "%m %w %h %[EXIF:*] %[IPTC:*]"


@dataclass(frozen=True)
class Cost:
    """Seconds, and the most memory at once in MB."""

    seconds: float
    megabytes: float


def report(rounds: int) -> None:
    """Print what both take for each size, and the share of exiftool's tags that is found."""
    missing = [tool for tool in ("convert", "identify", "exiftool") if not shutil.which(tool)]
    if missing:
        print(f"images: not measured, {', '.join(missing)} missing")
        return
    with TemporaryDirectory() as folder:
        for name, (width, height) in SIZES.items():
            _report_size(name, _photograph(Path(folder), width, height), rounds)
        found, asked, unequal = tags.agreement(Path(folder))
    print(f"images     {found} of exiftool's {asked} tags found equal, {found / asked:.1%}")
    for line in unequal:
        print(f"           {line}")


def _report_size(name: str, photograph: Path, rounds: int) -> None:
    contestants = {
        "ours": _warm,
        "ours, first": _first,
        "ImageMagick": _imagemagick,
        "ImageMagick, hinted": _imagemagick_hinted,
    }
    costs: dict[str, list[Cost]] = {contestant: [] for contestant in contestants}
    for _ in range(rounds):  # all in turn, so that a slow moment hits all alike
        for contestant, run in contestants.items():
            costs[contestant].append(run(photograph))
    slowest = median(cost.seconds for cost in costs["ImageMagick"])
    for contestant, spent in costs.items():
        seconds = median(cost.seconds for cost in spent)
        peak = max(cost.megabytes for cost in spent)
        print(
            f"images     {name}  {contestant:<20}{seconds * 1000:7.0f} ms{peak:7.0f} MB"
            f"{slowest / seconds:7.1f} x"
        )


def _warm(photograph: Path) -> Cost:
    return _ours(photograph, pictures=2)


def _first(photograph: Path) -> Cost:
    return _ours(photograph, pictures=1)


def _ours(photograph: Path, pictures: int) -> Cost:
    """The cost of the last picture that a new sandbox is given."""
    sandbox = Sandbox(seconds=60, memory_bytes=MEMORY_BYTES)
    for _ in range(pictures):
        start = time.perf_counter()
        sandbox.run(process, "image/jpeg", photograph.read_bytes())
        seconds = time.perf_counter() - start
    peak = _peak(sandbox.run(Path("/proc/self/status").read_text))
    sandbox.stop()
    return Cost(seconds, peak)


def _imagemagick(photograph: Path, *hint: str) -> Cost:
    thumbnail = photograph.with_suffix(".webp")
    shrink = ["-auto-orient", "-thumbnail", f"{SIDE}x{SIDE}", "-strip", "-quality", "80"]
    start = time.perf_counter()
    peaks = [
        _run("identify", "-ping", "-format", TAGS, str(photograph)),
        _run("convert", *hint, str(photograph), *shrink, str(thumbnail)),
    ]
    return Cost(time.perf_counter() - start, max(peaks))


def _imagemagick_hinted(photograph: Path) -> Cost:
    """As one calls it who knows that a JPEG can be decoded small."""
    return _imagemagick(photograph, "-define", f"jpeg:size={2 * SIDE}x{2 * SIDE}")


def _run(*command: str) -> float:
    """Run it, and answer its peak memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        with suppress(OSError, KeyError):  # it has just ended
            peak = max(peak, _peak(Path(f"/proc/{process.pid}/status").read_text()))
        time.sleep(0.002)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def _peak(status: str) -> float:
    """The peak in MB. What `getrusage` says begins with the memory of who started a process."""
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024


def _photograph(folder: Path, width: int, height: int) -> Path:
    """A JPEG with large shapes, fine grain and a camera's EXIF, as a photograph has."""
    path = folder / f"{width}x{height}.jpg"
    shapes = pyvips.Image.perlin(width, height, cell_size=width // 8, seed=1) * 90 + 128
    grain = pyvips.Image.gaussnoise(width, height, sigma=8, seed=2)
    image = (shapes + grain).bandjoin([shapes * 0.8 + grain, 255 - shapes])
    image.cast("uchar").copy(interpretation="srgb").jpegsave(str(path), Q=88)
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags.CAMERA, str(path)], check=True)
    return path
