"""The `pre_sign_up` function: which names people can register, and which names look alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws, user_names
from project import functions
from project.fake_aws import items, tables
from tests.harness.observability import Log

NameRefused: type[Exception] = functions.function("pre_sign_up").NameRefused
REGISTRATION_SECONDS: int = functions.module("pre_sign_up", "name_claims").REGISTRATION_SECONDS

CYRILLIC_A, DOTLESS_I, ACUTE, RING = "\u0430", "\u0131", "\u0301", "\u030a"


class Clock:
    """The time, which passes only if a test says so."""

    now = 1_772_366_400.0

    def pass_until_registered(self) -> None:
        """Let so much time pass that Cognito has created a user, or never will."""
        self.now += REGISTRATION_SECONDS


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.now)
    return clock


@pytest.fixture(autouse=True)
def pool() -> Iterator[str]:
    """The user pool, which has no users yet."""
    with tables("UserNamesTable"):
        created = aws.cognito().create_user_pool(
            PoolName="pool", UsernameConfiguration={"CaseSensitive": False}
        )
        yield created["UserPool"]["Id"]


@pytest.fixture
def sign_up(pool: str) -> Any:
    """Let a person register a name, as far as the trigger."""

    def sign_up(name: str, case: str = "sign_up") -> Any:
        event = functions.event("pre_sign_up", case) | {"userPoolId": pool, "userName": name}
        return functions.function("pre_sign_up").handler(event, functions.context("pre_sign_up"))

    return sign_up


@pytest.fixture
def register(pool: str, sign_up: Any, clock: Clock) -> Any:
    """Let a person register a name, so that a user has it."""

    def register(name: str, case: str = "sign_up") -> None:
        sign_up(name, case)
        aws.cognito().admin_create_user(UserPoolId=pool, Username=name)
        clock.pass_until_registered()

    return register


def refusal(sign_up: Any, name: str) -> str:
    """Return the text of the error that refuses a name."""
    with pytest.raises(NameRefused) as refused:
        sign_up(name)
    return str(refused.value)


def test_a_trigger_returns_its_event_so_that_cognito_creates_the_user(sign_up: Any) -> None:
    event = sign_up("ada")

    assert event["response"] == functions.event("pre_sign_up", "sign_up")["response"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ada",
            "Ada",
            "ada-lovelace_1815",
            "o'brien",
            "x",
            "7d8ca528",
            "100%",
            "💡",
        ),
        *(
            "zoë",
            "Иван",
            "Ελένη",
            "שרה",
            "محمد",
            "अदिति",
            "김철수",
            "王小明",
            "ひろ7カナ漢字",
            "ada漢",
        ),
        pytest.param("x" * 128, id="the longest name"),
        pytest.param("\ucb8a" * 128, id="the longest skeleton"),
    ],
)
def test_names_of_one_writing_system_can_be_registered(sign_up: Any, name: str) -> None:
    assert sign_up(name)["userName"] == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((name, user_names.CHARACTER) for name in ("a da", "ada\n", "a\x00da", "a\u200bda")),
        *((name, user_names.CHARACTER) for name in ("\u202eada", "a\u00adda", "\ue000", "a\u0378")),
        *((name, user_names.INVISIBLE) for name in ("ada\ufe0f", "a\u034fda", "\u115f", "\u2800")),
        *((name, user_names.MARK) for name in (f"{RING}ada", f"x{RING}{ACUTE}{RING}da")),
        *((name, user_names.NOT_NORMALIZED) for name in (f"zoe{ACUTE}", "ａｄａ", "ﬁona", "ada²")),
        *((name, user_names.MIXED) for name in (f"p{CYRILLIC_A}ypal", "adaα", "ада1ada", "漢ёж")),
    ],
)
def test_a_name_that_people_cannot_tell_apart_from_another_is_refused(
    sign_up: Any, name: str, reason: str
) -> None:
    """fault 59"""
    assert refusal(sign_up, name) == reason
    assert items("UserNamesTable") == []


@pytest.mark.parametrize(
    ("existing", "name"),
    [
        ("paypal", "paypa1"),
        ("lan", "Ian"),
        ("Ian", "1an"),
        ("bob", "b0b"),
        ("marna", "mama"),
        ("ian", f"{DOTLESS_I}an"),
        ("coco", "\u0441\u043e\u0441\u043e"),  # Cyrillic letters only
        ("BOBO", "\u0412\u041e\u0412\u041e"),
        ("o'brien", "o\u2019brien"),
    ],
)
def test_a_name_that_looks_like_an_existing_one_is_refused(
    sign_up: Any, register: Any, existing: str, name: str
) -> None:
    """fault 59"""
    register(existing)

    assert refusal(sign_up, name) == user_names.TOO_SIMILAR


@pytest.mark.parametrize(("one", "another"), [("ada", "adam"), ("zoe", "zoë"), ("user1", "user2")])
def test_names_that_people_can_tell_apart_are_two_names(
    sign_up: Any, register: Any, one: str, another: str
) -> None:
    register(one)

    assert sign_up(another)


def test_a_repeated_call_of_the_trigger_succeeds(sign_up: Any) -> None:
    """Cognito calls a trigger again if it does not answer within 5 s."""
    sign_up("ada")

    assert sign_up("ada")
    assert len(items("UserNamesTable")) == 1


def test_of_two_similar_names_that_are_registered_at_the_same_time_one_is_refused(
    sign_up: Any,
) -> None:
    """fault 59"""
    sign_up("bob")  # Cognito has not created the user yet

    assert refusal(sign_up, "b0b") == user_names.TOO_SIMILAR


def test_the_name_of_a_registration_that_failed_is_free_after_a_minute(
    sign_up: Any, clock: Clock
) -> None:
    sign_up("bob")
    clock.pass_until_registered()

    sign_up("b0b")
    clock.pass_until_registered()

    assert [item["username"]["S"] for item in items("UserNamesTable")] == ["b0b"]


def test_a_name_is_free_after_the_user_with_a_similar_one_is_deleted(
    sign_up: Any, register: Any, pool: str
) -> None:
    register("bob")
    aws.cognito().admin_delete_user(UserPoolId=pool, Username="bob")

    assert sign_up("b0b")
    assert refusal(sign_up, "bob") == user_names.TOO_SIMILAR


def test_of_two_names_that_replace_the_same_claim_at_the_same_time_one_is_refused(
    sign_up: Any, clock: Clock
) -> None:
    """fault 59"""
    sign_up("lan")
    clock.pass_until_registered()
    others = ["Ian"]

    def let_another_register(**_: Any) -> None:
        if others:
            sign_up(others.pop())

    aws.cognito().meta.events.register("before-call.cognito-idp.AdminGetUser", let_another_register)

    assert refusal(sign_up, "1an") == user_names.TOO_SIMILAR
    assert [item["username"]["S"] for item in items("UserNamesTable")] == ["Ian"]


@pytest.mark.parametrize("name", ["p\u0430ypal", "ａｄａ", "adaα", "ada\ufe0f"])
def test_an_administrator_can_choose_any_name(register: Any, sign_up: Any, name: str) -> None:
    register(name, case="admin_create_user")

    assert len(items("UserNamesTable")) == 1


def test_nobody_can_register_a_name_that_looks_like_one_of_an_administrator(
    sign_up: Any, register: Any
) -> None:
    """fault 59"""
    register("ａｄａ", case="admin_create_user")

    assert refusal(sign_up, "ada") == user_names.TOO_SIMILAR


def test_an_administrator_can_choose_a_name_that_looks_like_another(
    sign_up: Any, register: Any
) -> None:
    register("bob")

    assert sign_up("b0b", case="admin_create_user")
    assert [item["username"]["S"] for item in items("UserNamesTable")] == ["bob"]


def test_a_random_name_needs_no_claim(sign_up: Any) -> None:
    sign_up("7d8ca528-4931-4254-9273-ea5ee853f271")

    assert items("UserNamesTable") == []


def test_the_log_of_a_refusal_contains_the_rule_and_not_the_name(sign_up: Any, log: Log) -> None:
    refusal(sign_up, f"p{CYRILLIC_A}ypal")

    [line] = log.lines()
    assert line["reason"] == user_names.MIXED
    assert "ypal" not in str(line)
