"""Which requests the servers of a local stack answer.

Any web page can send requests to servers on this machine, and a page whose host name changes its
address to 127.0.0.1 can read the responses. The emulator imports this module into its own
environment, so it needs the standard library only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

NAMES = ("127.0.0.1", "localhost")
"""The host names of the servers. Containers use `host.docker.internal`, or an address."""


def origins(port: int) -> list[str]:
    """Return the origins of the pages of a server on this port."""
    return [f"http://{name}:{port}" for name in NAMES]


def is_own_host(host: str) -> bool:
    """Return whether a Host header has a name that only leads to this machine, with any port.

    A private address is such a name: no page can be loaded from another machine with it and then
    have it changed.
    """
    with suppress(ValueError):
        name = urlsplit(f"//{host}").hostname or ""
        if name in (*NAMES, "host.docker.internal"):
            return True
        return ipaddress.ip_address(name).is_private
    return False


def is_from_foreign_page(headers: Mapping[str, str], allowed: Collection[str]) -> bool:
    """Return whether a browser sends a request for a page of an origin that is not allowed.

    The names of the headers are in lower case. Browsers send no Origin with images, scripts and
    links, but say whether the page is on another site, or on another port of this one.
    """
    if "origin" in headers:
        return headers["origin"] not in allowed
    return headers.get("sec-fetch-site") in ("cross-site", "same-site")
