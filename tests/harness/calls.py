"""Checks every AWS call of a function in a test: valid by the model, allowed by the role.

`docs/permissions.md` lists these calls. With PERMISSIONS=write, a test run adds missing calls to
the list, or creates it.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.signers import S3PostPresigner
from botocore.validate import ParamValidator

from project import template
from project.template import ROOT
from tests.harness.permissions import Permission, granted, needed, permission_on

TABLE = ROOT / "docs" / "permissions.md"

NO_PERMISSION = Permission("none", "")

SEARCH_INDEX = template.raw()["Parameters"]["SearchIndex"]["Default"]

_HEAD = """\
# Permissions

Which AWS calls each function makes, and which permissions in `template.yaml` allow them. The tests
observe the calls. They fail if this list differs from the template, from the calls in the code, or
from the observed calls. To add missing calls, run
`PERMISSIONS=write make test ARGS="tests/unit tests/search"`.
A presigned URL requires the permission of its signer. A call with the action `none` requires no
permission: it contains the user's password, code or token instead.

| function | call | action | resource |
|---|---|---|---|
"""

_SRC, _LAYER, _TESTS = (f"{ROOT / part}/" for part in ("src", "layers", "tests"))
_of_thread = threading.local()


@dataclass(frozen=True, order=True)
class Row:
    """One line of the list: a function's call, and a permission that it uses."""

    function: str
    call: str
    permission: Permission

    def __str__(self) -> str:
        cells = self.function, self.call, self.permission.action, self.permission.resource
        return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def rows() -> frozenset[Row]:
    """Return the lines of the list in the docs."""
    return _parsed(TABLE.read_text() if TABLE.exists() else "")


@cache
def _parsed(text: str) -> frozenset[Row]:
    lines = text.splitlines()
    cells = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line)
    return frozenset(
        Row(function, call, Permission(action, resource))
        for function, call, action, resource in cells
        if function not in ("function", "---")
    )


@dataclass
class Calls:
    """The calls of one test, as rows for the list, and their problems."""

    rows: set[Row] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def note(self, operation: OperationModel, parameters: Mapping[str, Any]) -> None:
        """Record and check a client's call, sent or presigned."""
        function, is_ours = caller()
        service = operation.service_model.service_name
        call = f"{service} {operation.name}"
        if is_ours and operation.input_shape:
            report = ParamValidator().validate(parameters, operation.input_shape)
            wrong = [report.generate_report()] if report.has_errors() else []
            wrong += wrong_enums(operation.input_shape, parameters)
            self.problems += [f"{call}: {each}" for each in wrong]
        if function:
            permissions = list(needed(function, operation, parameters))
            self.use(function, call, *permissions or [NO_PERMISSION])

    def use(self, function: str, call: str, *permissions: Permission) -> None:
        """Record a function's call that requires these permissions."""
        for permission in permissions:
            allowing = {grant for grant in granted(function) if grant.allows(permission)}
            if permission == NO_PERMISSION:
                allowing = {permission}
            if not allowing:
                self.problems.append(f"{function} calls {call} without the permission {permission}")
            self.rows |= {Row(function, call, grant) for grant in allowing}


def caller() -> tuple[str | None, bool]:
    """Return the function that makes the current call, and whether functions or layer make it."""
    frame, is_ours = sys._getframe(1), False
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_SRC):
            return path.removeprefix(_SRC).split("/")[0], True
        is_ours = is_ours or path.startswith(_LAYER)
        if path.startswith(_TESTS) and path != __file__:
            return None, is_ours
        frame = frame.f_back  # type: ignore[assignment]
    return getattr(_of_thread, "function", None), is_ours


