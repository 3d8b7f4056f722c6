"""AWS and OpenSearch with prepared answers, in the process of the tests.

Their own memory does not count as that of a function.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePath
from typing import Any
from urllib.parse import parse_qs

type Answer = bytes | Callable[[bytes], bytes]
"""A body, or what makes it of the request's body."""


@contextmanager
def answering(answers: Mapping[str, Answer]) -> Iterator[str]:
    """Serve the answers by operation, or else nothing. Yields the URL.

    An operation is one of AWS (`Query`), of OpenSearch (`_bulk`), or the method of a request to S3
    with the suffix of the key, if it has one (`GET`, `GET.json`).
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            default = b"{}" if "X-Amz-Target" in self.headers else b""  # JSON, or S3's XML
            found = answers.get(self.operation(body), default)
            sent = found if isinstance(found, bytes) else found(body)
            self.send_response(200)
            self.send_header("Content-Length", str(len(sent)))
            self.send_header("ETag", '"a tag"')  # for parts of an upload to S3
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # names of the base class

        def handle_expect_100(self) -> bool:
            """Answer at once. The SDK would wait for a second before it sends a body to S3."""
            is_handled = super().handle_expect_100()
            self.wfile.flush()
            return is_handled

        def operation(self, body: bytes) -> str:
            if target := self.headers.get("X-Amz-Target"):
                return target.rpartition(".")[2]
            if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
                return parse_qs(body.decode())["Action"][0]
            last = PurePath(self.path.partition("?")[0]).name
            return last if last.startswith("_") else self.command + PurePath(last).suffix

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64  # a function opens its connections at the same time

        def handle_error(self, *_: Any) -> None:
            """The process ends without closing its connections."""

    server = Server(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def items_answer(name: str, items: list[dict[str, Any]]) -> bytes:
    """DynamoDB's answer with these items: as many as it puts in one page of 1 MB."""
    page: list[dict[str, Any]] = []
    size = 0
    for item in items:
        size += _size(item)
        if size > 1024 * 1024:
            break
        page.append(item)
    more = {"LastEvaluatedKey": page[-1]} if len(page) < len(items) else {}
    return json.dumps({name: page, "Count": len(page), **more}, ensure_ascii=False).encode()


def _size(value: Any) -> int:
    """The bytes of an item as DynamoDB counts them: of its names and texts in UTF-8."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + _size(each) for name, each in value.items())
    return len(str(value).encode())
