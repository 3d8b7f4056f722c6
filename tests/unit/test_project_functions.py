"""The test harness: it loads every function with its own modules."""

from __future__ import annotations

from pathlib import Path

from project import functions


def function(folder: Path, limit: int) -> Path:
    """Create a function whose `app` imports its own module and package."""
    (folder / "rules").mkdir(parents=True)
    (folder / "app.py").write_text("from limits import LIMIT\nfrom rules.names import NAME\n")
    (folder / "limits.py").write_text(f"LIMIT = {limit}\n")
    (folder / "rules" / "__init__.py").write_text("")
    (folder / "rules" / "names.py").write_text(f"NAME = '{folder.name}'\n")
    return folder


def test_two_functions_with_modules_of_the_same_name_have_their_own(tmp_path: Path) -> None:
    first, second = function(tmp_path / "first", 1), function(tmp_path / "second", 2)

    apps = [functions.load(folder)["app"] for folder in (first, second, first)]

    assert [app.LIMIT for app in apps] == [1, 2, 1]
    assert [app.NAME for app in apps] == ["first", "second", "first"]


def test_clients_of_a_function_are_forgotten_after_another_one_is_loaded(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        (folder / "app.py").write_text("from functools import cache\nmade = cache(object)\n")
    first, second = (functions.load(folder)["app"] for folder in folders)
    clients = first.made(), second.made()

    functions.forget_clients()

    assert first.made() is not clients[0]
    assert second.made() is not clients[1]
