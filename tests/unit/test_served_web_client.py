"""What is added to the web client's files when they are served, and how they are sent."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from project.template import ROOT
from project.web_client import PAGE, SETTINGS, WORKER, modules, served_files
from tests.harness.edge import Edge

WEB = ROOT / "web"


def test_the_page_names_every_module_that_a_start_loads_and_none_of_the_desk() -> None:
    files = served_files(WEB, {})

    named = re.findall(r'rel="modulepreload" href="([^"]+)"', files[PAGE].decode())

    assert named == modules(files)
    assert {"app.js", "pages/orders.js", "vendor/preact.js", "store.js"} <= set(named)
    assert not [each for each in named if each.startswith("desk/")]


def test_modules_are_found_through_folders_and_once_each() -> None:
    files = {
        "app.js": b'import "./pages/one.js";\nimport { a } from "./a.js";\nimport("./late.js");',
        "pages/one.js": b'import {\n  a,\n} from "../a.js";\nimport b from "./two.js";',
        "pages/two.js": b"",
        "a.js": b"",
        "late.js": b"",
    }

    assert modules(files) == ["app.js", "pages/one.js", "a.js", "pages/two.js"]


def test_files_are_served_line_by_line_without_comments_and_indentation(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("/** A\n * b. */\n  a(); // why\n\n  // c\n  b('http://c');\n")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "a.js").write_text("/* a licence */\n")

    files = served_files(tmp_path, {})

    assert files["a.js"] == b"\n\na();\n\n\nb('http://c');\n"
    assert files["vendor/a.js"] == b"/* a licence */\n"


SCRIPTS = [file for file in sorted(WEB.rglob("*.js")) if file.parent.name != "vendor"]


@pytest.mark.slow
@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_what_is_left_out_is_nothing_but_comments(file: Path) -> None:
    path = file.relative_to(WEB).as_posix()
    served = served_files(WEB, {})[path].decode().split("\n")

    for line, left in zip(file.read_text().split("\n"), served[-line_count(file) :], strict=True):
        rest = line.strip().removeprefix(left)
        assert rest == "" or rest.lstrip().startswith(("//", "/*", "*")), line
        assert left.count("`") % 2 == line.count("`") % 2 or "//" in rest, line


def line_count(file: Path) -> int:
    return file.read_text().count("\n") + 1


@pytest.mark.parametrize("changed", ["style.css", "desk/desk.js", PAGE, WORKER])
def test_the_version_changes_with_every_file(changed: str, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    for name in ("style.css", "desk/desk.js", PAGE, WORKER):
        (tmp_path / name).write_text("<head></head>")
    before = served_files(tmp_path, {})

    (tmp_path / changed).write_text("<head></head>.")
    after = served_files(tmp_path, {})

    assert before[PAGE] != after[PAGE]
    assert before[WORKER] != after[WORKER]


def test_the_version_changes_with_the_settings() -> None:
    assert served_files(WEB, {"search": True})[PAGE] != served_files(WEB, {})[PAGE]


def test_the_worker_knows_the_digest_of_each_file_as_it_is_served() -> None:
    files = served_files(WEB, {"apiUrl": ""})
    known = re.search(rb"^const FILES = (.*);$", files[WORKER], re.MULTILINE)
    assert known is not None

    digests = json.loads(known[1])

    assert {PAGE, SETTINGS, "app.js", "style.css", "icons.svg"} <= digests.keys()
    assert WORKER not in digests
    for path, digest in digests.items():
        assert hashlib.sha256(files[path]).hexdigest() == digest


def test_the_page_and_the_worker_have_the_same_version() -> None:
    files = served_files(WEB, {})
    found = re.search(r'const VERSION = "(\w+)"', files[WORKER].decode())

    assert found is not None
    assert f'<meta name="version" content="{found[1]}">' in files[PAGE].decode()


def test_every_icon_of_the_manifest_exists() -> None:
    manifest = json.loads((WEB / "manifest.webmanifest").read_text())

    icons = {each["src"]: (WEB / each["src"]).stat().st_size for each in manifest["icons"]}

    assert all(0 < size < 10_000 for size in icons.values()), icons
    assert {each.get("purpose") for each in manifest["icons"]} == {None, "maskable"}


@pytest.mark.asyncio
async def test_texts_are_compressed_for_browsers_that_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("a { color: red }\n" * 100)
    (tmp_path / "small.css").write_text("a {}")

    async with Edge(web_folder=tmp_path) as edge:
        plain = await edge.call("GET", "/style.css", headers={"Accept-Encoding": "identity"})
        packed = await edge.call("GET", "/style.css", headers={"Accept-Encoding": "br, gzip"})
        small = await edge.call("GET", "/small.css", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in small.headers
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert len(gzip.compress(plain.text.encode())) < 200


@pytest.mark.asyncio
async def test_a_file_is_sent_again_only_if_it_has_changed(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("a {}")

    async with Edge(web_folder=tmp_path) as edge:
        first = await edge.call("GET", "/style.css")
        known = {"If-None-Match": first.headers["Etag"]}
        same = await edge.call("GET", "/style.css", headers=known)
        (tmp_path / "style.css").write_text("b {}")
        changed = await edge.call("GET", "/style.css", headers=known)

    assert (first.status, same.status, changed.status) == (200, 304, 200)
    assert changed.text == "b {}"
