"""The web client as it is served: its files, its settings, and what makes its start quick.

The local gateway and `make web` both serve these files. There is no build: a file is served as it
is in the folder, line by line, but without comments and indentation. The page also learns which
files to load, and the service worker which files to keep.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

PAGE, WORKER, SETTINGS = "index.html", "sw.js", "config.json"

_START = "app.js"
_IMPORT = re.compile(r'^import\s+(?:[^";]*?\s+from\s+)?"([^"]+)";', re.MULTILINE)

# What a start without a connection needs. The desk is loaded on demand, and pictures can be large.
_KEPT = {".css", ".html", ".js", ".json", ".svg"}
_NOT_KEPT = ("desk/", WORKER)

_HAS_COMMENTS = {".css", ".html", ".js"}
_VENDORED = "vendor/"  # served with the licences in its comments
_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*$", re.DOTALL | re.MULTILINE)
_LINE_COMMENT = re.compile(r"(?:^[ \t]*|(?<=[;,{}]) )//.*$", re.MULTILINE)


def settings(
    api_url: str, *, search: bool, scopes: bool, password_length: int
) -> dict[str, str | bool | int]:
    """Return what the client must know about its deployment."""
    return {
        "apiUrl": api_url,
        "token": "accessToken" if scopes else "idToken",
        "search": search,
        "passwordLength": password_length,
    }


def served_files(folder: Path, settings: Mapping[str, object]) -> dict[str, bytes]:
    """Return the contents of all files by their path."""
    files = {
        path: without_comments(path, file.read_bytes())
        for file in sorted(folder.rglob("*"))
        if file.is_file() and (path := file.relative_to(folder).as_posix())
    }
    files[SETTINGS] = json.dumps(settings).encode()
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path} {_sha256(content)}\n".encode())
    version = digest.hexdigest()[:16]
    if PAGE in files:
        files[PAGE] = _page(files, version)
    if WORKER in files:
        files[WORKER] = _worker(files, version)
    return files


def without_comments(path: str, content: bytes) -> bytes:
    """Return a file of the client with the same lines, so that errors name the right ones."""
    if PurePosixPath(path).suffix not in _HAS_COMMENTS or path.startswith(_VENDORED):
        return content
    text = _BLOCK_COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), content.decode())
    return "\n".join(map(str.strip, _LINE_COMMENT.sub("", text).split("\n"))).encode()


def modules(files: Mapping[str, bytes], start: str = _START) -> list[str]:
    """Return the modules that a module loads at once, itself among them."""
    found = [start] if start in files else []
    for path in found:
        found += [each for each in _imports(files, path) if each not in found]
    return found


def _imports(files: Mapping[str, bytes], path: str) -> Iterator[str]:
    for target in _IMPORT.findall(files[path].decode()):
        parts: list[str] = []
        for part in (PurePosixPath(path).parent / target).parts:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        if (found := "/".join(parts)) in files:
            yield found


def _page(files: Mapping[str, bytes], version: str) -> bytes:
    """Return the page with links, so that the browser does not wait for a module to find more."""
    links = [
        f'<meta name="version" content="{version}">',
        f'<link rel="preload" href="{SETTINGS}" as="fetch" crossorigin>',
        *(f'<link rel="modulepreload" href="{each}">' for each in modules(files)),
    ]
    return files[PAGE].replace(b"</head>", "\n    ".join(["", *links, "</head>"]).encode())


def _worker(files: Mapping[str, bytes], version: str) -> bytes:
    """Return the service worker with the version, and with the digests of the files to keep."""
    kept = {
        path: _sha256(content)
        for path, content in files.items()
        if PurePosixPath(path).suffix in _KEPT and not path.startswith(_NOT_KEPT)
    }
    known = f'const VERSION = "{version}";\nconst FILES = {json.dumps(kept)};\n'
    return known.encode() + files[WORKER]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
