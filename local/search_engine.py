"""A real OpenSearch for search on this machine: one that is given, or one that Java runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from local import maven
from local.deployment import StackFailed
from local.template import ROOT

SOURCES = "local/opensearch"

MISSING = (
    f"Search needs Maven and a JDK {maven.JAVA} or newer, as mvn and java on the path, "
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
    return given() is not None or maven.is_at_hand()


def fetch() -> Path:
    """The folder of OpenSearch's jars. Raises StackFailed."""
    if not maven.is_at_hand():
        raise StackFailed(MISSING)
    return maven.fetch("OpenSearch", f"{SOURCES}/pom.xml")


def command(port: int, data: Path) -> list[str]:
    """What runs a node on this port of loopback. Raises StackFailed."""
    java = ["java", *_OPTIONS, "-cp", f"{fetch()}/*"]
    return [*java, str(ROOT / SOURCES / "Engine.java"), str(port), str(data)]


def deployed_as(endpoint: str) -> tuple[dict[str, str], dict[str, str]]:
    """The template's parameters and the emulator's environment that lead to this endpoint.

    The template takes an endpoint with TLS. A plain one stands for the domain on the emulator.
    """
    url = urlsplit(endpoint)
    if url.scheme == "https":
        return {"Search": endpoint}, {}
    address = f"{url.hostname}:{url.port or 80}"
    return {"Search": "domain"}, {"MINISTACK_OPENSEARCH_ENDPOINT": address}


if __name__ == "__main__":
    # The tests' time is limited, and the network's is not.
    try:
        if given() is None and maven.is_at_hand():
            fetch()
    except StackFailed as error:
        sys.exit(str(error))