def wrong_enums(shape: Any, value: Any) -> Iterator[str]:
    """Find values, at any depth, that are not in the model's enums. botocore ignores enums."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name in shape.members:
                yield from wrong_enums(shape.members[name], inner)
    elif shape.type_name == "list":
        for inner in value:
            yield from wrong_enums(shape.member, inner)
    elif shape.type_name == "map":
        for inner in value.values():
            yield from wrong_enums(shape.value, inner)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{shape.name} is {value!r}; allowed: {', '.join(shape.enum)}"


@pytest.fixture(autouse=True)
def aws_calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Observes the AWS calls of functions, by patching botocore and none of our modules."""
    calls = Calls()
    _watch_clients(calls, monkeypatch)
    _watch_signatures(calls, monkeypatch)
    _follow_threads(monkeypatch)
    yield calls
    assert not calls.problems, "\n".join(calls.problems)
    if os.environ.get("PERMISSIONS") == "write":
        _write(calls.rows)
    missing = "\n".join(map(str, sorted(calls.rows - rows())))
    assert not missing, f"not in {TABLE.relative_to(ROOT)}:\n{missing}"


def _watch_clients(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    emit, request = BaseClient._emit_api_params, BaseClient._make_api_call  # type: ignore[attr-defined]

    def emitted(client: Any, api_params: Any, operation_model: Any, context: Any) -> Any:
        # S3 has no operation for a form. botocore uses CreateBucket to find the host.
        if not (context.get("is_presign_request") and operation_model.name == "CreateBucket"):
            calls.note(operation_model, api_params)
        return emit(client, api_params, operation_model, context)

    def requested(client: Any, operation: str, parameters: Any) -> Any:
        try:
            return request(client, operation, parameters)
        except ClientError as error:
            function, _ = caller()
            # Without ListBucket, S3 responds with 403 instead (S3 API reference, GetObject).
            if function and error.response["Error"]["Code"] == "NoSuchKey":
                permission = permission_on(function, "s3:ListBucket", parameters["Bucket"])
                calls.use(function, f"s3 {operation}", permission)
            raise

    monkeypatch.setattr(BaseClient, "_emit_api_params", emitted)
    monkeypatch.setattr(BaseClient, "_make_api_call", requested)


def _watch_signatures(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Observe signatures: a form needs no client's call, a request to OpenSearch no client."""
    sign_form, sign = S3PostPresigner.generate_presigned_post, SigV4Auth.add_auth

    def form_signed(signer: Any, *args: Any, **options: Any) -> Any:
        function, _ = caller()
        if function:
            [bucket] = [each["bucket"] for each in options["conditions"] if "bucket" in each]
            key = f"/{options['fields']['key']}"
            permission = permission_on(function, "s3:PutObject", bucket, key)
            calls.use(function, "s3 PutObject", permission)
        return sign_form(signer, *args, **options)

    def signed(signer: Any, request: Any) -> None:
        function, _ = caller()
        if function and signer._service_name == "es":
            action = f"ESHttp{request.method.title()}"
            # Tests that share an engine have different aliases.
            path = urlsplit(request.url).path.replace(os.environ["SEARCH_INDEX"], SEARCH_INDEX)
            calls.use(function, f"es {action}", Permission(f"es:{action}", f"SearchDomain{path}"))
        sign(signer, request)

    monkeypatch.setattr(S3PostPresigner, "generate_presigned_post", form_signed)
    monkeypatch.setattr(SigV4Auth, "add_auth", signed)


def _follow_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attribute the calls of a pool's thread to the function that submitted the work."""
    submit = ThreadPoolExecutor.submit

    def submitted(pool: Any, work: Any, /, *args: Any, **options: Any) -> Any:
        function, _ = caller()

        def run(*args: Any, **options: Any) -> Any:
            _of_thread.function = function
            return work(*args, **options)

        return submit(pool, run, *args, **options)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submitted)


def _write(found: set[Row]) -> None:
    with (ROOT / ".local" / "permissions.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of a test run share the list
        lines = "\n".join(map(str, sorted(rows() | found)))
        TABLE.write_text(f"{_HEAD}{lines}\n")
