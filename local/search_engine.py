"""A real OpenSearch for search on this machine: one that is given, or one that Java runs."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from local.deployment import StackFailed, run
from local.digest import digest
from local.template import ROOT

JARS = ROOT / ".local/opensearch"
SOURCES = ROOT / "local/opensearch"

JAVA = 17

MISSING = (
    f"Search needs Maven and a JDK {JAVA} or newer, as mvn and java on the path, "
    "or in OPENSEARCH_ENDPOINT the address of an OpenSearch that runs"
)

# Java is up sooner with one compiler and one collector; it serves one shop of one developer.
_OPTIONS = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")


def given() -> str | None:
    """The endpoint that OPENSEARCH_ENDPOINT names, without a path. Raises StackFailed."""
    endpoint = os.environ.get("OPENSEARCH_ENDPOINT")
    if not endpoint:
        return None
    url = urlsplit(endpoint)
    if url.scheme not in ("http", "https") or not url.netloc or url.path.strip("/"):
        raise StackFailed(f"OPENSEARCH_ENDPOINT is no http://… or https://… address: {endpoint}")
    return f"{url.scheme}://{url.netloc}"


def is_at_hand() -> bool:
    """Whether there is one, or what it takes to run one."""
    return given() is not None or _can_run()


def fetch() -> Path:
    """The folder of OpenSearch's jars, which Maven fills once. Raises StackFailed."""
    if not _can_run():
        raise StackFailed(MISSING)
    jars = JARS / digest("local/opensearch/pom.xml")[:16]
    JARS.mkdir(parents=True, exist_ok=True)
    with (JARS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            print("fetching OpenSearch, 50 MB")
            with TemporaryDirectory(dir=JARS) as half:
                mvn = ["mvn", "--batch-mode", "--quiet", "--file", str(SOURCES / "pom.xml")]
                goal = ["dependency:copy-dependencies", f"-DoutputDirectory={half}/jars"]
                run("mvn", [*mvn, *goal], JARS / "fetch.log")
                Path(half, "jars").rename(jars)
    return jars


def command(port: int, data: Path) -> list[str]:
    """What runs a node on this port of loopback. Raises StackFailed."""
    java = ["java", *_OPTIONS, "-cp", f"{fetch()}/*"]
    return [*java, str(SOURCES / "Engine.java"), str(port), str(data)]


def deployed_as(endpoint: str) -> tuple[dict[str, str], dict[str, str]]:
    """The template's parameters and the emulator's environment that lead to this endpoint.

    The template takes an endpoint with TLS. A plain one stands for the domain on the emulator.
    """
    url = urlsplit(endpoint)
    if url.scheme == "https":
        return {"Search": endpoint}, {}
    address = f"{url.hostname}:{url.port or 80}"
    return {"Search": "domain"}, {"MINISTACK_OPENSEARCH_ENDPOINT": address}


def _can_run() -> bool:
    """Whether Maven is there, and Java with its compiler, since Engine.java is a source."""
    if not (shutil.which("mvn") and shutil.which("java")):
        return False
    modules = ["java", "--list-modules"]
    found = subprocess.run(modules, capture_output=True, text=True, check=False).stdout
    compiler = re.search(r"^jdk\.compiler@(\d+)", found, re.MULTILINE)
    return compiler is not None and int(compiler[1]) >= JAVA


if __name__ == "__main__":
    # The tests' time is limited, and the network's is not.
    try:
        if given() is None and _can_run():
            fetch()
    except StackFailed as error:
        sys.exit(str(error))
