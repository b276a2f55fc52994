"""`POST /ingest/{source}`: what is taken, and how what is not taken is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
import zstandard
from pushed import NOW, line, lines

from conftest import SOURCES, Serve, Served
from tabiji.counting import Account

NGINX = b'203.0.113.7 - - [15/Jun/2025:15:06:40 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl"\n'


def twice(body: bytes) -> bytes:
    return gzip.compress(gzip.compress(body))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
        ("zstd", zstandard.compress),
    ],
    ids=["plain", "gzip", "gzip in two members", "zstd"],
)
def test_lines_come_plain_and_packed(served: Served, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    answer = served.push("app", pack(lines(3) + b"x\n"), Content_Encoding=encoding)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "source": "app",
            "read": 4,
            "counted": 3,
            "rejected": {"not_json": 1},
            "filtered": 0,
            "duplicate": False,
        },
    )
    assert served.store.accounts() == {"app": Account(4, 3, (("not_json", 1),))}


def test_a_source_takes_lines_of_its_own_format_and_of_any_that_is_recognised(served: Served) -> None:
    assert served.push("web", NGINX).json()["counted"] == 1
    assert served.push("any", NGINX).json()["counted"] == 1
    assert served.push("any", lines(2)).json()["counted"] == 2
    assert {one.file.path.split("/")[-2] for one in served.store.chunks("any")} == {"any"}
    assert len({one.file.path for one in served.store.chunks("any")}) == 2  # a file for each format


def test_an_id_is_counted_once(served: Served) -> None:
    answers = [served.push("app", lines(2), Idempotency_Key="a").json() for _ in range(2)]
    assert [(one["counted"], one["duplicate"]) for one in answers] == [(2, False), (0, True)]


@pytest.mark.parametrize(
    ("source", "body", "headers", "status", "told"),
    [
        ("ap", lines(1), {}, 404, "did you mean `app`?"),
        ("app", lines(1), {"Content_Encoding": "br"}, 415, "send gzip, zstd, or none"),
        ("app", lines(1), {"Content_Encoding": "gzip"}, 400, "the body is not gzip"),
        ("app", lines(1), {"Content_Encoding": "gzip, gzip"}, 415, "`Content-Encoding: gzip, gzip`"),
        ("app", twice(lines(1)), {"Content_Encoding": "gzip"}, 400, "compressed twice"),
        ("app", gzip.compress(lines(9))[:-9], {"Content_Encoding": "gzip"}, 400, "can't be unpacked"),
        ("app", zstandard.compress(lines(9))[:-3], {"Content_Encoding": "zstd"}, 400, "can't be unpacked"),
        ("app", lines(1), {"Idempotency_Key": "x" * 201}, 400, "1 to 200 printable"),
        ("any", b"hello\n", {}, 400, "is not recognised"),
        ("app", b"\n" * ((16 << 20) + 1), {}, 413, "larger than 16 MiB"),
        ("app", gzip.compress(b"\n" * ((32 << 20) + 1)), {"Content_Encoding": "gzip"}, 413, "than 32 MiB"),
    ],
    ids=[
        "an unknown source",
        "another encoding",
        "plain for gzip",
        "two encodings",
        "packed twice",
        "half of gzip",
        "half of zstd",
        "a long id",
        "no known format",
        "too large",
        "too large once unpacked",
    ],
)
def test_what_is_not_taken_is_told_and_leaves_no_trace(
    served: Served, source: str, body: bytes, headers: dict[str, str], status: int, told: str
) -> None:
    answer = served.push(source, body, **headers)
    assert (answer.status_code, told in answer.json()["detail"]) == (status, True), answer.text
    assert served.store.accounts() == {}


def test_a_request_without_a_body_is_refused(served: Served) -> None:
    answer = served.client.request("POST", "/ingest/app", headers=served.headers)
    assert answer.status_code in (200, 411)  # some clients say `Content-Length: 0`
    assert served.store.accounts() == {}


@pytest.mark.parametrize(
    ("scopes", "expires_at", "revoked", "status"),
    [
        (("ingest:app",), None, False, 200),
        (("admin",), None, False, 200),
        (("ingest:web", "read"), None, False, 403),
        (("ingest:app",), NOW, False, 401),
        (("ingest:app",), None, True, 401),
    ],
    ids=["its source", "all", "another source", "expired", "revoked"],
)
def test_a_token_may_what_its_scopes_say(
    served: Served, scopes: tuple[str, ...], expires_at: int | None, revoked: bool, status: int
) -> None:
    _, secret = served.store.tokens.create("another", scopes, NOW - 60, expires_at)
    if revoked:
        served.store.tokens.revoke("another", NOW)
    answer = served.push("app", line(1), Authorization=f"Bearer {secret}")
    assert answer.status_code == status
    assert secret not in answer.text


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer tabiji_x"])
def test_without_a_valid_token_nothing_is_taken(served: Served, header: str) -> None:
    answer = served.push("app", line(1), Authorization=header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert served.store.accounts() == {}


def test_no_secret_is_told_or_logged(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """T24: neither that of a valid token, nor a wrong one, in answers, logs and tracebacks."""
    caplog.set_level("DEBUG")
    canary = "tabiji_canary0123456789"
    answers = [
        served.push("app", lines(1), Authorization=f"Bearer {canary}"),
        served.push("app", lines(1), Authorization=f"Bearer {canary}", X_Amz_Firehose_Access_Key=canary),
        served.push("ap", lines(1)),
        served.push("app", b"x", Content_Encoding="gzip"),
        served.client.post(
            "/ingest/app/firehose", content=b"{}", headers={"X-Amz-Firehose-Access-Key": canary}
        ),
        served.client.post("/v1/traces", content=b"\xff", headers=served.headers),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 404, 400, 401, 415]
    told = "".join(answer.text + str(answer.headers) for answer in answers)
    logged = "".join(
        record.getMessage() + str(record.exc_text)
        for record in caplog.records
        if not record.name.startswith("http")  # this test's own client
    )
    assert (canary in told, served.token in told) == (False, False)
    assert (canary in logged, served.token in logged) == (False, False)


def test_refusals_are_in_english_unless_another_language_is_asked_for(serve: Serve, sqlite_url: str) -> None:
    with serve(sqlite_url, f"language: ja\n{SOURCES}") as served:
        said = {
            accepted: served.push("ap", b"x\n", Accept_Language=accepted).json()["detail"]
            for accepted in ("", "ja-JP,en;q=0.8", "de")
        }
    english = "`ap` is not a source; did you mean `app`?"
    japanese = "`ap` というソースはありません。`app` の間違いではありませんか。"
    assert said == {"": english, "ja-JP,en;q=0.8": japanese, "de": english}
