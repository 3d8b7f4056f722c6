"""make rename: one step renames the project in every file, and a second one takes it back."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ops.rename import __main__ as rename
from ops.rename.name import MAX_LENGTH, Name, Refused, replace
from project.template import ROOT
from tests.guides.checkout import Checkout

# One worker makes the copy for all of these tests, which takes long on a busy machine.
pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("rename"), pytest.mark.timeout(600)]

NEW = "Corner Store 24"

PRESENT = rename.current(ROOT)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy of the repository under its new name."""
    checkout = Checkout.make(tmp_path_factory.mktemp("renamed"))
    checkout.commit()
    assert rename.main([NEW], checkout.root) == 0
    return checkout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("stack_name = 'old-shop-dev'", "stack_name = 'corner-store-24-dev'"),
        ("old_shop = is_old_shop", "corner_store_24 = is_corner_store_24"),
        ("class OldShopError(Exception):", "class CornerStore24Error(Exception):"),
        ("Subject: Old Shop: new orders", "Subject: Corner Store 24: new orders"),
        ("otpauth://totp/Old%20Shop:ann", "otpauth://totp/Corner%20Store%2024:ann"),
        ("?secret=x&issuer=Old%20Shop", "?secret=x&issuer=Corner%20Store%2024"),
        ("extra == 'group-8-old-shop-sam'", "extra == 'group-15-corner-store-24-sam'"),
        ("Old Shop Box Camera", "Old Shop Box Camera"),
        ("an old shop", "an old shop"),
    ],
)
def test_each_form_of_the_name_is_replaced_by_the_same_form(before: str, after: str) -> None:
    text, _ = replace(before, Name("Old Shop"), Name(NEW), is_python=False)

    assert text == after


def test_a_name_of_one_word_is_told_apart_in_code_and_in_strings() -> None:
    code = 'shop = call(f"shop-dev {shop.name}", is_shop=True)  # shop'

    text, _ = replace(code, Name("Shop"), Name("Corner Store"), is_python=True)

    expected = 'corner_store = call(f"corner-store-dev {corner_store.name}", is_corner_store=True)'
    assert text == f"{expected}  # corner-store"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "use letters and digits"),
        ("Ann's Shop", "use letters and digits"),
        ("4 Seasons", "begin with a letter"),
        ("Two  Spaces", "single spaces"),
        ("Café", "use letters and digits"),
        ("Shop_1", "use letters and digits"),
        ("Shop-", "use letters and digits"),
        ("A" * (MAX_LENGTH + 1), "at most 30 characters"),
        ("sthree", "S3 reserves 'sthree-'"),
        ("Amzn S3 Demo", "S3 reserves 'amzn-s3-demo-'"),
    ],
)
def test_a_name_that_aws_does_not_accept_is_refused(
    name: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rename.main([name, "--dry-run"]) == 1

    assert reason in capsys.readouterr().err


def test_a_name_that_is_an_ordinary_word_of_the_project_is_refused() -> None:
    with pytest.raises(Refused, match=r"'Orders' already occurs in .* choose another name"):
        rename.rename(ROOT, Name("Orders"), dry_run=True)


def test_a_dry_run_lists_the_files_and_changes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = project(tmp_path)

    assert rename.main([NEW, "--dry-run"], checkout.root) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [["1", "README.md"], ["2", "shop.py"]]
    assert checkout.run("git", "status", "--porcelain").stdout == ""


def test_uncommitted_changes_are_not_mixed_with_a_rename(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = project(tmp_path)
    (checkout.root / "shop.py").write_text("changed = True\n")

    assert rename.main([NEW], checkout.root) == 1

    assert "commit or stash them first" in capsys.readouterr().err
    assert checkout.run("git", "diff", "--name-only").stdout == "shop.py\n"


def test_the_same_name_again_changes_nothing(
    renamed: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    before = renamed.run("git", "diff").stdout

    assert rename.main([NEW], renamed.root) == 0

    assert "already. Nothing was changed." in capsys.readouterr().out
    assert renamed.run("git", "diff").stdout == before


def test_only_the_copyright_and_the_history_keep_the_former_name(renamed: Checkout) -> None:
    found = renamed.run("git", "grep", "-ilI", PRESENT.slug, check=False).stdout.split()
    cameras = renamed.run("git", "grep", "-hiI", f"{PRESENT.text} Box Camera").stdout

    kept = {name for name in found if name not in ("LICENSE", "CHANGELOG.md")}
    for name in kept:
        text = (renamed.root / name).read_text()
        assert PRESENT.slug not in text.replace(f"{PRESENT.text} Box Camera", "").lower(), name
    assert cameras != ""


def test_the_lock_file_of_a_renamed_project_is_up_to_date(renamed: Checkout) -> None:
    uv = ROOT / ".local" / "uv" / "bin" / "uv"

    renamed.run(uv, "lock", "--check", "--offline")


def test_a_renamed_project_passes_the_linter(renamed: Checkout) -> None:
    renamed.tool("ruff", "format", "--check", ".")
    renamed.tool("ruff", "check", ".")


def test_a_renamed_project_passes_the_tests_of_its_names(renamed: Checkout) -> None:
    units = [f"tests/unit/test_{name}.py" for name in ("gateway", "orders_writer", "web_client")]

    renamed.run(sys.executable, "-m", "project.contract")
    renamed.run(sys.executable, "-m", "tests.template.snapshot")

    renamed.pytest("tests/template", *units)


def test_the_former_name_can_be_given_back(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path)
    checkout.commit()
    before = texts(checkout)
    rename.rename(checkout.root, Name(NEW))
    checkout.commit()

    rename.rename(checkout.root, PRESENT)

    after = texts(checkout)
    assert [name for name in before if after[name] != before[name]] == []


def texts(checkout: Checkout) -> dict[str, str]:
    """Return the files that a rename treats as text, without the layout, which a name can change.

    The tests of the guides contain the new name as an example.
    """
    return {
        name: re.sub(r",([)\]}])", r"\1", "".join(text.split()))
        for name, text in rename.tracked_texts(checkout.root).items()
        if not name.startswith("tests/guides/")
    }


def project(root: Path) -> Checkout:
    """A project of two files, which is called Old Shop."""
    (root / "README.md").write_text("# Old Shop\n")
    (root / "shop.py").write_text('NAME, STACK = "Old Shop", "old-shop"\n')
    checkout = Checkout(root)
    checkout.commit()
    return checkout
