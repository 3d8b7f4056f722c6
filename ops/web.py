"""Put the web client where its distribution finds it: `make web ENV=dev`."""

from __future__ import annotations

import argparse
import json
import mimetypes
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import ROOT, NoStack, Stack, find_stack

_CACHE_CONTROL = "no-cache"
"""Kept, but asked for anew: files keep their names, and a new version must count at once."""


class NoWeb(Exception):
    """The stack serves no web client."""


def main(argv: Sequence[str] | None = None) -> int:
    """Upload the client. 0: done; 1: refused, no such stack, or none that serves it."""
    arguments = _parse(argv)
    try:
        stack = find_stack(arguments.stack, arguments.region)
        print(stack.place)
        print(publish(stack, arguments.folder))
    except (NoStack, NoWeb, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def publish(stack: Stack, folder: Path) -> str:
    """Make the bucket hold the folder and the stack's config.json, and answer the address."""
    outputs = stack.outputs
    if "WebBucket" not in outputs:
        raise NoWeb("deploy with the parameter Web=true first")
    bucket, s3 = outputs["WebBucket"], stack.client("s3")
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    finds = stack.parameters["Search"] != "none"
    files["config.json"] = json.dumps({"apiUrl": outputs["ApiUrl"], "search": finds}).encode()
    # The page comes last: what it asks for is there then.
    for key in sorted(files, key="index.html".__eq__):
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


def _parse(argv: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="make web", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "web")
    parser.add_argument("--stack", help="another stack than that of ENV")
    parser.add_argument("--region", help="where it is, if not where the credentials say")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
