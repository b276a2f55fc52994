"""People sign in where their organisation has them: OpenID Connect, by authorization code with PKCE.

What the provider says is believed when its signature, issuer, audience, time and nonce are right, and when the browser
that comes back is the one that was sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from tabiji.definitions import Oidc
from tabiji.store import Person

WAIT_SECONDS = 10.0
LEEWAY_SECONDS = 60  # that clocks may differ by
KNOWN_SECONDS = 3600  # how long what a provider says of itself is kept
SIGNING_IN_SECONDS = 600  # from being sent to the provider to coming back
GROUPS_MAX = 500
WELL_KNOWN = "/.well-known/openid-configuration"
# With a public key of the provider's: no `none`, and nothing that the client's secret could sign
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)


class SignInFailed(Exception):  # noqa: N818 - named by what happened
    """Why nobody was signed in, for those who read the log and the audit. It holds no secret."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """What the browser keeps while somebody is at the provider. `onward`: where to go afterwards."""

    state: str
    nonce: str
    verifier: str
    onward: str
    until: int

    def sealed(self, secret: str) -> str:
        """As a cookie, which only we can have made."""
        content = base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()
        return f"{content}.{_signature(content, secret)}"

    @classmethod
    def opened(cls, cookie: str | None, secret: str, now: float) -> SigningIn | None:
        """What a cookie holds; None where it is not from us, or too old."""
        content, _, signature = (cookie or "").partition(".")
        if not hmac.compare_digest(
            _signature(content, secret).encode(), signature.encode("utf-8", "replace")
        ):
            return None
        found = cls(**json.loads(base64.urlsafe_b64decode(content)))
        return found if now < found.until else None


def _signature(content: str, secret: str) -> str:
    return hmac.new(secret.encode(), content.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Provider:
    """Where people sign in; keeps what it says of itself for an hour."""

    _known: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, oidc: Oidc, back: str, onward: str, now: float) -> tuple[str, SigningIn]:
        """Where to send the browser, and what it has to keep. `back` is where it comes back to.

        Raises SignInFailed where the provider does not answer as one.
        """
        going = SigningIn(
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(48),
            onward,
            int(now) + SIGNING_IN_SECONDS,
        )
        with _failing(), self._client(oidc, back, now) as client:
            address, _ = client.create_authorization_url(
                self._metadata(oidc, now)["authorization_endpoint"],
                state=going.state,
                nonce=going.nonce,
                code_verifier=going.verifier,
            )
        return str(address), going

    def end(self, oidc: Oidc, back: str, going: SigningIn, answer: Mapping[str, str], now: float) -> Person:
        """Who has signed in, by what the browser brings back. Raises SignInFailed."""
        if not hmac.compare_digest(going.state.encode(), answer.get("state", "").encode("utf-8", "replace")):
            raise SignInFailed("the state is not the one that this browser was sent with")
        if answer.get("iss", oidc.issuer).rstrip("/") != oidc.issuer:
            raise SignInFailed("another provider has answered")
        if "code" not in answer:
            raise SignInFailed(f"the provider says: {answer.get('error', 'nothing')[:100]!r}")
        with _failing(), self._client(oidc, back, now) as client:
            metadata = self._metadata(oidc, now)
            token = client.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=going.verifier,
                redirect_uri=back,
            )
            claims = self._claims(oidc, token, going.nonce, now)
            groups = _groups(claims, oidc.groups_claim)
            if groups is None and metadata.get("userinfo_endpoint"):
                more = client.get(metadata["userinfo_endpoint"]).raise_for_status().json()
                groups = _groups(more, oidc.groups_claim) if more.get("sub") == claims["sub"] else None
        return Person(_name(claims), None, groups=tuple((groups or [])[:GROUPS_MAX]))

    def _claims(self, oidc: Oidc, token: Mapping[str, Any], nonce: str, now: float) -> Mapping[str, Any]:
        """What the provider has signed."""
        try:
            read = jwt.decode(token["id_token"], self._keys(oidc, now), algorithms=ALGORITHMS)
        except InvalidKeyIdError:  # it has new keys
            read = jwt.decode(token["id_token"], self._keys(oidc, now, anew=True), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "values": [oidc.issuer, f"{oidc.issuer}/"]},
                "aud": {"essential": True, "value": oidc.client_id},
            },
            {"nonce": nonce, "client_id": oidc.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(int(now), LEEWAY_SECONDS)
        return dict(claims)

    def _metadata(self, oidc: Oidc, now: float) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._fetched(oidc, oidc.issuer + WELL_KNOWN, now)
        if str(found.get("issuer", "")).rstrip("/") != oidc.issuer:
            raise SignInFailed("the provider calls itself by another name than `issuer`")
        return found

    def _keys(self, oidc: Oidc, now: float, *, anew: bool = False) -> KeySet:
        return KeySet.import_key_set(
            self._fetched(oidc, self._metadata(oidc, now)["jwks_uri"], now, anew=anew)
        )

    def _fetched(self, oidc: Oidc, address: str, now: float, *, anew: bool = False) -> Any:
        with self._lock:
            known = self._known.get(address)
        if known is not None and not anew and 0 <= now - known[0] < KNOWN_SECONDS:
            return known[1]
        with httpx2.Client(timeout=WAIT_SECONDS, trust_env=False) as client:
            found = client.get(address, headers={"Accept": "application/json"}).raise_for_status().json()
        with self._lock:
            self._known = {address: (now, found)} | {
                key: one for key, one in self._known.items() if key.startswith(oidc.issuer) and key != address
            }
        return found

    @contextmanager
    def _client(self, oidc: Oidc, back: str, now: float) -> Iterator[Any]:
        methods = self._metadata(oidc, now).get("token_endpoint_auth_methods_supported") or [
            "client_secret_basic"
        ]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        with OAuth2Client(
            oidc.client_id,
            oidc.client_secret,
            token_endpoint_auth_method=method,
            scope=" ".join(oidc.scopes),
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=WAIT_SECONDS,
            trust_env=False,
        ) as client:
            yield client


@contextmanager
def _failing() -> Iterator[None]:
    """What others' parts raise → SignInFailed, without what was sent and without what came back."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise SignInFailed(f"the provider answers {error.response.status_code}") from None
    except httpx2.HTTPError as error:
        raise SignInFailed(f"the provider can't be reached: {type(error).__name__}") from None
    except JoseError as error:
        raise SignInFailed(f"what the provider has signed is not right: {type(error).__name__}") from None
    except AuthlibBaseError as error:
        raise SignInFailed(f"the provider refuses: {str(error.error)[:100]!r}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SignInFailed(f"the provider's answer can't be read: {type(error).__name__}") from None


def _name(claims: Mapping[str, Any]) -> str:
    """The address of mail, unless the provider knows that nobody has made sure of it."""
    mail = claims.get("email")
    if isinstance(mail, str) and "@" in mail and claims.get("email_verified") in (None, True, "true"):
        return mail
    subject = str(claims["sub"])
    if "@" in subject:  # it could be taken for an address
        raise SignInFailed("the provider has not made sure of this person's address of mail")
    return subject


def _groups(claims: Mapping[str, Any], name: str) -> list[str] | None:
    """A person's groups, from a claim or, with dots, from within one; None where it is not there."""
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for key in name.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else None
