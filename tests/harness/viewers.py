"""What each viewer can read of a shop: through every GET route of the API, or in its stores.

A ZIP file stands for the files in it.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from common import aws
from project import functions, template
from project.fake_aws import items
from tests.harness import exporting
from tests.harness.api import answer
from tests.harness.marked_shop import STAFF, Datum, MarkedShop
from tests.harness.stores import IMAGES, THUMBNAILS, keys, read

IDS = {
    "orderID": "OrdersTable",
    "imageID": "ImagesTable",
    "groupID": "GroupsTable",
    "messageID": "MessagesTable",
}
"""The parameters of paths, and the tables whose rows they name."""

BUCKETS = (IMAGES, THUMBNAILS, exporting.BUCKET)

type Query = dict[str, str]


class View:
    """Everything that the API shows a user, or somebody who is not signed in, and its files.

    The user calls every GET route with the ID of every row and the name of every user.
    """

    def __init__(self, shop: MarkedShop, viewer: str | None) -> None:
        self._shown: list[tuple[str, bytes]] = []
        for function, path, is_public in _routes():
            if not viewer and not is_public:
                continue  # API Gateway refuses the request
            for filled, query in itertools.product(_filled(path), _queries(shop, path)):
                event = _event(shop, viewer, path, filled, query)
                body = answer(function, event).body
                shown = json.dumps(body, separators=(",", ":")).encode()
                self._shown.append((str(query), b"\n".join([shown, *_files(body)])))

    def shows(self, datum: Datum) -> bool:
        """Whether the viewer sees the datum."""
        return datum.is_in(
            b"\n".join(
                shown
                for query, shown in self._shown
                if not any(word in query for word in datum.unknown)
            )
        )


def kept() -> dict[str, bytes]:
    """The whole content of each table and bucket, and of the user pool."""
    resources = template.translated()["Resources"].items()
    tables = [name for name, each in resources if each["Type"] == "AWS::DynamoDB::Table"]
    pool = aws.cognito().list_users(UserPoolId=aws.env("USER_POOL_ID"))["Users"]
    buckets = {name: b"\n".join(_content(name, key) for key in keys(name)) for name in BUCKETS}
    rows = {name: json.dumps(items(name)).encode() for name in tables}
    return {"UserPool": json.dumps(pool, default=str).encode(), **rows, **buckets}


def index_everything() -> None:
    """Let search_indexer index all rows."""
    indexer = functions.function("search_indexer")
    [record, *_] = functions.event("search_indexer", "new_orders")["Records"]
    for table in functions.module("search_indexer", "tables").tables():
        found = [{name: row[name] for name in table.key} for row in items(table.name)]
        records = [record | {"dynamodb": record["dynamodb"] | {"Keys": key}} for key in found]
        assert indexer.handler({"Records": records}, functions.context()) == {
            "batchItemFailures": []
        }


def _routes() -> Iterator[tuple[str, str, bool]]:
    """The function and the path of each GET route, and whether it is open without a token."""
    names = {functions.logical_id(name): name for name in functions.functions()}
    for logical_id, resource in template.raw()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            for event in resource["Properties"].get("Events", {}).values():
                if event["Type"] == "Api" and event["Properties"]["Method"].upper() == "GET":
                    is_public = event["Properties"].get("Auth") == {"Authorizer": "NONE"}
                    yield names[logical_id], event["Properties"]["Path"], is_public


def _filled(path: str) -> Iterator[Query]:
    """The path's parameters, with every ID that exists."""
    names = re.findall(r"{(\w+)}", path)
    ids = [[row[name]["S"] for row in items(IDS[name])] for name in names]
    for chosen in itertools.product(*ids):
        yield dict(zip(names, chosen, strict=True))


def _queries(shop: MarkedShop, path: str) -> Iterator[Query | None]:
    if path == "/search":
        yield {"q": "marked"}
        return
    yield None
    if path == "/messages":
        for name, sub in shop.users.subs.items():
            yield {"with": name}
            yield {"withID": sub}


def _event(
    shop: MarkedShop, viewer: str | None, path: str, filled: Query, query: Query | None
) -> dict[str, Any]:
    event = functions.event("groups", "list")
    full = re.sub(r"{(\w+)}", lambda name: filled[name[1]], path)
    event |= {"resource": path, "path": full, "pathParameters": filled or None}
    event["queryStringParameters"] = query
    event["requestContext"]["authorizer"] = _authorizer(shop, viewer) if viewer else None
    if not viewer:
        del event["headers"]["Authorization"]
    return event


def _authorizer(shop: MarkedShop, viewer: str) -> dict[str, Any]:
    """What the user's ID token contains."""
    claims = {
        "sub": shop.sub(viewer),
        "cognito:username": viewer,
        "email": f"{viewer}@example.com",
        "email_verified": "true",
        "token_use": "id",
    }
    return {"claims": claims | ({"cognito:groups": "staff"} if viewer == STAFF else {})}


def _files(body: Any) -> Iterator[bytes]:
    """The files behind the URLs in a response."""
    match body:
        case dict():
            for name, value in body.items():
                if name in ("url", "thumbnailUrl"):
                    path = unquote(urlsplit(value).path)
                    bucket, _, key = path.lstrip("/").partition("/")
                    yield _content(bucket, key)
                else:
                    yield from _files(value)
        case list():
            for value in body:
                yield from _files(value)


def _content(bucket: str, key: str) -> bytes:
    content = read(bucket, key)
    if bucket != exporting.BUCKET:
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as unpacked:
        return b"\n".join(map(unpacked.read, unpacked.namelist()))
