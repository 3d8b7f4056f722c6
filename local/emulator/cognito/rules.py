"""How the rules of this package are applied: each one surrounds operations of the emulator."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.core.concurrency import run_reentrant
from ministack.services import cognito

type Request = dict[str, Any]
type Response = tuple[int, dict[str, str], bytes]
type User = dict[str, Any]
type Pool = dict[str, Any]
type Handler = Callable[[Request], Response]
type Rule = Callable[[Request, Handler], Response]

_rules: defaultdict[str, list[Rule]] = defaultdict(list)
_added: dict[str, Handler] = {}

_run_idp_handler = cognito._run_idp_handler
_dispatch_idp = cognito._dispatch_idp


def rule(*operations: str) -> Callable[[Rule], Rule]:
    """Apply a function to these operations. It may refuse a request, or change its response.

    The rule that is defined first sees the request first.
    """

    def registered(function: Rule) -> Rule:
        for operation in operations:
            _rules[operation].append(function)
        return function

    return registered


def operation(name: str) -> Callable[[Handler], Handler]:
    """Add an operation that the emulator lacks. Clients call it without a signature."""

    def added(handler: Handler) -> Handler:
        cognito._UNSIGNED_IDP_ACTIONS.add(name)
        _added[name] = handler
        return handler

    return added


def refused(code: str, message: str) -> Response:
    """The response to a request that Cognito refuses."""
    response: Response = cognito.error_response_json(code, message, 400)
    return response


def is_success(response: Response) -> bool:
    """Whether the operation was carried out."""
    return response[0] == 200


def body(response: Response) -> dict[str, Any]:
    """The fields of a response."""
    fields: dict[str, Any] = json.loads(response[2])
    return fields


def pool_of(request: Request) -> Pool | None:
    """The user pool of a request, which names the pool, an app client or an access token."""
    if "UserPoolId" in request:
        return cognito._user_pools.get(request["UserPoolId"])
    if "AccessToken" in request:
        return cognito._user_pool_for_access_token(request["AccessToken"])[1]
    return cognito._pool_for_client(request.get("ClientId"))[0]


def user_of(request: Request) -> User | None:
    """The user of a request, by access token, user name, sub or verified address."""
    if "AccessToken" in request:
        return cognito._user_pool_for_access_token(request["AccessToken"])[0]
    fields = ("AuthParameters", "ChallengeResponses")
    named = [request.get("Username"), *(request.get(each, {}).get("USERNAME") for each in fields)]
    pool, name = pool_of(request), next(filter(None, named), None)
    return cognito._resolve_user(pool, name)[0] if pool and name else None


def attributes_of(user: User) -> dict[str, str]:
    """The attributes of a user by name."""
    return cognito._attr_list_to_dict(user["Attributes"])


def set_attributes(user: User, **attributes: str) -> None:
    """Set attributes of a user."""
    added = cognito._dict_to_attr_list(attributes)
    user["Attributes"] = cognito._merge_attributes(user["Attributes"], added)


def run_idp_handler(handler: Handler, name: str, request: Request) -> Response:
    """Run an operation within its rules. Before that, the emulator checks the access token."""
    for each in reversed(_rules[name]):
        handler = partial(each, proceed=handler)
    return _run_idp_handler(handler, name, request)


async def dispatch_idp(name: str, request: Request) -> Response:
    """Run an operation, also one that the emulator lacks."""
    if name not in _added:
        return await _dispatch_idp(name, request)
    thread = "ministack-cognito-trigger"
    return await run_reentrant(run_idp_handler, _added[name], name, request, thread_name=thread)


cognito._run_idp_handler = run_idp_handler
cognito._dispatch_idp = dispatch_idp
