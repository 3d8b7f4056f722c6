"""Export the data of a user who asks for it by letter: `make export NAME=ann [OUT=folder]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common import user_pool
from common.export import Export, Status
from common.exports import Exports
from ops.arguments import stack_parser
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

_POLL_SECONDS = 2.0

_EXAMPLES = """
  make export NAME=ann                    download the data of a user of the local stack
  make export NAME=ann OUT=letters/ann    into another folder
  make export NAME=ann ENV=prod           from an environment on AWS
  make export NAME='auth0|1' ARGS=--sub   a user whom the user pool does not know, by the sub
"""


class UserNotFound(Exception):
    """The user pool has no user with this name."""


class ExportFailed(Exception):
    """The export was not prepared. The text says what to do."""


def main(
    argv: Sequence[str] | None = None,
    find: Find = find_stack,
) -> int:
    """Export the data of a user. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = _parse(argv)

    def export(stack: DeployedStack) -> None:
        user_id = arguments.name if arguments.sub else _user_id(stack, arguments.name)
        download(stack, prepare(_exports(stack), user_id), Path(arguments.out))

    interrupted = "interrupted; the export goes on, run this again to download it"
    failures = (UserNotFound, ExportFailed, OSError)
    return run_on_stack(arguments, find, export, *failures, interrupted=interrupted)


def prepare(exports: Exports, user_id: str, pause: float = _POLL_SECONDS) -> Export:
    """Start an export, unless there is one of the last hour. Returns it when it is READY.

    Raises ExportFailed.
    """
    export = exports.request(user_id, {}, fresh=True)
    parts = 0
    while export.status == Status.PREPARING:
        if len(export.parts) > parts:
            parts = len(export.parts)
            print(f"prepared {parts} ZIP files so far", flush=True)
        time.sleep(pause)
        found = exports.find(user_id)
        if found is None or found.exportID != export.exportID:
            raise ExportFailed("the export was deleted or replaced; run this again")
        export = found
    if export.status == Status.FAILED:
        raise ExportFailed("the export failed: read the log of export_writer, then run this again")
    return export


def download(stack: DeployedStack, export: Export, folder: Path) -> None:
    """Download the ZIPs into a folder. A file has its name only when it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    s3, bucket = stack.client("s3"), stack.resources("AWS::S3::Bucket")["ExportsBucket"]
    for index, part in enumerate(export.parts):
        path = folder / export.file_name(index)
        unfinished = path.with_suffix(".part")
        s3.download_file(bucket, part.key, str(unfinished))
        unfinished.replace(path)
        print(f"{path}  {part.size:,} bytes", flush=True)


def _user_id(stack: DeployedStack, name: str) -> str:
    """The user's `sub`. Raises UserNotFound."""
    pool = stack.resources("AWS::Cognito::UserPool")["UserPool"]
    user = user_pool.find(stack.client("cognito-idp"), pool, name)
    if user is None:
        raise UserNotFound(f"there is no user {name}")
    return user.userID


def _exports(stack: DeployedStack) -> Exports:
    return Exports(
        stack.resources("AWS::DynamoDB::Table")["IdempotencyTable"],
        stack.resources("AWS::SQS::Queue")["ExportsQueue"],
        stack.client("dynamodb"),
        stack.client("sqs"),
    )


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser(
        "export",
        "Prepare the same ZIP files that users get on their Account page, and download "
        "them. The user, if connected, is told as well.",
        _EXAMPLES,
    )
    add = parser.add_argument
    add("name", help="the user name, the confirmed email address, or the sub")
    add("--sub", action="store_true", help="the name is the sub of a user who is not in the pool")
    add("--out", default=".", help="the folder for the ZIP files; default: this one")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
