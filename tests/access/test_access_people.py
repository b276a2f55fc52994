"""How people get in, and out: links that work once, a proxy that is trusted, and those who only look."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from entered import Entered, entered

from tabiji.definitions import Access
from tabiji.store import ACTIONS, How, Person, Session
from tabiji.store.audit import Entry
from tabiji.web.pages import audit
from tabiji.web.pages.login import ENTERED_SECONDS, FAILURES_MAX

Url = str
HTTPS = {"X-Forwarded-Proto": "https"}  # from loopback, which is known


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> Url:
    (tmp_path / "tabiji.db").write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path / 'tabiji.db'}"


def newest(site: Entered) -> Entry:
    return site.store.audit.between(limit=1)[0]


def link(site: Entered, person: Person = Person("ada", "admin"), seconds: int = 600) -> str:  # noqa: B008
    return f"/login/{site.store.sessions.let_in(person, int(site.now()), seconds)}"


def cookie_of(header: str) -> tuple[str, str, set[str]]:
    first, *rest = header.split("; ")
    name, _, value = first.partition("=")
    return name, value, {one.lower() for one in rest}


def test_a_link_lets_in_once_and_to_look_at_it_changes_nothing(site: Entered) -> None:
    target = link(site)
    for _ in range(3):  # a program that looks at links in messages
        looked = site.ask("GET", target)
        assert (looked.status, b"ada" in looked.body, "set-cookie" in looked.headers) == (200, True, False)
        assert site.ask("HEAD", target).status == 405
    entered = site.ask("POST", target, {"User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0"})
    assert (entered.status, entered.location, entered.headers["cache-control"]) == (303, "/", "no-store")
    name, secret, attributes = cookie_of(entered.headers["set-cookie"])
    assert name == f"tabiji_session_{site.port}"
    assert attributes == {"path=/", "samesite=lax", "httponly", f"max-age={ENTERED_SECONDS}"}
    mine = {"Cookie": f"{name}={secret}"}
    assert site.ask("GET", "/", mine).status == 200
    assert (newest(site).what, newest(site).who, newest(site).details) == ("signed-in", "ada", {"by": "link"})
    for method in ("GET", "POST"):
        assert site.ask(method, target).status == 410
    assert newest(site).what == "sign-in-failed"
    assert site.ask("POST", "/logout", mine).location == "/login"
    assert newest(site).what == "signed-out"
    assert site.ask("GET", "/", mine).location == "/login"
    assert site.ask("GET", "/api/v1/status", mine).status == 401


def test_a_link_that_is_too_old_lets_nobody_in(url: Url, tmp_path: Path) -> None:
    clock = [1_750_000_000.0]
    with entered(tmp_path, url, now=lambda: clock[0]) as site:
        target = link(site)
        clock[0] += 599
        assert site.ask("GET", target).status == 200
        clock[0] += 1
        assert [site.ask(method, target).status for method in ("GET", "POST")] == [410, 410]
        session = site.as_role("viewer")
        assert site.ask("GET", "/", session).status == 200
        clock[0] += 3600
        assert site.ask("GET", "/", session).location == "/login"  # its time is over


def test_by_https_the_cookie_is_for_this_host_alone(site: Entered) -> None:
    name, secret, attributes = cookie_of(site.ask("POST", link(site), HTTPS).headers["set-cookie"])
    assert (name, "secure" in attributes, "path=/" in attributes) == ("__Host-tabiji_session", True, True)
    assert site.ask("GET", "/", {"Cookie": f"{name}={secret}", **HTTPS}).status == 200
    assert site.ask("GET", "/", {"Cookie": f"{name}={secret}"}).status == 303


def test_who_signs_in_anew_leaves_the_session_before(site: Entered) -> None:
    before = site.as_role("viewer")
    assert site.ask("POST", link(site), before).status == 303
    assert site.ask("GET", "/", before).location == "/login"


def test_a_session_that_is_ended_is_over_at_once(site: Entered) -> None:
    def sessions(who: str) -> list[Session]:
        return site.store.sessions.valid(site.now(), who)

    member, other, admin = site.as_role("member"), site.as_role("other"), site.as_role("admin")
    mine = sessions("mina")[0].number
    assert b"mina" in site.ask("GET", "/sessions", member).body
    assert b"mina" not in site.ask("GET", "/sessions", other).body
    assert b"mina" in site.ask("GET", "/sessions", admin).body
    assert site.ask("POST", f"/sessions/{mine}/revoke", other).status == 404
    assert site.ask("GET", "/", member).status == 200
    assert site.ask("POST", f"/sessions/{mine}/revoke", admin).status == 303
    assert (newest(site).who, newest(site).about) == ("ada", f"session {mine}")
    assert site.ask("GET", "/", member).location == "/login"
    assert site.ask("GET", "/sessions", site.as_role("token read")).status == 403


@pytest.mark.parametrize("cookie", ["", "x", "a; b", "\u00e9", "x" * 5000, "'; DROP TABLE sessions --"])
def test_what_is_no_session_lets_nobody_in(site: Entered, cookie: str) -> None:
    answer = site.ask("GET", "/", {"Cookie": f"tabiji_session_{site.port}={cookie}"})
    assert (answer.status, answer.location) == (303, "/login")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer tabiji_nothing", 401),
        ("Bearer x", 401),
        ("bearer  tabiji_x ", 401),
        ("Basic YTpi", 401),  # of a proxy, perhaps: it says nothing here
        ("Bearer", 401),
        ("", 401),
    ],
)
def test_a_token_that_is_none_lets_nobody_in(site: Entered, authorization: str, status: int) -> None:
    assert site.ask("GET", "/api/v1/status", {"Authorization": authorization}).status == status
    session = site.as_role("viewer")
    expected = 401 if authorization.lower().startswith("bearer ") else 200
    assert site.ask("GET", "/api/v1/status", {**session, "Authorization": authorization}).status == expected


def test_a_token_in_the_address_is_for_badges_and_frames_and_may_only_read(site: Entered) -> None:
    read, admin = site.secrets["token read"], site.secrets["token admin"]
    for target in ("/badge/watch.svg", "/embed/journeys/watch"):
        assert site.ask("GET", f"{target}?token={read}").status == 200
        assert site.ask("GET", f"{target}?token={admin}").status == 403
        assert site.ask("GET", f"{target}?token=tabiji_x").status == 401
    assert site.ask("GET", f"/api/v1/status?token={read}").status == 401
    assert site.ask("GET", f"/?token={read}").status == 303


def test_failed_attempts_do_not_fill_the_audit(url: Url, tmp_path: Path) -> None:
    clock = [1_750_000_000.0]
    with entered(tmp_path, url, now=lambda: clock[0]) as site:
        for _ in range(FAILURES_MAX + 15):
            assert site.ask("POST", "/login/nothing").status == 410
        assert len(site.store.audit.between(what="sign-in-failed", limit=999)) == FAILURES_MAX
        clock[0] += 60
        site.ask("POST", "/login/nothing")
        assert len(site.store.audit.between(what="sign-in-failed", limit=999)) == FAILURES_MAX + 1


def test_everybody_may_look_where_the_definitions_say_so(url: Url, tmp_path: Path) -> None:
    with entered(tmp_path, url, "access: {anonymous: true}\n") as site:
        for target in ("/", "/journeys/watch", "/api/v1/status", "/badge/watch.svg", "/embed/journeys/watch"):
            assert site.ask("GET", target).status == 200, target
        for target in ("/audit", "/settings", "/tokens", "/sessions", "/lines.csv?objective=watch/works"):
            assert site.ask("GET", target).status == 403, target
        assert site.ask("POST", "/incidents", body={"journey": "watch"}).status == 403
        assert site.ask("GET", "/metrics").status == 401
        assert site.ask("GET", "/audit", site.as_role("admin")).status == 200
        assert site.ask("GET", "/", {"Authorization": "Bearer tabiji_x"}).status == 401
        assert site.ask("GET", "/", {"Host": "evil.example"}).status == 421  # by another name, nobody looks


PROXY = """
access:
  proxy: {user_header: X-Remote-User, groups_header: X-Remote-Groups, from: [NETWORK]}
  admins: [ops, "user:root"]
  members: {alpha: [mina@example.com, learners]}
