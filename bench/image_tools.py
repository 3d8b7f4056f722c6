"""Image processing compared with ImageMagick and exiftool: time, memory and metadata.

Requires Debian's package `imagemagick`, and what exiftool requires: Node, npm and Perl. The task is
to read the metadata of one JPEG and make its thumbnail. The function does it in a sandbox, once in
a warm one and once in a new one. ImageMagick does it with `identify` and `convert`. With a folder
of pictures, only their metadata are compared.
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

from bench import exiftool, image_metadata
from bench.exiftool_samples import CAMERA, write_samples
from bench.image_processing import Sandbox, process
from bench.photographs import photograph

MEMORY_BYTES = 1536 * 1024 * 1024
SIZES = {"12 MP": (4000, 3000), "24 MP": (6000, 4000), "48 MP": (8000, 6000)}
THUMBNAIL_SIDE = 512
METADATA = "%m %w %h %[EXIF:*] %[IPTC:*]"


@dataclass(frozen=True)
class Usage:
    """The time and the peak memory of one run."""

    seconds: float
    peak_megabytes: float


def report(rounds: int, pictures: Path | None) -> None:
    """Print what each tool needs for each size, and how their metadata differ from exiftool's.

    With a folder of pictures, print only how theirs differ.
    """
    tools = [] if pictures else [tool for tool in ("convert", "identify") if not shutil.which(tool)]
    missing = tools if exiftool.is_available() else [*tools, "exiftool (Node, npm and Perl)"]
    if missing:
        print(f"images: skipped, because {', '.join(missing)} is not installed")
    elif pictures:
        print(image_metadata.report(image_metadata.pictures(pictures)))
    else:
        with TemporaryDirectory() as folder:
            for name, (width, height) in SIZES.items():
                _report_size(name, _write_photograph(Path(folder), width, height), rounds)
            print(image_metadata.report(dict(write_samples(Path(folder)))))


def _report_size(name: str, image: Path, rounds: int) -> None:
    tools = {
        "Storefront, warm": _warm_sandbox,
        "Storefront, first": _new_sandbox,
        "ImageMagick": _imagemagick,
        "ImageMagick, hinted": _imagemagick_hinted,
    }
    usages: dict[str, list[Usage]] = {tool: [] for tool in tools}
    for _ in range(rounds):  # the tools take turns, so that a slow moment affects all of them
        for tool, run in tools.items():
            usages[tool].append(run(image))
    imagemagick = median(usage.seconds for usage in usages["ImageMagick"])
    for tool, of_tool in usages.items():
        seconds = median(usage.seconds for usage in of_tool)
        peak = max(usage.peak_megabytes for usage in of_tool)
        print(
            f"images     {name}  {tool:<20}{seconds * 1000:7.0f} ms{peak:7.0f} MB"
            f"{imagemagick / seconds:7.1f} x"
        )


def _warm_sandbox(image: Path) -> Usage:
    return _last_in_new_sandbox(image, images=2)


def _new_sandbox(image: Path) -> Usage:
    return _last_in_new_sandbox(image, images=1)


def _last_in_new_sandbox(image: Path, images: int) -> Usage:
    """Process the image several times in a new sandbox. Measures the last time."""
    sandbox = Sandbox(seconds=60, memory_bytes=MEMORY_BYTES)
    for _ in range(images):
        start = time.perf_counter()
        sandbox.run(process, "image/jpeg", image.read_bytes())
        seconds = time.perf_counter() - start
    peak = _peak_megabytes(sandbox.run(Path("/proc/self/status").read_text))
    sandbox.stop()
    return Usage(seconds, peak)


def _imagemagick(image: Path, *hint: str) -> Usage:
    thumbnail = image.with_suffix(".webp")
    size = f"{THUMBNAIL_SIDE}x{THUMBNAIL_SIDE}"
    shrink = ["-auto-orient", "-thumbnail", size, "-strip", "-quality", "80"]
    start = time.perf_counter()
    peaks = [
        _run("identify", "-ping", "-format", METADATA, str(image)),
        _run("convert", *hint, str(image), *shrink, str(thumbnail)),
    ]
    return Usage(time.perf_counter() - start, max(peaks))


def _imagemagick_hinted(image: Path) -> Usage:
    """With the hint that the JPEG may be decoded at a smaller size, which is faster."""
    return _imagemagick(image, "-define", f"jpeg:size={2 * THUMBNAIL_SIDE}x{2 * THUMBNAIL_SIDE}")


def _run(*command: str) -> float:
    """Run the command. Returns its peak memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        with suppress(OSError, KeyError):  # the process has just ended
            peak = max(peak, _peak_megabytes(Path(f"/proc/{process.pid}/status").read_text()))
        time.sleep(0.002)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def _peak_megabytes(status: str) -> float:
    """The peak memory in a /proc/PID/status. `getrusage` also counts memory of the parent."""
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024


def _write_photograph(folder: Path, width: int, height: int) -> Path:
    """Write a JPEG with grain and a camera's EXIF, like a photograph. Returns its path."""
    path = folder / f"{width}x{height}.jpg"
    grain = pyvips.Image.gaussnoise(width, height, sigma=8, seed=2)
    photograph(width, height, grain).jpegsave(str(path), Q=88)
    subprocess.run(
        [*exiftool.command(), "-q", "-overwrite_original", *CAMERA, str(path)], check=True
    )
    return path
