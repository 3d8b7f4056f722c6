"""The `authorizer` function: which tokens it accepts, and what happens if the issuer fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from moto import mock_aws

from common import aws
from project import functions
from src.authorizer.tokens import Unverified, Verifier, keys
from tests.harness import openid
from tests.harness.observability import Log
from tests.harness.openid import KEY_SET, OpenIDProvider, public_pem, signed, unsigned

SECRET = "a-secret-of-thirty-two-characters-and-more"
OTHER_SECRET = "another-secret-of-thirty-two-characters"


class Clock:
    """A clock that the test advances. In seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def listening() -> Iterator[OpenIDProvider]:
    with openid.openid_provider() as provider:
        yield provider


@pytest.fixture
def provider(listening: OpenIDProvider) -> Iterator[OpenIDProvider]:
    """An issuer that has received no requests yet."""
    listening.requested.clear()
    yield listening
    listening.trouble = None


@pytest.fixture
def verifier(provider: OpenIDProvider, clock: Clock) -> Verifier:
    issuer = provider.issuer
    return Verifier(issuer, {"storefront"}, keys.public_keys(lambda: keys.key_set(issuer), clock))


class TestTokens:
    @pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer ", "BEARER "])
    def test_an_access_token_of_the_issuer_is_accepted(
        self, provider: OpenIDProvider, verifier: Verifier, prefix: str
    ) -> None:
        claims = verifier.verify(prefix + provider.token())

        assert claims["sub"] == "auth0|ada"

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": ["another", "storefront"]},
            {"aud": None, "client_id": "storefront"},
            {"aud": None, "client_id": "storefront", "token_use": "access"},
            {"typ": "Bearer"},
        ],
    )
    def test_access_tokens_of_different_providers_are_accepted(
        self, provider: OpenIDProvider, verifier: Verifier, claims: dict[str, Any]
    ) -> None:
        assert verifier.verify(provider.token(**claims))["sub"] == "auth0|ada"

    @pytest.mark.parametrize(
        "claims",
        [
            pytest.param({"exp": 1}, id="expired"),
            pytest.param({"exp": None}, id="no exp"),
            pytest.param({"nbf": 9_999_999_999}, id="not valid yet"),
            pytest.param({"iss": "https://another.example"}, id="another issuer"),
            pytest.param({"iss": None}, id="no issuer"),
            pytest.param({"sub": None}, id="no sub"),
            pytest.param({"sub": ""}, id="empty sub"),
            pytest.param({"sub": 5}, id="sub that is not a string"),
            pytest.param({"aud": "another"}, id="another audience"),
            pytest.param({"aud": None}, id="no audience"),
            pytest.param({"aud": "another", "client_id": "storefront"}, id="for another audience"),
            pytest.param({"aud": [["storefront"]]}, id="audience that is not a string"),
            pytest.param({"token_use": "id"}, id="ID token of Cognito"),
            pytest.param({"typ": "ID"}, id="ID token of Keycloak"),
            pytest.param({"typ": "Refresh"}, id="refresh token of Keycloak"),
            pytest.param({"at_hash": "x"}, id="ID token"),
        ],
    )
    def test_a_token_with_wrong_claims_is_refused(
        self, provider: OpenIDProvider, verifier: Verifier, claims: dict[str, Any]
    ) -> None:
        """fault 11"""
        token = provider.token(**claims) if claims.get("sub") != 5 else signed(provider, claims)

        with pytest.raises(Unverified):
            verifier.verify(token)

    @pytest.mark.parametrize("header", [{"typ": "logout+jwt"}, {"crit": ["x"], "x": 1}])
    def test_a_token_of_another_type_is_refused(
        self, provider: OpenIDProvider, verifier: Verifier, header: dict[str, Any]
    ) -> None:
        with pytest.raises(Unverified):
            verifier.verify(provider.token(header=header))

    @pytest.mark.parametrize("algorithm", ["none", "None", "RS256"])
    def test_a_token_without_a_signature_is_refused(
        self, provider: OpenIDProvider, verifier: Verifier, algorithm: str
    ) -> None:
        """fault 11"""
        token = unsigned({"alg": algorithm, "kid": next(iter(provider.keys))}, provider.claims())

        with pytest.raises(Unverified):
            verifier.verify(token)

    def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
        self, provider: OpenIDProvider, verifier: Verifier
    ) -> None:
        """fault 11"""
        [kid] = provider.keys
        token = signed(provider, {}, public_pem(provider), {"alg": "HS256", "kid": kid})

        with pytest.raises(Unverified):
            verifier.verify(token)

    def test_a_token_signed_with_another_key_is_refused(
        self, provider: OpenIDProvider, verifier: Verifier
    ) -> None:
        """fault 11"""
        stranger = OpenIDProvider()
        stranger.issuer = provider.issuer
        [kid] = provider.keys

        with pytest.raises(Unverified):
            verifier.verify(stranger.token(kid=kid))

    @pytest.mark.parametrize(
        "token",
        [
            *("", "Bearer", "Bearer ", "a.b.c", "...", "é.é.é", "x" * 100_000, "W10.W10.x"),
            *("Basic W10.W10.x", "Bearer Bearer W10.W10.x", "W10.W10.x W10.W10.x"),
        ],
    )
    def test_a_malformed_token_is_refused_without_a_request_to_the_issuer(
        self, provider: OpenIDProvider, verifier: Verifier, token: str
    ) -> None:
        """fault 11"""
        with pytest.raises(Unverified):
            verifier.verify(token)
        assert provider.requested == []

    def test_a_token_with_another_algorithm_is_refused_without_a_request_to_the_issuer(
        self, provider: OpenIDProvider, verifier: Verifier
    ) -> None:
        with pytest.raises(Unverified):
            verifier.verify(jwt.encode(provider.claims(), SECRET, "HS256", {"kid": "x"}))
        assert provider.requested == []


