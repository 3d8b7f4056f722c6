"""The Docker engine: images, containers, and a proxy from containers to this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from local.stack.ports import HOST

REMOVAL_SECONDS = 10


class NotPossible(Exception):
    """Something that is required is missing or fails. The text says what."""


def docker(*arguments: str) -> str:
    """Run a docker command and return its output. Raises NotPossible."""
    if not (command := shutil.which("docker")):
        raise NotPossible("docker is not on the path")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(done.stderr.strip())
    return done.stdout


def has_image(reference: str) -> bool:
    """Return whether an image with this reference, or pattern, has been pulled."""
    return docker("images", "--quiet", "--filter", f"reference={reference}").strip() != ""


def remove_containers(build: Path) -> None:
    """Remove the containers of this build, which an interrupted `sam` may have left."""
    deadline = time.monotonic() + REMOVAL_SECONDS
    for code in build.iterdir():
        mounting = ("ps", "--all", "--quiet", "--filter", f"volume={code}")
        while (left := docker(*mounting).split()) and time.monotonic() < deadline:
            with suppress(NotPossible):  # a container that is being removed already
                docker("rm", "--force", *left)


@asynccontextmanager
async def proxy(port: int) -> AsyncIterator[str]:
    """Return the address at which containers reach this port of 127.0.0.1.

    Docker Desktop has such an address. On Linux, containers reach the host only at its address on
    Docker's bridge, so a proxy listens there. It accepts connections from containers only.
    """
    [config, *_] = json.loads(docker("network", "inspect", "bridge"))[0]["IPAM"]["Config"]
    bridge = ipaddress.ip_network(config["Subnet"])
    address = config.get("Gateway") or str(next(bridge.hosts()))

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = ipaddress.ip_address(writer.get_extra_info("peername")[0])
        if peer not in bridge:
            writer.close()
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection(HOST, port)
        except ConnectionError:  # the stack has stopped
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    try:
        server = await asyncio.start_server(forward, address, 0)
    except OSError:  # not an address of this machine: Docker Desktop
        yield f"host.docker.internal:{port}"
        return
    try:
        yield f"{address}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