"""


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"X-Remote-User": ""}, None, id="an empty name"),
        pytest.param({"X-Remote-User": "x\ty"}, None, id="no name"),
        pytest.param({"X-Remote-User": "vera"}, "viewer", id="somebody"),
        pytest.param({"X-Remote-User": "MINA@example.com"}, "member", id="a member, by the address"),
        pytest.param({"X-Remote-User": "x", "X-Remote-Groups": "a, learners"}, "member", id="by a group"),
        pytest.param({"X-Remote-User": "x", "X-Remote-Groups": "Ops"}, "admin", id="an admin by a group"),
        pytest.param({"X-Remote-User": "root"}, "admin", id="an admin by name"),
        pytest.param({"X-Remote-User": "ops"}, "viewer", id="a person who is called like a group"),
        pytest.param(
            {"X-Remote-User": "x", "X-Remote-Groups": "user:root, mina@example.com"},
            "viewer",
            id="groups that are called like people",
        ),
    ],
)
def test_whom_a_trusted_proxy_names_is_let_in(
    url: Url, tmp_path: Path, headers: dict[str, str], may: str | None
) -> None:
    with entered(tmp_path, url, PROXY.replace("NETWORK", "127.0.0.1")) as site:
        found = (
            site.ask("GET", "/", headers).status,
            site.ask("POST", "/incidents", headers, {"journey": "watch", "text": "x"}).status,
            site.ask("GET", "/audit", headers).status,
        )
        assert found == {
            None: (303, 303, 303), "viewer": (200, 403, 403), "member": (200, 303, 403), "admin": (200, 303, 200),
        }[may]  # fmt: skip


def test_nobody_else_is_believed(url: Url, tmp_path: Path) -> None:
    with entered(tmp_path, url, PROXY.replace("NETWORK", "10.0.0.0/8")) as site:
        for more in (
            {},
            {"X-Forwarded-For": "10.0.0.1"},
            {"Forwarded": "for=10.0.0.1"},
            {"X-Real-IP": "10.0.0.1"},
        ):
            assert site.ask("GET", "/", {"X-Remote-User": "root", **more}).location == "/login"


def test_a_name_that_comes_twice_is_nobodys(url: Url, tmp_path: Path) -> None:
    with entered(tmp_path, url, PROXY.replace("NETWORK", "127.0.0.1")) as site:
        twice = {"X-Remote-User": "vera", "x-remote-user": "root"}
        assert site.ask("GET", "/", twice).location == "/login"


@pytest.mark.parametrize(
    ("who", "groups", "role"),
    [
        ("ada@example.com", (), ("admin", frozenset())),
        ("ADA@EXAMPLE.COM", (), ("admin", frozenset())),
        ("ada", ("ada@example.com",), ("viewer", frozenset())),
        ("x", ("leads", "other"), ("member", frozenset({"alpha", "beta"}))),
        ("x", ("",), ("viewer", frozenset())),
        ("leads", (), ("viewer", frozenset())),
        ("straße@example.com", (), ("member", frozenset({"beta"}))),
    ],
)
def test_what_a_name_and_groups_may(who: str, groups: tuple[str, ...], role: Any) -> None:
    access = Access(
        admins=("ada@example.com",),
        members=(("alpha", ("leads",)), ("beta", ("leads", "STRASSE@example.com"))),
    )
    assert access.role_of(who, groups) == role


def test_every_action_of_the_audit_has_words() -> None:
    assert (set(audit.WORDS), set(audit.HOW)) == (set(ACTIONS), set(get_args(How)))
