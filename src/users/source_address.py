"""The address that a request comes from, as quotas count it."""

from __future__ import annotations

from ipaddress import IPv6Network

from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

_SUBSCRIBER_BITS = 64
"""An IPv6 subscriber has at least so many bits to choose addresses from (RFC 6177)."""


def source_address(event: DictWrapper) -> str:
    """The IPv4 address of the client, or the network of its IPv6 address.

    API Gateway takes it from the connection. The header X-Forwarded-For is the client's choice.
    """
    address: str = event["requestContext"]["identity"]["sourceIp"]
    if ":" not in address:
        return address
    return str(IPv6Network((address, _SUBSCRIBER_BITS), strict=False))
