"""What of the SDK all tests of a process share: the descriptions of services, and clients."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import botocore.session
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session

from common import aws


def share_service_models() -> None:
    """Let all sessions have the same loader, which parses each description once.

    Every test has new clients, and most have a new session. Each would otherwise parse its
    services again, and look for all 400 others: a sixth of the time of the unit tests.
    """
    botocore.session.create_loader = cache(botocore.session.create_loader)


def share_clients() -> None:
    """Let the functions' session create a client once for the same options and environment.

    A client is not shared any more once a test has registered a handler for its events.
    """
    create = Session.create_client
    shared: dict[str, tuple[Any, Any]] = {}

    def created(session: Session, service_name: str, *args: Any, **options: Any) -> Any:
        if session is not aws.session():
            return create(session, service_name, *args, **options)
        config = vars(options["config"])
        environment = [pair for pair in sorted(os.environ.items()) if pair[0].startswith("AWS_")]
        key = repr((service_name, args, options | {"config": config}, environment))
        client, handlers = shared.get(key, (None, None))
        if client is None or _handlers(client) is not handlers:
            client = create(session, service_name, *args, **options)
            shared[key] = client, _handlers(client)
        return client

    Session.create_client = created  # type: ignore[assignment, method-assign]


def _handlers(client: Any) -> Any:
    """Return an object that is another one after each change of the client's event handlers."""
    return client.meta.events._emitter._lookup_cache


def share_event_names() -> None:
    """Translate the old name of an event once, and not in each client."""
    translate = cache(EventAliaser(HierarchicalEmitter())._alias_event_name)  # type: ignore[attr-defined]
    EventAliaser._alias_event_name = lambda _, name: translate(name)  # type: ignore[attr-defined]
