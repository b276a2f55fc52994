"""A probe and a real server → what it finds, from a closed list, in time."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from probed import Authority, Peer, served

from tabiji.definitions import Probe
from tabiji.sources import probing
from tabiji.sources.probing import Finding

QUICK = Probe("top", 5, 2_000)


def ask(probe: Probe, trusted: ssl.SSLContext | None = None, now: float | None = None) -> Finding:
    found = asyncio.run(probing.ask(probe, trusted or probing.trust(), time.time() if now is None else now))
    assert found.probe == probe.name
    return found


@pytest.mark.parametrize(
    ("path", "probe", "status", "error", "detail"),
    [
        pytest.param("/ok", QUICK, 200, None, "", id="all is well"),
        pytest.param("/ok", replace(QUICK, text="is ok"), 200, None, "", id="with the text"),
        pytest.param(
            "/ok",
            replace(QUICK, text="OK"),
            200,
            "text",
            "its first 9 bytes do not hold `OK`",
            id="another text: capitals count",
        ),
        pytest.param(
            "/ja", replace(QUICK, text="正常"), 200, None, "", id="a text in the answer's own encoding"
        ),
        pytest.param(
            "/late-text",
            replace(QUICK, text="ok"),
            200,
            "text",
            "its first 65536 bytes do not hold `ok`",
            id="the text behind the first 64 KiB",
        ),
        pytest.param("/endless", QUICK, 200, None, "", id="an answer without end is read up to 64 KiB"),
        pytest.param("/status/399", QUICK, 399, None, "", id="the last good status"),
        pytest.param(
            "/status/400",
            QUICK,
            400,
            "status",
            "the status is 400, not one below 400",
            id="the first bad one",
        ),
        pytest.param("/status/503", replace(QUICK, statuses=(503,)), 503, None, "", id="a status expected"),
        pytest.param(
            "/ok",
            replace(QUICK, statuses=(204, 302)),
            200,
            "status",
            "the status is 200, not 204, 302",
            id="another",
        ),
        pytest.param(
            "/status/500",
            replace(QUICK, text="other"),
            500,
            "status",
            "the status is 500, not one below 400",
            id="of status and text, the status is told",
        ),
        pytest.param("/there", QUICK, 200, None, "", id="a redirect is followed"),
        pytest.param("/there", replace(QUICK, follow=False), 302, None, "", id="a redirect is the answer"),
        pytest.param("/loop", QUICK, 302, "protocol", "more than 10 redirects", id="redirects without end"),
        pytest.param("/ok", replace(QUICK, method="HEAD"), 200, None, "", id="HEAD"),
        pytest.param(
            "/hang",
            replace(QUICK, within_ms=150),
            None,
            "timeout",
            "it took longer than 0.15 s",
            id="no answer",
        ),
        pytest.param(
            "/drip",
            replace(QUICK, within_ms=250),
            200,
            "timeout",
            "it took longer than 0.25 s",
            id="the limit is over all of it, not over each read",
        ),
        pytest.param(
            "/broken",
            QUICK,
            200,
            "protocol",
            "peer closed connection without sending complete message body (received 4 bytes, expected 100)",
            id="an answer that breaks off",
        ),
    ],
)
def test_an_answer_is_what_is_expected_or_says_why_not(
    peer: Peer, path: str, probe: Probe, status: int | None, error: str | None, detail: str
) -> None:
    found = ask(replace(probe, url=peer.url(path)))
    assert (found.host, found.status, found.error, found.detail, found.certificate_days) == (
        "127.0.0.1",
        status,
        error,
        detail,
        None,
    )
    assert 0 < found.duration_us < (probe.within_ms + 1_000) * 1_000


def test_what_is_no_http_is_told(peer: Peer) -> None:
    assert ask(replace(QUICK, url=peer.url("/no-http"))).error == "protocol"


@pytest.mark.parametrize(
    ("address", "error"),
    [
        pytest.param("127.0.0.1:{closed}", "refused", id="nothing listens"),
        pytest.param("127.0.0.1:{open}", None, id="somebody listens"),
        pytest.param("no-such-host.invalid:80", "dns", id="a name without an address"),
        pytest.param(f"{'a' * 64}.invalid:80", "dns", id="what can be no name"),
        pytest.param("127.0.0.1:70000", "unreachable", id="no port, once its variable is replaced"),
    ],
)
def test_a_port_takes_connections_or_not(
    silent_port: int, closed_port: int, address: str, error: str | None
) -> None:
    found = ask(replace(QUICK, tcp=address.format(open=silent_port, closed=closed_port)))
    assert (found.status, found.error) == (None, error)
    assert found.host == address.partition(":")[0]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        pytest.param("http://127.0.0.1:{closed}/", "refused", id="nothing listens"),
        pytest.param("http://127.0.0.1:{open}/", "timeout", id="it takes the connection and is silent"),
        pytest.param("https://127.0.0.1:{open}/", "timeout", id="TLS with somebody silent"),
        pytest.param("http://no-such-host.invalid/", "dns", id="a name without an address"),
        pytest.param("http://127.0.0.1:port/", "protocol", id="no address, once its variable is replaced"),
    ],
)
def test_without_an_answer_the_reason_is_told(
    silent_port: int, closed_port: int, url: str, error: str
) -> None:
    url = url.format(open=silent_port, closed=closed_port)
    found = ask(replace(QUICK, within_ms=300, url=url))
    assert (found.status, found.error) == (None, error)
    assert found.duration_us < 1_300_000


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.path)
    return context


@pytest.fixture(scope="module")
def tls(authority: Authority) -> Iterator[Peer]:
    with served(authority.context("127.0.0.1", 10)) as made:
        yield made


@pytest.mark.parametrize(
    ("days", "later_days", "error", "detail"),
    [
        pytest.param(None, 0, None, "", id="none expected"),
        pytest.param(9, 0, None, "", id="the last good day"),
        pytest.param(
            10, 0, "certificate", "the certificate is valid for 9 days only", id="the first bad one"
        ),
        pytest.param(9, 1, "certificate", "the certificate is valid for 8 days only", id="a day later"),
    ],
)
def test_a_certificate_is_valid_for_long_enough(
    tls: Peer, trusted: ssl.SSLContext, days: int | None, later_days: int, error: str | None, detail: str
) -> None:
    probe = replace(QUICK, url=tls.url("/ok", "https"), certificate_days=days)
    found = ask(probe, trusted, time.time() + later_days * 86_400)
    assert (found.status, found.error, found.detail, found.certificate_days) == (
        200,
        error,
        detail,
        9 - later_days,
    )


def test_a_certificate_that_is_not_trusted_is_told(tls: Peer) -> None:
    found = ask(replace(QUICK, url=tls.url("/ok", "https")))
    assert (found.status, found.error, found.detail) == (
        None,
        "certificate",
        "unable to get local issuer certificate",
    )


def test_a_certificate_of_another_host_is_told(authority: Authority, trusted: ssl.SSLContext) -> None:
    with served(authority.context("example.com", 10)) as made:
        found = ask(replace(QUICK, url=made.url("/ok", "https")), trusted)
    assert (found.error, found.detail) == (
        "certificate",
        "IP address mismatch, certificate is not valid for '127.0.0.1'.",
    )


def test_plain_http_where_tls_is_expected_is_told(peer: Peer) -> None:
    assert ask(replace(QUICK, url=peer.url("/ok", "https"))).error == "tls"


def test_headers_are_sent_but_not_to_another_host(peer: Peer) -> None:
    secret = replace(QUICK, headers=(("X-Api-Key", "hush"), ("User-Agent", "probe/1")))
    with served() as other, served(elsewhere=other.url("/ok")) as first:
        assert ask(replace(secret, url=first.url("/elsewhere"))).error is None
        ((_, _, sent),) = first.asked
        ((_, _, elsewhere),) = other.asked
    assert (sent["X-Api-Key"], sent["User-Agent"]) == ("hush", "probe/1")
    assert "hush" not in str(elsewhere)
    ask(replace(secret, url=peer.url("/there")))
    assert [path for _, path, headers in peer.asked if headers.get("X-Api-Key") == "hush"] == [
        "/there",
        "/ok",
    ]


def test_a_finding_is_a_line() -> None:
    found = Finding("top", "example.com", 41_000, 503, "status", "the status is 503", 9)
    assert json.loads(probing.line(found, 1_767_225_600.25)) == {
        "time_us": 1_767_225_600_250_000,
        "probe": "top",
        "host": "example.com",
        "status": 503,
        "error": "status",
        "duration_us": 41_000,
    }
