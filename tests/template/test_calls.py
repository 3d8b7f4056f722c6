"""Every call to AWS in the code is listed, valid and allowed, and nothing else is allowed."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from botocore import xform_name
from botocore.session import Session

from project import functions, template
from project.template import ROOT
from tests.harness.calls import NO_PERMISSION, TABLE, rows, wrong_enums
from tests.harness.permissions import granted

# Where two services have an operation of the same name, the later one is meant.
SERVICES = (
    "events",
    "sesv2",
    "apigatewaymanagementapi",
    "cognito-idp",
    "dynamodb",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
)

# Methods of S3's client that sign for an operation: of the form to put an object, and of the one
# that is the first argument.
PRESIGNED_FORM, PRESIGNED_URL = "generate_presigned_post", "generate_presigned_url"


@dataclass(frozen=True)
class Site:
    """A call in the code. `where` is for the reader, `function` the folder in src, or None."""

    function: str | None
    service: str
    operation: str
    where: str
    parameters: Sequence[ast.keyword]

    @property
    def name(self) -> str:
        return f"{self.service} {self.operation}"


@cache
def methods() -> dict[str, tuple[str, str]]:
    """Service and operation by the name of the client's method."""
    found = {}
    for service in SERVICES:
        for operation in Session().get_service_model(service).operation_names:
            found[xform_name(operation)] = (service, operation)
    return found


@cache
def sites() -> tuple[Site, ...]:
    """The calls in src, in the layer, and in Powertools where it uses a client of the project."""
    powertools = Path(inspect.getfile(DynamoDBPersistenceLayer))
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "layers").rglob("*.py"), powertools]
    return tuple(site for path in sorted(sources) for site in _sites(path))


def _sites(path: Path) -> Iterator[Site]:
    src = ROOT / "src"
    function = path.relative_to(src).parts[0] if path.is_relative_to(src) else None
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        method, parameters = node.func.attr, node.keywords
        if method == PRESIGNED_URL:
            [named, *_] = node.args
            assert isinstance(named, ast.Constant), f"{path}:{node.lineno}: name the operation"
            method = str(named.value)
            [written] = [each.value for each in parameters if each.arg == "Params"]
            assert isinstance(written, ast.Dict), f"{path}:{node.lineno}: write the parameters"
            names = [literal(name) for name in written.keys if name]
            parameters = [ast.keyword(*each) for each in zip(names, written.values, strict=True)]
        elif method == PRESIGNED_FORM:
            method = "put_object"
            parameters = [each for each in parameters if each.arg in ("Bucket", "Key")]
        elif node.args:
            continue  # another method with that name: operations accept only keywords
        if method in methods():
            where = f"{path.parent.name}/{path.name}:{node.lineno}"
            yield Site(function, *methods()[method], where, parameters)


def literal(node: ast.expr) -> Any:
    """The value that stands there, None for what is computed."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, map(literal, values), strict=True)
            return {literal(key): value for key, value in pairs if key and value is not None}
        case ast.List(elts=elements):
            return [value for each in elements if (value := literal(each)) is not None]
    return None


def test_the_list_is_what_the_template_grants() -> None:
    listed = {
        f"{row.function}: {row.permission}" for row in rows() if row.permission != NO_PERMISSION
    }
    allowed = {f"{name}: {grant}" for name in functions.functions() for grant in granted(name)}

    needless, missing = "\n".join(sorted(allowed - listed)), "\n".join(sorted(listed - allowed))
    assert not needless, f"granted, and no call is known to need it:\n{needless}"
    assert not missing, f"in {TABLE.name}, and the template does not grant it:\n{missing}"


def test_every_call_in_the_code_is_in_the_list() -> None:
    listed = {(row.function, row.call) for row in rows()}
    of_any = {call for _, call in listed}

    unknown = [
        f"{site.where} calls {site.name}"
        for site in sites()
        if (
            site.name not in of_any
            if site.function is None
            else (site.function, site.name) not in listed
        )
    ]
    assert unknown == [], f"not in {TABLE.name}: no test makes this call"


def test_every_call_in_the_list_is_in_the_code() -> None:
    shared = {site.name for site in sites() if site.function is None}
    own = {(site.function, site.name) for site in sites()}

    stale = [
        row
        for row in rows()
        if row.call not in shared
        and (row.function, row.call) not in own
        and not row.call.startswith("es ")  # requests to OpenSearch, which have no method
    ]
    assert stale == []


@pytest.mark.parametrize("site", sites(), ids=lambda site: f"{site.where} {site.operation}")
def test_the_parameters_in_every_call_are_valid(site: Site) -> None:
    """Names of parameters and literal values are checked even if no test makes the call."""
    shape = Session().get_service_model(site.service).operation_model(site.operation).input_shape
    assert shape is not None, f"{site.operation} has no parameters"
    given = {each.arg: literal(each.value) for each in site.parameters if each.arg}
    known = {name: value for name, value in given.items() if value is not None}

    assert given.keys() <= shape.members.keys()
    assert list(wrong_enums(shape, known)) == []
    if len(given) == len(site.parameters):  # none comes out of a variable, as `**request` does
        assert set(shape.required_members) <= given.keys()


def test_every_action_is_one_that_its_resource_takes() -> None:
    """By the Service Authorization Reference, of which cfn-lint has a copy."""
    cfnlint = find_spec("cfnlint")  # importing it takes seconds
    assert cfnlint is not None
    assert cfnlint.origin is not None
    policies = Path(cfnlint.origin).parent / "data" / "AdditionalSpecs" / "Policies.json"
    reference: dict[str, Any] = json.loads(policies.read_text())

    wrong = []
    for permission in {row.permission for row in rows()} - {NO_PERMISSION}:
        service, _, action = permission.action.partition(":")
        known = reference[service]["Actions"].get(action.lower())
        if known is None or kind(permission.resource) not in known["Resources"]:
            wrong.append(permission)
    assert wrong == []


KINDS = {
    "AWS::Cognito::UserPool": "userpool",
    "AWS::Events::EventBus": "event-bus",
    "AWS::KMS::Key": "key",
    "AWS::OpenSearchService::Domain": "domain",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::SecretsManager::Secret": "Secret",
    "AWS::Serverless::WebSocketApi": "execute-api-general",
}


def kind(resource: str) -> str:
    """The reference's name for what kind of resource it is."""
    logical_id, _, rest = resource.partition("/")
    if logical_id == "BuyerEmailsIdentityArn":
        return "identity"
    match template.raw()["Resources"][logical_id]["Type"]:
        case "AWS::DynamoDB::Table":
            return "index" if rest.startswith("index/") else "table"
        case "AWS::S3::Bucket":
            return "object" if rest else "bucket"
        case other:
            return KINDS[other]
