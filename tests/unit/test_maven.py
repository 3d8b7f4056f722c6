"""Jars are those that the lock names, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from project.commands import CommandFailed
from project.maven import LOCK, digests, verify
from project.template import ROOT


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    """Two jars, and the lock of a pom.xml that names them."""
    folder = tmp_path / "jars"
    folder.mkdir()
    for name in ("a.jar", "b.jar"):
        (folder / name).write_text(name)
    (tmp_path / LOCK).write_text("\n".join(digests(folder)) + "\n")
    return folder


def change(jars: Path) -> None:
    (jars / "b.jar").write_text("another")


def add(jars: Path) -> None:
    (jars / "b-1.jar").write_text("b")


def remove(jars: Path) -> None:
    (jars / "b.jar").unlink()


def test_the_locked_jars_are_accepted(jars: Path) -> None:
    verify(jars, jars.with_name("pom.xml"))


@pytest.mark.parametrize("attack", [change, add, remove])
def test_other_jars_are_refused_by_their_names(jars: Path, attack: object) -> None:
    assert callable(attack)
    attack(jars)

    with pytest.raises(CommandFailed, match=r"not the jars that .*: b(-1)?\.jar; if"):
        verify(jars, jars.with_name("pom.xml"))


def test_every_pom_has_a_lock() -> None:
    poms = [*ROOT.glob("local/*/pom.xml"), *ROOT.glob("tests/*/pom.xml")]

    assert poms
    assert [pom for pom in poms if not pom.with_name(LOCK).exists()] == []
