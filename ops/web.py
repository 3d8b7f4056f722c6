"""Upload the web client to the bucket of its CloudFront distribution: `make web ENV=dev`."""

from __future__ import annotations

import argparse
import mimetypes
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.stack import ROOT, DeployedStack, find_stack
from ops.stack_command import run_on_stack
from project.web_client import PAGE, WORKER, served_files, settings

_CACHE_CONTROL = "no-cache"
"""Browsers may cache a file, but must ask whether it has changed, because the name of a file stays
the same in every version of the client."""


class WebClientNotDeployed(Exception):
    """The stack was deployed without the bucket for the web client."""


def main(argv: Sequence[str] | None = None) -> int:
    """Upload the client. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = _parse(argv)

    def upload(stack: DeployedStack) -> None:
        print(publish(stack, arguments.folder))

    return run_on_stack(arguments, find_stack, upload, WebClientNotDeployed)


def publish(stack: DeployedStack, folder: Path) -> str:
    """Upload the folder and a config.json, and delete all other files. Returns the client's URL."""
    outputs = stack.outputs
    if "WebBucket" not in outputs:
        raise WebClientNotDeployed(
            "the stack does not serve the web client: deploy it with the parameter Web=true"
        )
    bucket, s3 = outputs["WebBucket"], stack.client("s3")
    parameters = stack.parameters
    files = served_files(
        folder,
        settings(
            outputs.get("ApiDomainUrl", outputs["ApiUrl"]),
            search=parameters["Search"] != "none",
            scopes=parameters["ApiAuthorizer"] == "CognitoScopes",
            password_length=int(parameters["PasswordMinimumLength"]),
        ),
    )
    # The page is uploaded last but one, so that every file that it loads is there already, and the
    # service worker after it, so that it finds all files that it is to keep.
    for key in sorted(files, key=_upload_order):
        content_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=files[key],
            ContentType=content_type,
            CacheControl=_CACHE_CONTROL,
        )
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for key in (each["Key"] for each in page.get("Contents", []) if each["Key"] not in files):
            s3.delete_object(Bucket=bucket, Key=key)
    return outputs["WebUrl"]


def _upload_order(path: str) -> int:
    return [PAGE, WORKER].index(path) + 1 if path in (PAGE, WORKER) else 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make web",
        description="Upload the web client to a stack that was deployed with Web=true.",
    )
    add = parser.add_argument
    add("--folder", type=Path, default=ROOT / "web", help="the client; default: web")
    add("--stack", help="a stack on AWS; default: the stack of ENV")
    add("--region", help="the region of the stack; default: from your AWS configuration")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
