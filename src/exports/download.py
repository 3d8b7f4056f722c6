"""An export as the API shows it, with presigned URLs of its ZIPs."""

from __future__ import annotations

from typing import Any

from common import aws
from common.dynamodb import items
from common.export import Export, Status

DOWNLOAD_SECONDS = 900


def to_json(export: Export) -> dict[str, Any]:
    """The export without internal fields. Only a READY one has `parts`."""
    shown: dict[str, Any] = {
        "status": export.status,
        "startedAt": items.timestamp_of(export.startedAt),
    }
    match export.status:
        case Status.READY:
            shown |= {
                "preparedAt": items.timestamp_of(export.changedAt),
                "expiresIn": DOWNLOAD_SECONDS,
                "parts": [_part(export, number) for number in range(len(export.parts))],
            }
        case Status.FAILED:
            shown |= {"reason": export.reason}
    return shown


def _part(export: Export, index: int) -> dict[str, Any]:
    part = export.parts[index]
    name = export.file_name(index)
    # `attachment` lets a browser save the file instead of opening it, and `no-store` keeps personal
    # data out of caches.
    url = aws.s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": aws.env("EXPORTS_BUCKET"),
            "Key": part.key,
            "ResponseContentType": "application/zip",
            "ResponseCacheControl": "no-store",
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=DOWNLOAD_SECONDS,
    )
    return {"name": name, "size": part.size, "url": url}