class TestKeys:
    def test_the_keys_are_fetched_once(self, provider: OpenIDProvider, verifier: Verifier) -> None:
        for _ in range(100):
            verifier.verify(provider.token())

        assert provider.requested.count(KEY_SET) == 1

    def test_a_hundred_unknown_keys_cause_one_fetch(
        self, provider: OpenIDProvider, verifier: Verifier, clock: Clock
    ) -> None:
        """fault 48"""
        verifier.verify(provider.token())
        clock.now += keys.REFETCH_SECONDS
        provider.requested.clear()

        for number in range(100):
            with pytest.raises(Unverified):
                verifier.verify(provider.token(kid=f"unknown-{number}"))

        assert provider.requested.count(KEY_SET) == 1

    def test_after_a_rotation_only_the_new_key_is_accepted(
        self, provider: OpenIDProvider, verifier: Verifier, clock: Clock
    ) -> None:
        old = provider.token()
        verifier.verify(old)

        provider.rotate("second")
        clock.now += keys.REFETCH_SECONDS

        assert verifier.verify(provider.token())["sub"] == "auth0|ada"
        with pytest.raises(Unverified):
            verifier.verify(old)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "trouble", [openid.down, openid.huge, openid.rubbish, openid.elsewhere, openid.drip]
    )
    def test_a_failing_issuer_gets_one_request_and_does_not_block(
        self, provider: OpenIDProvider, verifier: Verifier, trouble: openid.Trouble
    ) -> None:
        """fault 48. `drip` never ends its response: without a deadline, this test would not end."""
        provider.trouble = trouble

        for _ in range(100):
            with pytest.raises(Unverified):
                verifier.verify(provider.token())

        assert len(provider.requested) == 1

    def test_an_unresponsive_issuer_leaves_the_function_time_to_respond(self) -> None:
        """fault 48. Both documents may be late. A function that times out causes a 500."""
        assert functions.resource("AuthorizerFunction")["Timeout"] / 2 > 2 * keys.FETCH_SECONDS

    def test_a_token_is_refused_if_the_issuer_is_unreachable(self, clock: Clock) -> None:
        """fault 48"""
        with openid.openid_provider() as stopped:
            token = stopped.token()
        issuer = stopped.issuer
        public = keys.public_keys(lambda: keys.key_set(issuer), clock)

        with pytest.raises(Unverified):
            Verifier(issuer, {"storefront"}, public).verify(token)

    @pytest.mark.parametrize("trouble", [openid.down, openid.huge, openid.rubbish])
    def test_cached_keys_are_used_while_the_issuer_fails(
        self,
        provider: OpenIDProvider,
        verifier: Verifier,
        clock: Clock,
        trouble: openid.Trouble,
    ) -> None:
        """fault 48"""
        verifier.verify(provider.token())
        provider.trouble = trouble
        clock.now += 24 * 3600

        assert verifier.verify(provider.token())["sub"] == "auth0|ada"

    def test_the_discovery_document_of_another_issuer_is_rejected(
        self, provider: OpenIDProvider, clock: Clock
    ) -> None:
        issuer = provider.issuer + "/tenant"
        public = keys.public_keys(lambda: keys.key_set(issuer), clock)

        with pytest.raises(Unverified):
            Verifier(issuer, {"storefront"}, public).verify(provider.token(iss=issuer))

    @pytest.mark.parametrize(
        "jwk",
        [None, {}, {"kty": "EC", "kid": "x"}, {"kty": "RSA", "kid": "x", "n": "AQAB", "e": "AQAB"}],
    )
    def test_an_invalid_key_does_not_affect_valid_ones(
        self, provider: OpenIDProvider, clock: Clock, jwk: Any
    ) -> None:
        key_set = {"keys": [jwk, *provider.key_set()["keys"]]}

        [key] = keys.public_keys(lambda: key_set, clock).named(next(iter(provider.keys)))

        assert key.key_size == 2048


