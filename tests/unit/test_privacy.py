"""No log line contains text that users wrote, or private data.

Every function handles all its sample events: with working services, with services that only let
it read, and with services that fail. Everything it writes to its log or prints is searched for the
private values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from common import aws
from common.connections import connections
from common.dynamodb import items
from common.export import Export
from common.image import Image
from common.image_formats import CONTENT_TYPES
from common.images import images
from common.observability import logger
from common.sessions import Session
from project import functions
from project.fake_aws import all_tables
from project.template import ROOT
from tests.harness import pictures
from tests.harness.observability import Log
from tests.harness.simulator.opensearch import Trouble, served

pytestmark = pytest.mark.slow

# Fields that may be logged. Everything else that an event contains is private.
PUBLIC = {
    *("orderID", "imageID", "groupID", "messageID", "eventID", "trace", "fingerprint"),
    *("createdAt", "placedAt", "sentAt", "status", "type", "contentType", "challenge"),
    *("limit", "next", "exportID", "fresh", "state", "by", "at"),
}
SHORTEST = 4  # characters of a value that is searched for; a shorter one may occur by chance

# What Cognito responds, for every operation.
USER = {
    "UserSub": "0a1b2c3d-cognito-sub",
    "UserConfirmed": False,
    "UserAttributes": [
        {"Name": "sub", "Value": "0a1b2c3d-cognito-sub"},
        {"Name": "email", "Value": "grace@example.com"},
    ],
    "Enabled": True,
    "UserStatus": "CONFIRMED",
    "Users": [],
    "SecretCode": "TOTP-SECRET",
    "Session": "cognito-session",
    "AuthenticationResult": {
        "IdToken": "cognito-id-token",
        "AccessToken": "cognito-access-token",
        "RefreshToken": "cognito-refresh-token",
        "ExpiresIn": 3600,
        "TokenType": "Bearer",
    },
}
SECRETS = {"0a1b2c3d-cognito-sub", "grace@example.com", "TOTP-SECRET", "cognito-"}
TITLE = "A title that only its owner knows"


READS = {"BatchGetItem", "GetItem", "Query", "Scan", "GetObject"}


@pytest.fixture(
    params=[
        "services work",
        pytest.param("only reads work", marks=pytest.mark.slow),
        pytest.param("services fail", marks=pytest.mark.slow),
    ]
)
def services(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS and OpenSearch. DynamoDB and S3 are moto's; the other services accept everything."""
    with all_tables(), served() as (engine, url):
        monkeypatch.setenv("SEARCH_URL", url)
        monkeypatch.setenv("LIVE_URL", "wss://w1x2y3z4a5.execute-api.us-east-1.amazonaws.com/v1")
        for bucket in ("ImagesBucket", "ThumbnailsBucket", "FailedEventsBucket", "ExportsBucket"):
            aws.s3().create_bucket(Bucket=bucket)
        fill()
        if request.param == "services work":
            accept_everything(monkeypatch)
        else:
            fail(monkeypatch, READS if request.param == "only reads work" else set())
            engine.trouble = Trouble.DOWN
        yield


def fill() -> None:
    """Store the rows that the sample events are about, connections of their users, an upload."""
    user_event = functions.module("live_push", "user_events").UserEvent
    for function in functions.functions():
        for record in (each for event in samples(function) for each in event.get("Records", ())):
            if item := record.get("dynamodb", {}).get("NewImage"):
                aws.dynamodb().put_item(TableName=table_of(item), Item=item)
            with suppress(LookupError, TypeError, ValueError):
                session = Session(user_event.from_record(record).userID, "grace", 1772366000)
                connections().add(session, "XfGLwd1koAMCJtQ=")
    [record] = functions.event("image_processing", "upload")["Records"]
    key = json.loads(record["body"])["Records"][0]["s3"]["object"]["key"]
    image = Image.new("owner", CONTENT_TYPES[0], TITLE)
    images().add(Image(**{**fields(image), "imageID": key.removeprefix("uploads/")}))
    picture = pictures.jpeg(comment=TITLE.encode())
    aws.s3().put_object(Bucket="ImagesBucket", Key=key, Body=picture)
    job = json.loads(functions.event("export_writer", "job")["Records"][0]["body"])
    export = replace(Export.new(job["userID"], {"email": "grace@example.com"}), **job)
    aws.dynamodb().put_item(TableName="IdempotencyTable", Item=export.to_item())


