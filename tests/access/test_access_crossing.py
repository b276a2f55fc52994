"""What pages of other sites make a browser send changes nothing; and nobody is led elsewhere (T27)."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from entered import Entered
from starlette.datastructures import Headers
from starlette.types import Scope

from tabiji.store import Person
from tabiji.web.arriving import is_for_us, is_from
from tabiji.web.crossing import is_foreign
from tabiji.web.onward import HOME, local, login

ADDRESS = "https://slo.example.com/tabiji"


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        pytest.param("POST", {}, False, id="neither header: no browser"),
        pytest.param("POST", {"sec-fetch-site": "same-origin"}, False, id="our own page"),
        pytest.param("POST", {"sec-fetch-site": "none"}, False, id="the person, by the address bar"),
        pytest.param("POST", {"sec-fetch-site": "cross-site"}, True, id="another site"),
        pytest.param("POST", {"sec-fetch-site": "same-site"}, True, id="another host of our domain"),
        pytest.param("POST", {"sec-fetch-site": "SAME-ORIGIN"}, True, id="a word that no browser sends"),
        pytest.param("POST", {"sec-fetch-site": ""}, True, id="an empty word"),
        pytest.param(
            "POST",
            {"sec-fetch-site": "cross-site", "origin": "http://h:8700"},
            True,
            id="another site, whatever the origin",
        ),
        pytest.param(
            "POST",
            {"sec-fetch-site": "same-site", "origin": "https://slo.example.com"},
            False,
            id="the address that is known",
        ),
        pytest.param("POST", {"origin": "http://h:8700"}, False, id="an old browser, our own page"),
        pytest.param("POST", {"origin": "HTTP://H:8700"}, False, id="an old browser, in capitals"),
        pytest.param("POST", {"origin": "https://slo.example.com"}, False, id="an old browser, the address"),
        pytest.param("POST", {"origin": "http://h:8701"}, True, id="another port"),
        pytest.param("POST", {"origin": "http://evil.example"}, True, id="an old browser, another site"),
        pytest.param("POST", {"origin": "https://slo.example.com.evil.example"}, True, id="looks alike"),
        pytest.param("POST", {"origin": "null"}, True, id="a frame without an origin"),
        pytest.param("POST", {"origin": ""}, True, id="an empty origin"),
        pytest.param("POST", {"origin": "http://["}, True, id="no origin at all"),
        pytest.param("DELETE", {"sec-fetch-site": "cross-site"}, True, id="DELETE"),
        pytest.param("PROPFIND", {"sec-fetch-site": "cross-site"}, True, id="a method that nobody knows"),
        pytest.param("get", {"sec-fetch-site": "cross-site"}, True, id="no GET"),
        *(
            pytest.param(method, {"sec-fetch-site": "cross-site", "origin": "http://evil.example"}, False, id=method)
            for method in ("GET", "HEAD", "OPTIONS")
        ),
    ],
)  # fmt: skip
def test_whether_another_site_sent_it(method: str, headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(method, Headers({"host": "h:8700", **headers}), ADDRESS) is foreign


def test_a_header_that_comes_twice_is_foreign() -> None:
    for name, value in ((b"sec-fetch-site", b"same-origin"), (b"origin", b"http://h")):
        raw = [(b"host", b"h"), (name, value), (name, value)]
        assert is_foreign("POST", Headers(raw=raw), None)


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_what_another_site_sends_changes_nothing(site: Entered, headers: dict[str, str]) -> None:
    number = site.incident()
    admin = site.as_role("admin")
    before = (site.store.audit.between(), site.store.incident_facts(number), site.store.tokens.all())
    code = site.store.sessions.let_in(Person("x", "admin"), int(site.now()), 600)
    for target, body in (
        (f"/incidents/{number}/note", {"text": "x"}),
        ("/incidents", {"journey": "watch"}),
        ("/tokens", {"name": "x", "scope": "admin", "expires": ""}),
        ("/outbox/retry", {"key": "all"}),
        ("/support", {"at": "now"}),
        ("/logout", {}),
        (f"/login/{code}", {}),
        (f"/api/v1/incidents/{number}/close", {}),
        ("/api/v1/messages/retry", {}),
        ("/acknowledge/x/y", {"name": "x"}),
    ):
        assert (site.ask("POST", target, {**admin, **headers}, body).status, target) == (403, target)
    assert (site.store.audit.between(), site.store.incident_facts(number), site.store.tokens.all()) == before
    assert site.store.sessions.entering(code, site.now()) is not None
    with_token = {**site.as_role("token admin"), **headers}  # a program, whatever it says of itself
    assert (
        site.ask("POST", f"/api/v1/incidents/{number}/note", with_token, {"text": "x"}, kind="json").status
        == 200
    )


ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example/", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "http://evil.example",
    "https:evil.example", "http:/evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example", "",
    "@evil.example", ".evil.example", ":80", "?x=//evil.example", "#//evil.example", "/\x00//evil.example",
    "/a\r\nSet-Cookie: x",
    "/x\\..\\//evil.example", "/\x7f/evil.example", "/ /evil.example", "/" + "x" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE, ids=repr)
def test_nobody_is_led_elsewhere(path: str) -> None:
    assert local(path) == HOME
    assert login(path) == "/login"


@pytest.mark.parametrize(
    "path",
    ["/", "/journeys/watch?from=now-7d&to=now#x", "/%2f%2fevil.example", "/a//b", "/日本", "/?next=//evil.example"],
)  # fmt: skip
def test_a_path_of_ours_stays(path: str) -> None:
    assert local(path) == path


def test_the_way_in_leads_to_where_somebody_wanted_to_go(site: Entered) -> None:
    answer = site.ask("GET", "/journeys/watch?from=now-7d&x=%2F")
    assert (answer.status, answer.location) == (
        303,
        "/login?next=/journeys/watch%3Ffrom%3Dnow-7d%26x%3D%252F",
    )
    viewer = site.as_role("viewer")
    assert b'href="/journeys/watch?from=now-7d&amp;x=%2F"' in site.ask("GET", answer.location, viewer).body
    for path in ELSEWHERE:
        body = site.ask("GET", f"/login?next={quote(path)}", viewer).body.decode()
        links = re.findall(r'(?:href|action)="([^"]*)"', body)
        assert [one for one in links if not re.match(r"[?#]|/(?![/\\])", one)] == [], path
    for target in (
        "//evil.example",
        "//evil.example/",
        "//evil.example/%2e%2e",
        "/\\evil.example",
        "/https://evil.example",
    ):
        found = site.ask("GET", target)
        assert (found.status, found.location.partition("?")[0]) in ((303, "/login"), (400, ""))
        assert not site.ask("GET", target, viewer).location.startswith(("//", "/\\", "http://evil"))


def scope(host: str | None, peer: str = "127.0.0.1") -> Scope:
    headers = [] if host is None else [(b"host", host.encode())]
    return {"type": "http", "headers": headers, "client": (peer, 1)}


@pytest.mark.parametrize(
    ("listening", "host", "ours"),
    [
        ("127.0.0.1", "127.0.0.1:8700", True),
        ("127.0.0.1", "localhost:8700", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "tabiji.localhost", True),
        ("127.0.0.1", "[::1]:8700", True),
        ("::1", "[::1]:8700", True),
        ("127.0.0.1", "127.8.8.8", True),
        ("127.0.0.1", "slo.example.com", True),  # its address
        ("127.0.0.1", "slo.example.com:443", True),
        ("127.0.0.1", None, True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "evil.example#localhost", False),
        ("127.0.0.1", "localhost@evil.example", False),
        ("127.0.0.1", "10.0.0.7", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[", False),
        ("127.0.0.1", "a:b:c", False),
        ("0.0.0.0", "evil.example", True),  # its names are not known
    ],
)
def test_which_names_are_ours(listening: str, host: str | None, ours: bool) -> None:
    assert is_for_us(scope(host), listening, ADDRESS) is ours


def test_another_name_for_this_machine_gets_nothing(site: Entered) -> None:
    for target in ("/", "/login", "/audit", "/api/v1/status"):
        answer = site.ask("GET", target, {**site.as_role("admin"), "Host": "evil.example"})
        assert (answer.status, b"watch" in answer.body) == (421, False)
    assert site.ask("GET", "/healthz", {"Host": "10.0.0.7"}).status == 503
    assert (
        site.ask("GET", "/api/v1/status", {**site.as_role("token read"), "Host": "tabiji.internal"}).status
        == 200
    )


@pytest.mark.parametrize(
    ("peer", "networks", "inside"),
    [
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("11.1.2.3", ("10.0.0.0/8",), False),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
        ("fe80::1%eth0", ("fe80::/10",), True),
        ("10.1.2.3", (), False),
        ("testclient", ("0.0.0.0/0",), False),
        ("", ("0.0.0.0/0",), False),
    ],
)
def test_whether_a_peer_is_in_a_network(peer: str, networks: tuple[str, ...], inside: bool) -> None:
    assert is_from(scope("h", peer), networks) is inside