class TestSharedSecret:
    def test_the_current_and_the_previous_secret_are_valid(self, clock: Clock) -> None:
        verifier = shared([SECRET, OTHER_SECRET], clock)

        subs = {verifier.verify(hs256(secret))["sub"] for secret in (SECRET, OTHER_SECRET)}

        assert subs == {"auth0|ada"}

    def test_no_other_secret_is_valid(self, clock: Clock) -> None:
        with pytest.raises(Unverified):
            shared([SECRET], clock).verify(hs256(OTHER_SECRET))

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    def test_a_short_secret_is_not_valid(self, clock: Clock) -> None:
        with pytest.raises(Unverified):
            shared(["short"], clock).verify(hs256("short"))

    def test_a_token_that_is_not_signed_with_the_secret_is_refused(
        self, provider: OpenIDProvider, clock: Clock
    ) -> None:
        with pytest.raises(Unverified):
            shared([SECRET], clock).verify(provider.token(iss="https://issuer.example"))


class TestFunction:
    @pytest.fixture(autouse=True)
    def _issuer(self, provider: OpenIDProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Configure the function for the provider."""
        monkeypatch.setenv("JWT_ISSUER", provider.issuer)
        monkeypatch.setenv("JWT_AUDIENCE", "storefront")
        monkeypatch.setenv("JWT_HS256_ARN", "")
        functions.function("authorizer").verifier.cache_clear()
        yield
        functions.function("authorizer").verifier.cache_clear()

    def test_a_valid_token_allows_the_stage_and_identifies_the_caller(
        self, provider: OpenIDProvider
    ) -> None:
        token = provider.token(username="ada", groups=["staff", "a,b", 5])

        response = authorize(token)

        assert response["principalId"] == "auth0|ada"
        assert response["context"] == {"sub": "auth0|ada", "username": "ada", "groups": "staff"}
        [statement] = response["policyDocument"]["Statement"]
        assert statement == {
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/v1/*",
        }

    def test_an_invalid_token_is_401(self) -> None:
        """fault 11"""
        event = functions.event("authorizer", "unsigned_token")

        # API Gateway turns only this exact message into a 401.
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            functions.function("authorizer").handler(event, functions.context("authorizer"))

    @pytest.mark.slow
    @pytest.mark.parametrize("trouble", [openid.down, openid.drip, openid.huge])
    def test_a_failing_issuer_is_401(
        self, provider: OpenIDProvider, trouble: openid.Trouble
    ) -> None:
        """fault 48"""
        provider.trouble = trouble

        with pytest.raises(Exception, match=r"^Unauthorized$"):
            authorize(provider.token())

    def test_tokens_are_not_logged(self, provider: OpenIDProvider, log: Log) -> None:
        token = provider.token(exp=1)

        with pytest.raises(Exception, match="Unauthorized"):
            authorize(token)

        assert "token rejected" in log.text.getvalue()
        assert not any(part in log.text.getvalue() for part in token.split("."))

    def test_a_shared_secret_is_valid_before_and_after_it_is_replaced(
        self, provider: OpenIDProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JWT_HS256_ARN", "jwt-secret")
        with mock_aws():
            aws.secretsmanager.cache_clear()
            secrets = aws.secretsmanager()
            secrets.create_secret(Name="jwt-secret", SecretString=SECRET)
            secrets.put_secret_value(SecretId="jwt-secret", SecretString=OTHER_SECRET)

            subs = {
                authorize(hs256(secret, iss=provider.issuer))["principalId"]
                for secret in (SECRET, OTHER_SECRET)
            }

        aws.secretsmanager.cache_clear()
        assert subs == {"auth0|ada"}

    def test_a_secret_that_cannot_be_read_is_401(
        self, provider: OpenIDProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """fault 48"""
        monkeypatch.setenv("JWT_HS256_ARN", "jwt-secret")
        with mock_aws():
            aws.secretsmanager.cache_clear()

            with pytest.raises(Exception, match=r"^Unauthorized$"):
                authorize(hs256(SECRET, iss=provider.issuer))

        aws.secretsmanager.cache_clear()


def authorize(token: str) -> dict[str, Any]:
    event = functions.event("authorizer", "order_route") | {"authorizationToken": f"Bearer {token}"}
    response: dict[str, Any] = functions.function("authorizer").handler(
        event, functions.context("authorizer")
    )
    return response


def shared(secrets: list[str], clock: Clock) -> Verifier:
    """Return a verifier for tokens that are signed with these secrets."""
    return Verifier(
        "https://issuer.example", {"storefront"}, keys.shared_secrets(lambda: secrets, clock)
    )


def hs256(secret: str, iss: str = "https://issuer.example") -> str:
    """Return a token that is signed with a secret."""
    claims = {"iss": iss, "aud": "storefront", "sub": "auth0|ada", "exp": time.time() + 300}
    return jwt.encode(claims, secret, "HS256")
