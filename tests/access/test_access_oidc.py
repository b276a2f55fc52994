"""People sign in at a real provider of OpenID Connect; what is not right about its answer lets nobody in."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from entered import Answer, Entered, entered
from providing import SECRET, Provider, made_key, providing

from tabiji import definitions
from tabiji.errors import DefinitionError

ACCESS = """
access:
  oidc: {issuer: "ISSUER", client_id: tabiji, client_secret: "${OIDC_SECRET}"}
  admins: [sre]
  members: {alpha: [mina@example.com]}
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as one:
        yield one


@pytest.fixture
def signing(provider: Provider, sqlite_template: Path, tmp_path: Path) -> Iterator[Entered]:
    """A site whose people sign in at the provider."""
    (tmp_path / "tabiji.db").write_bytes(sqlite_template.read_bytes())
    access = ACCESS.replace("ISSUER", provider.issuer)
    with entered(tmp_path, f"sqlite:///{tmp_path / 'tabiji.db'}", access) as site:
        yield site


def cookies(answer: Answer) -> dict[str, str]:
    """Each answer here sets one cookie, or forgets it."""
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def leave(site: Entered, onward: str = "/journeys/watch?from=now-7d") -> tuple[str, dict[str, str]]:
    """Off to the provider: where the browser is sent, and what it keeps."""
    answer = site.ask("GET", f"/login/oidc?{urlencode({'next': onward})}")
    assert answer.status == 303, answer.body
    attributes = answer.headers["set-cookie"]
    assert ("HttpOnly" in attributes, "SameSite=Lax" in attributes) == (True, True)
    return answer.location, cookies(answer)


def come_back(site: Entered, sent_to: str, kept: dict[str, str]) -> Answer:
    """Signs in there, and comes back."""
    back = urlsplit(httpx2.get(sent_to).headers["location"])
    return site.ask("GET", f"{back.path}?{back.query}", kept)


def session_of(site: Entered, answer: Answer) -> dict[str, str]:
    found = re.search(rf"tabiji_session_{site.port}=[\w-]+", answer.headers["set-cookie"])
    assert found, answer.headers
    return {"Cookie": found[0]}


def test_somebody_signs_in_and_comes_back_to_where_they_wanted_to_go(
    signing: Entered, provider: Provider
) -> None:
    assert b'href="/login/oidc?next=/help"' in signing.ask("GET", "/login?next=/help").body
    sent_to, kept = leave(signing)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent_to).query).items()}
    assert asked.pop("state") != asked.pop("nonce") != asked.pop("code_challenge")
    assert asked == {
        "response_type": "code",
        "client_id": "tabiji",
        "redirect_uri": f"http://127.0.0.1:{signing.port}/login/oidc/callback",
        "scope": "openid email profile",
        "code_challenge_method": "S256",
    }
    answer = come_back(signing, sent_to, kept)
    assert (answer.status, answer.location) == (303, "/journeys/watch?from=now-7d")
    mine = session_of(signing, answer)
    assert signing.ask("GET", "/", mine).status == 200
    assert (
        signing.ask("POST", "/incidents", mine, {"journey": "watch", "text": "x"}).status == 303
    )  # a member
    assert signing.ask("GET", "/audit", mine).status == 403
    entry = signing.store.audit.between(what="signed-in")[0]
    assert (entry.who, entry.details) == ("mina@example.com", {"by": "oidc"})
    assert SECRET not in str(signing.site) + sent_to + str(kept)
    assert come_back(signing, sent_to, {}).status == 403  # another browser
    replayed = next(sent for path, sent in provider.asked if path == "/token")["code"]
    state = parse_qs(urlsplit(sent_to).query)["state"][0]
    again = signing.ask("GET", f"/login/oidc/callback?{urlencode({'code': replayed, 'state': state})}", kept)
    assert again.status == 403


