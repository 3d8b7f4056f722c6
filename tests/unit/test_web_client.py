"""The files of the web client, checked without a browser.

There is no build step, so nothing else finds a wrong path or name before a browser does.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common import user_names
from common.order_states import State
from project.template import ROOT
from project.web_client import served_files, without_comments

WEB = ROOT / "web"
REFUSING = (*(ROOT / "src" / "users").glob("*.py"), Path(user_names.__file__))

MAX_BYTES = 160_000
MAX_COMPRESSED_BYTES = 70_000
"""Of what customers load, without pictures and languages: see docs/web.md, "Size"."""
MAX_DESK_BYTES = 40_000
LOADED = (".js", ".css", ".html")

IMPORT = re.compile(r'^import\s+(?:(?:\{([^}]*)\}|(\S[^"]*?))\s+from\s+)?"([^"]+)";', re.MULTILINE)
LAZY_IMPORT = re.compile(r'\bimport\("([^"]+)"\)\.then\(\s*\(\{ ([\w, ]+) \}\)')
DECLARATION = re.compile(
    r"^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+(\w+)", re.MULTILINE
)
EXPORT_LIST = re.compile(r"\bexport\s*\{([^}]*)\}")
LINK = re.compile(r"""\b(?:href|src)="([^"]*)"|\burl\(["']?([^"')]*)""")
ICON_NAME = re.compile(r'(?:\bicon(?:=|: )|<\$\{Icon\} name=)"(\w+)"')
DETAIL = re.compile(r"(code|email|mfa|password|user|username): .*\w")
NOT_FROM_THE_CLIENT = {"username: missing, and email too"}  # its form requires both


def dangling(web: Path) -> Iterator[str]:
    """Find unresolved imports, links and names in a web client, and unused exports."""
    exports = {file: exported_names(file.read_text()) for file in web.rglob("*.js")}
    used: dict[Path, set[str]] = {file: set() for file in exports}
    for file in exports:
        for listed, default, target in imports(file.read_text()):
            place = f"{file.relative_to(web)} imports"
            module = (file.parent / target).resolve()
            if module not in exports:
                yield f"{place} {target}, which does not exist"
                continue
            if default:
                yield f"{place} {default} from {target}: import exported names in braces"
            imported = set(original_names(listed))
            used[module] |= imported
            for name in sorted(imported - exports[module]):
                yield f"{place} {name}, which {target} does not export"
    for file, names in exports.items():
        for name in sorted(names - used[file]):
            yield f"{file.relative_to(web)} exports {name}, which nothing imports"
    for file in (*web.rglob("*.js"), *web.rglob("*.html"), *web.rglob("*.css")):
        for target in links(file.read_text()):
            # Links in scripts and in index.html are relative to the page, which is at the top.
            base = file.parent if file.suffix == ".css" else web
            if not (base / target).is_file():
                yield f"{file.relative_to(web)} refers to {target}, which does not exist"
    icons = set(re.findall(r'id="(\w+)"', (web / "icons.svg").read_text()))
    for file in exports:
        for name in ICON_NAME.findall(file.read_text()):
            if name not in icons:
                yield f"{file.relative_to(web)} shows the icon {name}, which icons.svg lacks"


def imports(script: str) -> Iterator[tuple[str, str, str]]:
    """Find the names, the default and the path of each import, also of those on demand."""
    yield from IMPORT.findall(script)
    for target, names in LAZY_IMPORT.findall(script):
        yield names, "", target


def exported_names(script: str) -> set[str]:
    listed = [
        each.split(" as ")[-1].strip()
        for names in EXPORT_LIST.findall(script)
        for each in names.split(",")
    ]
    return {*DECLARATION.findall(script), *filter(None, listed)}


def original_names(names: str) -> list[str]:
    """Return the names that `{a, b as c}` imports, as the other module exports them."""
    return [each.split(" as ")[0].strip() for each in names.split(",") if each.strip()]


def links(text: str) -> list[str]:
    """Return the files that a text links to, without URLs of pages and values set at run time."""
    targets = [(link or url).partition("#")[0] for link, url in LINK.findall(text)]
    return [target for target in targets if target and "$" not in target and ":" not in target]


def test_every_import_link_and_icon_resolves() -> None:
    assert list(dangling(WEB)) == []


def edited(path: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(web: Path) -> None:
        text = (web / path).read_text()
        assert old in text, f"{path} does not contain {old!r}: update this test"
        (web / path).write_text(text.replace(old, new, 1))

    return edit


def removed(path: str) -> Callable[[Path], None]:
    return lambda web: (web / path).unlink()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sabotage", "expected"),
    [
        (removed("viewer.js"), "gallery.js imports ./viewer.js, which does not exist"),
        (
            edited("store.js", "export function onChange", "function onChange"),
            "app.js imports onChange, which ./store.js does not export",
        ),
        (
            edited("components.js", "export function Icon", "export function Symbol"),
            "pages/groups.js imports Icon, which ../components.js does not export",
        ),
        (
            edited("vendor/preact.js", "useRef", "useReference"),
            "components.js imports useRef, which ./vendor/preact.js does not export",
        ),
        (
            edited(
                "store.js",
                "export function store",
                "export const spare = 1;\nexport function store",
            ),
            "store.js exports spare, which nothing imports",
        ),
        (
            edited("app.js", "import { resume, start, user } from", "import user from"),
            "app.js imports user from ./session.js: import exported names in braces",
        ),
        (
            edited("app.js", "import {", 'import "./absent.js";\nimport {'),
            "app.js imports ./absent.js, which does not exist",
        ),
        (removed("desk/desk.js"), "pages/desk.js imports ../desk/desk.js, which does not exist"),
        (
            edited("desk/desk.js", "export function DeskPage", "export function Desk"),
            "pages/desk.js imports DeskPage, which ../desk/desk.js does not export",
        ),
        (removed("style.css"), "index.html refers to style.css, which does not exist"),
        (removed("app.js"), "index.html refers to app.js, which does not exist"),
        (removed("icon.svg"), "app.js refers to icon.svg, which does not exist"),
        (
            edited("style.css", "body {", "body { background: url(paper.png);"),
            "style.css refers to paper.png, which does not exist",
        ),
        (
            edited("icons.svg", 'id="bag"', 'id="sack"'),
            "app.js shows the icon bag, which icons.svg lacks",
        ),
    ],
)
def test_unresolved_imports_links_and_names_are_reported(
    sabotage: Callable[[Path], None], expected: str, tmp_path: Path
) -> None:
    web = Path(shutil.copytree(WEB, tmp_path / "web")).resolve()

    sabotage(web)

    assert expected in list(dangling(web))


def refusals(source: str) -> Iterator[str]:
    """Find the lines of error details that a module contains as they are."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and DETAIL.fullmatch(str(node.value)):
            yield str(node.value)


