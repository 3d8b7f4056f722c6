"""The Docker engine: its images and containers, and the way from them to this machine."""

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
    """What is needed is not there; the text says what."""


def docker(*arguments: str) -> str:
    """What docker prints. Raises NotPossible."""
    if not (command := shutil.which("docker")):
        raise NotPossible("there is no docker on the path")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(done.stderr.strip())
    return done.stdout


def has_image(reference: str) -> bool:
    """Whether an image of this reference, which may be a pattern, has been pulled."""
    return docker("images", "--quiet", "--filter", f"reference={reference}").strip() != ""


def remove_containers(build: Path) -> None:
    """Remove what an interrupted `sam` may have left: containers that mount this build."""
    deadline = time.monotonic() + REMOVAL_SECONDS
    for code in build.iterdir():
        mounting = ("ps", "--all", "--quiet", "--filter", f"volume={code}")
        while (left := docker(*mounting).split()) and time.monotonic() < deadline:
            with suppress(NotPossible):  # one that is being removed
                docker("rm", "--force", *left)


@asynccontextmanager
async def door(port: int) -> AsyncIterator[str]:
    """The address under which containers reach this port of 127.0.0.1.

    Docker Desktop leads there by itself. On Linux the host's end of Docker's bridge is all
    that a container sees, so we listen there, for containers only.
    """
    [config, *_] = json.loads(docker("network", "inspect", "bridge"))[0]["IPAM"]["Config"]
    bridge = ipaddress.ip_network(config["Subnet"])
    address = config.get("Gateway") or str(next(bridge.hosts()))

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = ipaddress.ip_address(writer.get_extra_info("peername")[0])
        if peer not in bridge:
            writer.close()
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection(HOST, port)
        except ConnectionError:  # the stack is gone, which the container may see
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    try:
        server = await asyncio.start_server(pass_on, address, 0)
    except OSError:  # no address of this machine: the engine runs in a virtual one
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