def test_groups_say_who_may_what_and_are_asked_for_where_they_are_not_signed(
    signing: Entered, provider: Provider
) -> None:
    provider.claims["groups"] = ["a", "SRE"]
    provider.more = {}
    mine = session_of(signing, come_back(signing, *leave(signing)))
    assert signing.ask("GET", "/audit", mine).status == 200
    del provider.claims["groups"]
    provider.more = {"sub": "u1", "groups": ["sre"]}
    mine = session_of(signing, come_back(signing, *leave(signing)))
    assert signing.ask("GET", "/audit", mine).status == 200
    provider.more = {"sub": "somebody else", "groups": ["sre"]}
    mine = session_of(signing, come_back(signing, *leave(signing)))
    assert signing.ask("GET", "/audit", mine).status == 403


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"bend": {"iss": "http://127.0.0.1:1"}},
    "no issuer": {"bend": {"iss": None}},
    "another audience": {"bend": {"aud": "others"}},
    "two audiences, and not for us": {"bend": {"aud": ["tabiji", "others"], "azp": "others"}},
    "another nonce": {"bend": {"nonce": "x"}},
    "no nonce": {"bend": {"nonce": None}},
    "too old": {"bend": {"exp": 1}},
    "no end": {"bend": {"exp": None}},
    "not yet": {"bend": {"nbf": 4_000_000_000}},
    "nobody": {"bend": {"sub": None, "email": None}},
    "another access token": {"bend": {"at_hash": "x"}},
    "not signed": {"signed": "none"},
    "signed by the public key": {"signed": "HS256"},
    "a key that is not shown": {"known": False},
    "an error": {"status": 500},
    "calls itself otherwise": {"document": {"issuer": "http://127.0.0.1:1"}},
    "nobody has made sure of the address": {"bend": {"sub": "ada@example.com", "email_verified": False}},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_right_lets_nobody_in(
    signing: Entered, provider: Provider, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in wrong.items():
        setattr(provider, name, value)
    answer = signing.ask("GET", "/login/oidc")
    if "document" in wrong:
        assert answer.status == 502
    else:
        with caplog.at_level(logging.INFO):
            answer = come_back(signing, answer.location, cookies(answer))
        assert answer.status == 403
    assert "session" not in answer.headers.get("set-cookie", "")
    entry = signing.store.audit.between()[0]
    assert entry.what == "sign-in-failed"
    shown = f"{answer.body!r}{entry}{caplog.text}"
    assert (SECRET in shown, "canary" in shown, "eyJ" in shown) == (False, False, False)
    assert signing.store.sessions.valid(signing.now()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": "x"},
        {"state": ""},
        {"iss": "http://evil.example"},
        {"code": "x"},
        {"code": None, "error": "access_denied"},
        {"code": None},
    ],
    ids=str,
)
def test_what_the_browser_brings_back_must_be_what_it_was_sent_with(
    signing: Entered, change: dict[str, str | None]
) -> None:
    sent_to, kept = leave(signing)
    back = {
        name: values[0]
        for name, values in parse_qs(urlsplit(httpx2.get(sent_to).headers["location"]).query).items()
    }
    brought = {name: value for name, value in {**back, **change}.items() if value is not None}
    assert signing.ask("GET", f"/login/oidc/callback?{urlencode(brought)}", kept).status == 403
    assert signing.store.sessions.valid(signing.now()) == []


def test_what_the_browser_kept_is_ours_or_nothing(signing: Entered) -> None:
    sent_to, kept = leave(signing)
    name, _, value = kept["Cookie"].partition("=")
    content, _, seal = value.strip('"').partition(".")
    for other in (
        "",
        "x",
        f"{content}.",
        f"{content}.{seal[:-1]}0x",
        f"A{content}.{seal}",
        f"{content}\u00e9.{seal}",
    ):
        assert come_back(signing, sent_to, {"Cookie": f"{name}={other}"}).status == 403


def test_the_keys_are_asked_for_anew_when_there_is_a_new_one(signing: Entered, provider: Provider) -> None:
    assert come_back(signing, *leave(signing)).status == 303
    provider.key = made_key("three")
    assert come_back(signing, *leave(signing)).status == 303
    assert len([path for path, _ in provider.asked if path == "/keys"]) == 2


def test_nobody_is_led_elsewhere_by_the_provider(signing: Entered) -> None:
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert come_back(signing, *leave(signing, elsewhere)).location == "/"


def test_a_provider_that_is_away_is_said_plainly(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "tabiji.db").write_bytes(sqlite_template.read_bytes())
    access = ACCESS.replace("ISSUER", "http://127.0.0.1:9")
    with entered(tmp_path, f"sqlite:///{tmp_path / 'tabiji.db'}", access) as site:
        answer = site.ask("GET", "/login/oidc")
        assert (answer.status, b"reached" in answer.body) == (502, True)
        assert site.ask("GET", "/login").status == 200


FAULTS = {
    "no `client_id`": (
        "oidc: {issuer: https://x, client_secret: '${S}'}",
        "tabiji.yaml:2:9: `oidc` needs `client_id`",
    ),
    "a secret in the file": (
        "oidc: {issuer: https://x, client_id: x, client_secret: canary}",
        "2:58: a secret does not belong in a file: write `client_secret: ${OIDC_CLIENT_SECRET}`",
    ),
    "http over the net": (
        "oidc: {issuer: http://x, client_id: x, client_secret: '${S}'}",
        "2:18: an issuer is such as",
    ),
    "no peers": ("proxy: {user_header: X}", "2:3: `proxy` needs `from`"),
    "no network": ("proxy: {user_header: X, from: [10.0.0.0/33]}", "2:34: `10.0.0.0/33` is not a network"),
    "no header": ("proxy: {user_header: 'a b', from: [10.0.0.1]}", "2:24: `a b` is not the name of a header"),
    "not whether": ("anonymous: yes", "2:14: `anonymous` must be `true` or `false`"),
    "nobody": ("admins: [' ']", "2:12: this names nobody"),
    "twice": ("admins: [a@x, A@x]", "2:17: `A@x` is here twice"),
    "no team": ("members: {gamma: [a@x]}", "2:20: `gamma` is not a team"),
    "no key": ("anonymus: true", "2:3: `anonymus` is not a key of `access`; did you mean `anonymous`?"),
}


@pytest.mark.parametrize(("written", "said"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_access_is_said_with_its_place(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "tabiji.yaml").write_text(f"access:\n  {written}\nteams: {{alpha: {{}}}}\n")
    with pytest.raises(DefinitionError) as raised:
        definitions.load(tmp_path, {"S": "canary"})
    assert said in str(raised.value)
    assert "canary" not in str(raised.value)