def refused() -> set[str]:
    """The lines with which the backend refuses something that a user has typed."""
    return {line for path in REFUSING for line in refusals(path.read_text())}


def test_the_refusals_of_the_backend_are_found() -> None:
    assert {user_names.MIXED, "code: wrong or expired", "user: disabled"} <= refused()


def test_every_page_that_follows_a_refusal_exists() -> None:
    table = (WEB / "refusals.js").read_text().partition("const PAGES = {")[2].partition("};")[0]
    following = set(re.findall(r'^  ".*": "([\w-]+)",$', table, re.MULTILINE))
    pages = (WEB / "pages" / "sign_in.js").read_text().partition("const PAGES = {")[2]

    assert following == set(re.findall(r'^  "?([\w-]+)"?: \w+,$', pages, re.MULTILINE))


def test_the_client_knows_every_state_of_an_order() -> None:
    """Which one may follow is not among what it knows: the API tells it with each order."""
    states = re.search(r"STATES = \[(.*)\];", (WEB / "order_states.js").read_text())

    assert states is not None
    assert re.findall(r'"(\w+)"', states[1]) == list(State)


def test_only_the_page_that_loads_the_desk_imports_its_code() -> None:
    lazy = {path for path in WEB.rglob("*.js") if LAZY_IMPORT.search(path.read_text())}
    importing = {
        path
        for path in WEB.rglob("*.js")
        for _, _, target in imports(path.read_text())
        if (path.parent / target).resolve().parent == WEB / "desk"
    }

    page = WEB / "pages" / "desk.js"
    assert lazy == {page, WEB / "language.js"}
    assert {path for path in importing if path.parent.name != "desk"} == {page}


def test_every_product_has_a_picture_and_a_picture_is_small() -> None:
    products = json.loads((WEB / "products.json").read_text())

    shown = {WEB / product["picture"] for product in products}
    assert shown == set((WEB / "products").iterdir())
    assert all(picture.stat().st_size < 1000 for picture in shown)


def test_the_client_is_small() -> None:
    files = {
        path: content
        for path, content in served_files(WEB, {}).items()
        if path.endswith(LOADED) and not path.startswith(("languages/", "desk/"))
    }

    sizes = {path: len(without_comments(path, (WEB / path).read_bytes())) for path in files}
    compressed = sum(len(gzip.compress(content)) for content in files.values())
    total = sum(sizes.values())
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert total <= MAX_BYTES, f"{total} bytes, at most {MAX_BYTES}; the largest files: {largest}"
    assert compressed <= MAX_COMPRESSED_BYTES, f"{compressed} bytes compressed; {largest}"


def test_the_desk_is_small() -> None:
    files = served_files(WEB, {})

    assert sum(len(files[path]) for path in files if path.startswith("desk/")) <= MAX_DESK_BYTES
