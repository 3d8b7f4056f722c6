"""A file that is uploaded to S3 while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

REQUEST_BYTES = 8 * 1024 * 1024
"""The memory that it takes. S3 requires at least 5 MiB, except for the last of 10,000 requests."""


class Upload:
    """A multipart upload. It can be written and has no position, so `zipfile` writes a stream."""

    def __init__(self, s3: S3Client, bucket: str, key: str) -> None:
        self._s3 = s3
        self._object: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._object["UploadId"] = s3.create_multipart_upload(**self._object)["UploadId"]
        self._buffer = bytearray()
        self._parts: list[CompletedPartTypeDef] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._buffer += data
        self.size += len(data)
        while len(self._buffer) >= REQUEST_BYTES:
            self._send(bytes(self._buffer[:REQUEST_BYTES]))
            del self._buffer[:REQUEST_BYTES]
        return len(data)

    def flush(self) -> None:
        """Nothing, because only the last request can be a small one."""

    def complete(self) -> None:
        self._send(bytes(self._buffer))
        self._s3.complete_multipart_upload(**self._object, MultipartUpload={"Parts": self._parts})

    def abort(self) -> None:
        self._s3.abort_multipart_upload(**self._object)

    def _send(self, data: bytes) -> None:
        number = len(self._parts) + 1
        sent = self._s3.upload_part(**self._object, PartNumber=number, Body=data)
        self._parts.append({"ETag": sent["ETag"], "PartNumber": number})


@contextmanager
def uploading(s3: S3Client, bucket: str, key: str) -> Iterator[Upload]:
    """An upload that is complete after the `with` block. If anything fails, it leaves no object.

    If not even that succeeds, the bucket's lifecycle deletes what was sent.
    """
    upload = Upload(s3, bucket, key)
    try:
        yield upload
        upload.complete()
    except BaseException:
        upload.abort()
        raise
