"""Tokens: which the API takes, and how often it asks for keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from local.gateway import tokens
from local.gateway.tokens import Unauthorized, UserPool
from tests.unit.edge import CALLER, CLIENT, ISSUER, Keys, access_claims, pool_keys, scope

pytestmark = pytest.mark.asyncio


class KeySet:
    """A pool's key set that counts how often it is fetched, and may be down."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.fetched = 0
        self.down = False

    async def fetch(self) -> Mapping[str, Any]:
        self.fetched += 1
        if self.down:
            raise OSError("down")
        return self.keys.jwks()


@pytest.fixture
def key_set() -> KeySet:
    return KeySet(pool_keys())


@pytest.fixture
def pool(key_set: KeySet) -> UserPool:
    return UserPool(ISSUER, [CLIENT], key_set.fetch)


@pytest.mark.parametrize("prefix", ["", "Bearer "])
async def test_an_access_token_gives_its_claims(pool: UserPool, prefix: str) -> None:
    claims = await pool.claims(prefix + pool_keys().token(), [scope()])

    assert claims["sub"] == CALLER


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iss": None},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/Other"},
        {"sub": None},
        {"token_use": None},
        {"token_use": "id"},
        {"token_use": "id", "aud": CLIENT},
        {"client_id": None},
        {"client_id": "another"},
        {"scope": None},
        {"scope": "openid"},
        {"scope": "xaws.cognito.signin.user.admin"},
        {"nbf": int(time.time()) + 600},
    ],
)
async def test_a_token_with_a_claim_missing_or_wrong_is_refused(
    pool: UserPool, claims: dict[str, Any]
) -> None:
    """fault 11"""
    with pytest.raises(Unauthorized):
        await pool.claims(pool_keys().token(**claims), [scope()])


@pytest.mark.parametrize(
    "token",
    ["", "Bearer", "Bearer ", "a.b.c", "....", "ü", "[" * 8000, jwt.encode({}, "x" * 32)],
    ids=range(8),
)
async def test_what_is_no_token_is_refused(pool: UserPool, token: str) -> None:
    """fault 11"""
    with pytest.raises(Unauthorized):
        await pool.claims(token, [scope()])


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_another_algorithm_is_refused_under_a_known_key(
    pool: UserPool, algorithm: str
) -> None:
    """fault 11"""
    secret = "x" * 32 if algorithm == "HS256" else ""
    forged = jwt.encode(access_claims(), secret, algorithm, {"kid": pool_keys().kid})

    with pytest.raises(Unauthorized):
        await pool.claims(forged, [scope()])


async def test_without_scopes_an_id_token_is_wanted(pool: UserPool) -> None:
    identity = pool_keys().token(token_use="id", aud=CLIENT, client_id=None, scope=None)

    claims = await pool.claims(identity, [])

    assert claims["sub"] == CALLER
    with pytest.raises(Unauthorized):
        await pool.claims(pool_keys().token(), [])


async def test_a_hundred_unknown_keys_are_one_fetch(pool: UserPool, key_set: KeySet) -> None:
    """fault 48"""
    strangers = [
        jwt.encode(access_claims(), "x" * 32, headers={"kid": f"key {number}"})
        for number in range(100)
    ]

    answers = await asyncio.gather(
        *(pool.claims(each, [scope()]) for each in strangers), return_exceptions=True
    )

    assert all(isinstance(answer, Unauthorized) for answer in answers)
    assert key_set.fetched == 1


async def test_a_new_key_is_found_once_the_wait_is_over(
    pool: UserPool, key_set: KeySet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 48"""
    await pool.claims(pool_keys().token(), [scope()])
    key_set.keys = Keys("rotated")
    with pytest.raises(Unauthorized):
        await pool.claims(key_set.keys.token(), [scope()])
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + tokens.REFETCH_SECONDS)

    claims = await pool.claims(key_set.keys.token(), [scope()])

    assert claims["sub"] == CALLER
    assert key_set.fetched == 2


async def test_keys_that_cannot_be_fetched_let_nobody_in(pool: UserPool, key_set: KeySet) -> None:
    """fault 48"""
    key_set.down = True

    with pytest.raises(Unauthorized):
        await pool.claims(pool_keys().token(), [scope()])
