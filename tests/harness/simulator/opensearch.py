"""A fake of OpenSearch for the indexer: aliases, versions and injected faults.

It answers over HTTP on loopback. tests/search asks the real one the same.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

type Body = dict[str, Any]


class Trouble(Enum):
    """How requests fail."""

    DOWN = "refused before any effect"
    LOST = "done, and the answer lost: so it looks to who waits no longer"


class OpenSearch:
    """Indexes, their documents and aliases. A deleted document keeps its version."""

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}
        self.indexes: dict[str, dict[str, Body]] = {}
        self.trouble: Trouble | None = None
        self.poisonous: dict[str, tuple[int, str]] = {}
        """Status and error type for writes to the documents with these keys."""
        self.requests: list[str] = []
        self._versions: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def documents(self, alias: str = "storefront") -> dict[str, Body]:
        """Return the documents of an alias, by key."""
        return self.indexes[self.aliases[alias]]

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Body]:
        """Process a request. Returns status and body of the response."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            match method, path.strip("/").split("/"):
                case "POST", [alias, "_bulk"]:
                    return 200, {"items": list(self._bulk(alias, body.decode().splitlines()))}
                case "POST", [alias, "_search"]:
                    return self._search(alias, json.loads(body))
                case "PUT", [name]:
                    return self._create(name, json.loads(body))
                case "GET", ["_alias", alias] if alias in self.aliases:
                    return 200, {self.aliases[alias]: {"aliases": {alias: {}}}}
                case "GET", ["_alias", _]:
                    return 404, {"error": "alias missing", "status": 404}
        raise AssertionError(f"unexpected request: {method} {path}")

    def _search(self, alias: str, query: Body) -> tuple[int, Body]:
        """Return all documents that the caller may see; the words are ignored."""
        if alias not in self.aliases:
            return 404, {"error": {"type": "index_not_found_exception", "index": alias}}
        documents = self.indexes[self.aliases[alias]]
        if "should" in query["query"]["bool"]:
            return 200, {"hits": {"hits": list(_of_user(documents, query))}}
        callers = set(query["query"]["bool"]["filter"][0]["terms"]["visibleTo"])
        hits = [
            {"_source": document, "sort": [1.0, document["at"], key]}
            for key, document in documents.items()
            if callers.intersection(document["visibleTo"])
        ]
        return 200, {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": hits}}

    def _create(self, name: str, definition: Body) -> tuple[int, Body]:
        if name in self.indexes:
            return 400, {"error": {"type": "resource_already_exists_exception", "index": name}}
        if any(alias in self.aliases for alias in definition["aliases"]):
            return 500, {"error": {"type": "illegal_state_exception"}}
        self.indexes[name] = {}
        self.aliases |= dict.fromkeys(definition["aliases"], name)
        return 200, {"acknowledged": True, "index": name}

    def _bulk(self, alias: str, lines: list[str]) -> Iterator[Body]:
        rest = iter(lines)
        for line in rest:
            [(action, head)] = json.loads(line).items()
            document = None if action == "delete" else json.loads(next(rest))
            yield {action: {"_id": head["_id"], **self._write(alias, action, head, document)}}

    def _write(self, alias: str, action: str, head: Body, document: Body | None) -> Body:
        if alias not in self.aliases:
            error = {"type": "index_not_found_exception", "index": alias}
            return {"status": 404, "error": error}
        if action == "update":
            error = {"type": "document_missing_exception", "index": self.aliases[alias]}
            return {"status": 404, "error": error}
        key = head["_id"]
        if key in self.poisonous:
            status, kind = self.poisonous[key]
            return {"status": status, "error": {"type": kind}}
        index = self.aliases[alias]
        current = self._versions.get((index, key), 0)
        if current > head["version"]:
            given = f"is higher than the one provided [{head['version']}]"
            reason = f"[{key}]: version conflict, current version [{current}] {given}"
            kind = "version_conflict_engine_exception"
            error = {"type": kind, "index": index, "reason": reason}
            return {"status": 409, "error": error}
        self._versions[index, key] = head["version"]
        there = self.indexes[index].pop(key, None)
        if document is None:
            return {"status": 200 if there else 404, "result": "deleted" if there else "not_found"}
        self.indexes[index][key] = document
        return {"status": 200 if there else 201}


def _of_user(documents: dict[str, Body], query: Body) -> Iterator[Body]:
    """The page of a query for the documents of one user, as the erasure asks for them."""
    sub = query["query"]["bool"]["should"][0]["term"]["owner"]
    [after], left = query["search_after"], query["size"]
    for key, document in sorted(documents.items()):
        is_message = document["type"] == "message" and sub in document["visibleTo"]
        if left and key > after and (is_message or document.get("owner") == sub):
            left -= 1
            yield {"_id": key, "sort": [key]}


@contextmanager
def served() -> Iterator[tuple[OpenSearch, str]]:
    """Run an empty OpenSearch. Returns it with its URL."""
    engine = OpenSearch()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if engine.trouble is Trouble.DOWN:
                status, response = 503, b""
            else:
                status, content = engine.answer(self.command, self.path, body)
                response = json.dumps(content).encode()
            if engine.trouble is Trouble.LOST:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(response)))
            self.end_headers()
            self.wfile.write(response)

        do_GET = do_POST = do_PUT = _respond

        def log_message(self, *_: Any) -> None:
            """Keep the test output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield engine, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
