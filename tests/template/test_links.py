"""The links between the pages of the documentation lead somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from project.template import ROOT
from tests.template.markdown import anchors, leads_somewhere, relative_links

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = [link for link in relative_links(page.read_text()) if not leads_somewhere(page, link)]

    assert broken == []


@pytest.mark.parametrize(
    "link", ["gone.md", "other.md#gone", "#gone", "../outside.md", "other.md#in-a-code-block"]
)
def test_a_broken_link_is_found(link: str, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n\n```\n# In a code block\n```\n")
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\nRead [this]({link}).\n")

    broken = [each for each in relative_links(page.read_text()) if not leads_somewhere(page, each)]

    assert broken == [link]


def test_links_in_code_and_to_other_sites_are_ignored() -> None:
    text = "`[a](a.md)` [b](https://example.com) [c](c.md)\n\n```\n[d](d.md)\n```\n\n![e](e.svg)"

    assert list(relative_links(text)) == ["c.md", "e.svg"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("bravoCharlieDelta", "bravocharliedelta"),
        ("heading with a - dash", "heading-with-a---dash"),
        ("heading with an _ underscore", "heading-with-an-_-underscore"),
        ("apostrophe’s should be trimmed", "apostrophes-should-be-trimmed"),
        ("em–dash", "emdash"),
        ("I ♥ unicode", "i--unicode"),
        ("Профили пользователей", "профили-пользователей"),
        (
            "`exchange.bind_headers(exchange, routing [, bindCallback])`",
            "exchangebind_headersexchange-routing--bindcallback",
        ),
    ],
)
def test_a_heading_has_the_anchor_that_github_gives_it(heading: str, anchor: str) -> None:
    """The pairs are from github-slugger's fixtures, which were recorded from GitHub."""
    assert list(anchors(f"## {heading}\n")) == [anchor]


def test_headings_with_the_same_text_have_numbered_anchors() -> None:
    assert list(anchors("# golf\n\n# golf\n\n# golf\n")) == ["golf", "golf-1", "golf-2"]