def fields(image: Image) -> dict[str, Any]:
    return {name: getattr(image, name) for name in Image.__slots__}


def table_of(item: dict[str, Any]) -> str:
    ids = {"messageID": "Messages", "imageID": "Images", "orderID": "Orders"}
    return next(f"{name}Table" for key, name in ids.items() if key in item)


def accept_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls of all clients

    def accept(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        match client.meta.service_model.service_name:
            case "dynamodb" | "s3":
                return call(client, operation, parameters)
            case "cognito-idp":
                return USER | {"Username": parameters.get("Username")}
        entries = parameters.get("PublishBatchRequestEntries", ())
        return {"Successful": [{"Id": entry["Id"]} for entry in entries]}

    monkeypatch.setattr(BaseClient, "_make_api_call", accept)


def fail(monkeypatch: pytest.MonkeyPatch, allowed: set[str]) -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refuse(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation in allowed:
            return call(client, operation, parameters)
        error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
        raise ClientError(error, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("name", functions.functions())
def test_a_function_logs_no_private_value_of_its_events(
    name: str, log: Log, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    events = samples(name)
    private = SECRETS | {TITLE} | {value for event in events for value in private_values(event)}
    logger.setLevel("DEBUG")

    handle_all(name, events)

    logger.setLevel("INFO")
    printed = capsys.readouterr()
    lines = "\n".join([log.text.getvalue(), caplog.text, printed.out, printed.err]).splitlines()
    leaks = {value: line for value in private for line in lines if occurs(value, line)}
    assert leaks == {}


def occurs(value: str, line: str) -> bool:
    """Return whether a line contains the value, unchanged or encoded as JSON."""
    return any(form in line for form in (value, json.dumps(value)[1:-1]))


def samples(name: str) -> list[dict[str, Any]]:
    """The sample events of a function; what is created first can be read and deleted later."""
    cases = [path.stem for path in sorted((ROOT / "events" / name).glob("*.json"))]
    methods = ["POST", "PUT", "GET", "DELETE"]
    events = [functions.event(name, case) for case in cases]
    return sorted(events, key=lambda event: methods.index(event.get("httpMethod") or "GET"))


def handle_all(name: str, events: list[dict[str, Any]]) -> None:
    created = ""
    for event in events:
        if created and event.get("pathParameters"):
            event["path"] = re.sub(r"[0-9a-f-]{36}", created, event["path"])
        with suppress(Exception):  # the authorizer refuses a token by raising
            response = functions.function(name).handler(event, functions.context(name))
            if response.get("statusCode") == 201:
                ids = re.findall(r'"\w+ID":"([0-9a-f-]{36})"', response["body"])
                created = next(iter(ids), created)


def private_values(event: dict[str, Any]) -> set[str]:
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    found = [
        event.get("authorizationToken"),
        event.get("queryStringParameters"),
        event.get("request"),
        (event.get("headers") or {}).get("Authorization"),
        {name: authorizer.get("claims", authorizer).get(name) for name in ("sub", "email")},
        parsed(event.get("body")),
    ]
    for record in event.get("Records", ()):
        row = record.get("dynamodb", {}).get("NewImage", {})
        found += [parsed(record.get("body")), items.deserialize(row, row)]
        found.append(record.get("messageAttributes", {}).get("placedBy", {}).get("stringValue"))
    return {value.removeprefix("Bearer ") for value in texts(found) if len(value) >= SHORTEST}


def parsed(body: str | None) -> Any:
    """The content of a body. A notification of S3 contains nothing that a user wrote."""
    try:
        content = json.loads(body or "null")
    except (ValueError, RecursionError):
        return body
    from_s3 = isinstance(content, dict) and content.keys() & {"Records", "Event"}
    return None if from_s3 else content


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, except for public fields."""
    match value:
        case str():
            yield value
        case dict():
            for name, each in value.items():
                if name not in PUBLIC:
                    yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


def test_no_event_is_logged_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")

    @logger.inject_lambda_context
    def handler(event: dict[str, Any], context: Any) -> None:
        logger.info("handled")

    handler({"password": "Correct-Horse-7-Battery"}, functions.context())

    assert [line["message"] for line in log.lines()] == ["handled"]
