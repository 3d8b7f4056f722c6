"""The words of the web client: one file per language, and nothing in the pages themselves."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.order_states import State
from tests.unit.test_web_client import DETAIL, NOT_FROM_THE_CLIENT, WEB, edited, refused

SECTION = re.compile(r"^  (\w+): \{\n(.*?)^  \},", re.MULTILINE | re.DOTALL)
KEY = re.compile(r'^    (?:"([^"]+)"|(\w+)):(?:\s+\(([^)]*)\) =>)?', re.MULTILINE)
USE = re.compile(r"\bwords\.(\w+)(?:\.(\w+))?")
"""A use without a key, such as `words.states[state]`, may use every key of its section."""

ATTRIBUTES = ("aria-label", "label", "title", "hint", "placeholder", "text", "submit", "alt")
LITERAL = rf"""(?<![a-z])(?:{"|".join(ATTRIBUTES)})="[^"$]*[A-Za-z]{{2}}"""
OWN_WORDS = re.compile(rf"{LITERAL}|(?<!=)>\s*[A-Za-z][a-z]+[^<>${{}}()=;`]*<")
BRAND = ">Storefront<"

type Words = dict[str, dict[str, str]]
"""By section and key, what the functions among them expect."""


def words_of(web: Path, language: str) -> Words:
    text = (web / "languages" / f"{language}.js").read_text()
    return {
        section: {quoted or name: expected for quoted, name, expected in KEY.findall(body)}
        for section, body in SECTION.findall(text)
    }


def languages(web: Path) -> list[str]:
    return sorted(file.stem for file in (web / "languages").iterdir())


def pages(web: Path) -> Iterator[tuple[str, str]]:
    for file in web.rglob("*.js"):
        if file.parent.name not in ("languages", "vendor"):
            yield str(file.relative_to(web)), file.read_text()


def problems(web: Path) -> Iterator[str]:
    """Find words that are missing, unused, not in every language, or not in a language's file."""
    english = words_of(web, "en")
    known = {(section, key) for section, keys in english.items() for key in keys}
    for language in languages(web):
        words = words_of(web, language)
        found = {(section, key) for section, keys in words.items() for key in keys}
        for section, key in sorted(known - found):
            yield f"{language}.js lacks {section}.{key}"
        for section, key in sorted(found - known):
            yield f"{language}.js has {section}.{key}, which en.js lacks"
        for section, key in sorted(known & found):
            if words[section][key] != english[section][key]:
                yield f"{language}.js: {section}.{key} has other parameters than in en.js"
    used: set[tuple[str, str]] = set()
    for name, text in pages(web):
        for section, key in USE.findall(text):
            if key and (section, key) not in known:
                yield f"{name} uses words.{section}.{key}, which en.js lacks"
            used |= {(section, key)} if key else {each for each in known if each[0] == section}
        for own in OWN_WORDS.findall(text):
            if own != BRAND:
                yield f"{name} has words of its own: {own}"
    for section, key in sorted(known - used):
        yield f"en.js has {section}.{key}, which no page uses"


def test_every_word_is_in_every_language_and_used() -> None:
    assert list(problems(WEB)) == []


@pytest.mark.parametrize(
    ("sabotage", "expected"),
    [
        (
            edited("languages/de.js", '    skip: "Zum Inhalt springen",\n', ""),
            "de.js lacks app.skip",
        ),
        (
            edited("languages/de.js", "    skip:", '    jump: "Springen",\n    skip:'),
            "de.js has app.jump, which en.js lacks",
        ),
        (
            edited("languages/de.js", "showMore: (things)", "showMore: ()"),
            "de.js: common.showMore has other parameters than in en.js",
        ),
        (
            edited("app.js", "words.app.skip", "words.app.jump"),
            "app.js uses words.app.jump, which en.js lacks",
        ),
        (
            edited("app.js", "${words.app.skip}", ""),
            "en.js has app.skip, which no page uses",
        ),
        (
            edited("app.js", "${words.app.skip}", "Skip to content"),
            "app.js has words of its own: >Skip to content<",
        ),
        (
            edited("app.js", "aria-label=${words.app.navigation}", 'aria-label="Main"'),
            'app.js has words of its own: aria-label="Main',
        ),
    ],
)
def test_missing_unused_and_scattered_words_are_reported(
    sabotage: Callable[[Path], None], expected: str, tmp_path: Path
) -> None:
    web = Path(shutil.copytree(WEB, tmp_path / "web"))

    sabotage(web)

    assert expected in list(problems(web))


def test_every_language_can_be_chosen() -> None:
    script = (WEB / "language.js").read_text()
    offered = re.search(r"LANGUAGES = \{ (.*) \};", script)

    assert offered is not None
    assert sorted(re.findall(r"(\w+): ", offered[1])) == languages(WEB) == ["de", "en"]
    for language in languages(WEB):
        assert f'import("./languages/{language}.js")' in script


def test_the_client_has_words_for_every_refusal_and_for_no_others() -> None:
    policy = "password: Password did not conform with policy: "
    explained = {
        line
        for line in words_of(WEB, "en")["refusals"]
        if not line.startswith(policy) or line == policy
    }

    assert refused() - NOT_FROM_THE_CLIENT == set(filter(DETAIL.fullmatch, explained))


def test_every_state_and_every_page_has_a_name() -> None:
    words = words_of(WEB, "en")

    assert list(words["states"]) == list(State)
    assert list(words["verbs"]) == list(State)[1:]
    assert set(words["tabs"]) == set(re.findall(r'path: "(\w+)"', (WEB / "app.js").read_text()))


def test_every_reason_for_which_a_session_ends_is_explained() -> None:
    session = (WEB / "session.js").read_text()

    reasons = set(re.findall(r'"((?:signed|password|account|session)-[a-z-]+)"', session))
    assert set(words_of(WEB, "en")["ended"]) == reasons
