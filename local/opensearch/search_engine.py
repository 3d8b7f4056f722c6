"""A real OpenSearch on this machine: one that the environment names, or one that Java runs."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from local.stack.deployment import StackFailed
from project import maven
from project.template import ROOT

SOURCES = "local/opensearch"

MISSING = (
    f"Search needs Maven and a JDK {maven.JAVA} or newer (mvn and java on the path), "
    "or the address of a running OpenSearch in OPENSEARCH_ENDPOINT"
)

# Java starts faster with one compiler and one garbage collector; the load is small.
_OPTIONS = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")


def given() -> str | None:
    """Return the endpoint in OPENSEARCH_ENDPOINT, without a path. Raises StackFailed."""
    endpoint = os.environ.get("OPENSEARCH_ENDPOINT")
    if not endpoint:
        return None
    url = urlsplit(endpoint)
    if url.scheme not in ("http", "https") or not url.netloc or url.path.strip("/"):
        raise StackFailed(
            f"OPENSEARCH_ENDPOINT must be an http:// or https:// address without a path: {endpoint}"
        )
    return f"{url.scheme}://{url.netloc}"


def is_available() -> bool:
    """Return whether OpenSearch is given or can be run here. Raises StackFailed."""
    return given() is not None or maven.is_available()


def fetch() -> Path:
    """Return the folder with OpenSearch's jars. Raises StackFailed or CommandFailed."""
    if not maven.is_available():
        raise StackFailed(MISSING)
    return maven.fetch("OpenSearch", f"{SOURCES}/pom.xml")


def command(port: int, data: Path, cluster: str) -> list[str]:
    """Return the command for a node on this port of 127.0.0.1. Raises as `fetch` does.

    The node's answers about its health name the cluster.
    """
    java = ["java", *_OPTIONS, "-cp", f"{fetch()}/*"]
    return [*java, str(ROOT / SOURCES / "Engine.java"), str(port), str(data), cluster]


def deployed_as(endpoint: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the template parameters and the emulator's environment for this endpoint.

    The template accepts an https endpoint. A plain http one becomes the emulator's domain.
    """
    url = urlsplit(endpoint)
    if url.scheme == "https":
        return {"Search": endpoint}, {}
    address = f"{url.hostname}:{url.port or 80}"
    return {"Search": "domain"}, {"MINISTACK_OPENSEARCH_ENDPOINT": address}
