"""Apache httpd: common, combined, and any `LogFormat`."""

from __future__ import annotations

import re

import pytest
from one_line import MINUTE, Event, event

from tabiji.logs import LogFormatError, reading

TIME = "10/Oct/2000:13:55:36 -0700"
LINES: dict[str, tuple[str | None, str, tuple[str, ...], Event | str]] = {
    "combined, by default": (
        None,
        f'host.example - ann [{TIME}] "GET /a/7 HTTP/1.0" 304 - "-" "curl/8"',
        ("remote_user", "user_agent", "body_bytes_sent"),
        {
            "minute": MINUTE,
            "method": "GET",
            "path": "/a/:id",
            "status": 304,
            "remote_user": "ann",
            "user_agent": "curl/8",
        },
    ),
    "quotes escaped with backslashes": (
        None,
        rf'::1 - - [{TIME}] "GET /a?\"b\" HTTP/1.0" 200 5 "-" "a \"b\" \\"',
        ("user_agent",),
        {"minute": MINUTE, "method": "GET", "path": "/a", "status": 200, "user_agent": r"a \"b\" \\"},
    ),
    "common": (
        "common",
        f'1.2.3.4 - - [{TIME}] "HEAD /a HTTP/1.0" 200 5',
        (),
        {"minute": MINUTE, "method": "HEAD", "path": "/a", "status": 200},
    ),
    "combined taken for common": (
        "common",
        f'1.2.3.4 - - [{TIME}] "HEAD /a HTTP/1.0" 200 5 "-" "curl"',
        (),
        "not_this_format",
    ),
    "vhost_combined": (
        "vhost_combined",
        f'www.example:443 1.2.3.4 - - [{TIME}] "GET / HTTP/1.1" 200 5 "-" "curl"',
        ("port",),
        {
            "minute": MINUTE,
            "method": "GET",
            "path": "/",
            "status": 200,
            "host": "www.example",
            "port": "443",
        },
    ),
    "a directive with microseconds": (
        r'LogFormat "%h %{%H}t %t \"%r\" %>s %D" timed'.replace("%{%H}t ", ""),
        f'1.2.3.4 [{TIME}] "GET / HTTP/1.1" 200 2500',
        (),
        {"minute": MINUTE, "us": 2_500, "method": "GET", "path": "/", "status": 200},
    ),
    "whole seconds": (
        "%t %s %T",
        f"[{TIME}] 200 3",
        (),
        {"minute": MINUTE, "us": 3_000_000, "status": 200},
    ),
    "milliseconds": (
        "%t %s %{ms}T",
        f"[{TIME}] 200 3",
        (),
        {"minute": MINUTE, "us": 3_000, "status": 200},
    ),
    "seconds since the epoch, and parts of the request": (
        "%{sec}t %m %U%q %<s %v",
        "971211336 POST /a/1?b=c 201 www.example",
        (),
        {"minute": MINUTE, "method": "POST", "path": "/a/:id", "status": 201, "host": "www.example"},
    ),
    "microseconds since the epoch": (
        "%{usec}t %s",
        "971211336000001 200",
        (),
        {"minute": MINUTE, "status": 200},
    ),
    "milliseconds since the epoch": (
        "%{msec}t %s",
        "971211336001 200",
        (),
        {"minute": MINUTE, "status": 200},
    ),
    "headers, cookies, notes": (
        r'%t "%{X-Plan}i" "%{X-Error}o" "%{session}C" %>s',
        f'[{TIME}] "pro max" "oops" "-" 200',
        ("x_plan", "sent_x_error", "session"),
        {"minute": MINUTE, "status": 200, "x_plan": "pro max", "sent_x_error": "oops"},
    ),
    "a per cent sign, and conditions": (
        "%t 100%% %!200,304s",
        f"[{TIME}] 100% 404",
        (),
        {"minute": MINUTE, "status": 404},
    ),
    "garbage for a request": (
        None,
        rf'1.2.3.4 - - [{TIME}] "\x16\x03\x01" 400 226 "-" "-"',
        (),
        {"minute": MINUTE, "method": r"\x16\x03\x01", "status": 400},
    ),
    "no bytes and no time": (None, '1.2.3.4 - - [-] "GET / HTTP/1.0" 200 5 "-" "-"', (), "not_this_format"),
    "an error log's line": (
        None,
        "[Thu Oct 13 12:24:49.880562 2022] [ssl:info] [pid 1] x",
        (),
        "not_this_format",
    ),
}


@pytest.mark.parametrize(("log_format", "line", "fields", "expected"), LINES.values(), ids=LINES)
def test_a_line_counts_as_its_format_says(
    log_format: str | None, line: str, fields: tuple[str, ...], expected: Event | str
) -> None:
    assert event(reading("apache", log_format=log_format), line, *fields) == expected


@pytest.mark.parametrize(
    ("log_format", "message", "column"),
    [
        ("%h %>s", "the time is missing: add %t", 1),
        ("%t %j", "%j is not a conversion", 4),
        ("%t %{%Y-%m-%d}t", "a time written as %{%Y-%m-%d}t is not read", 4),
        ("%t %h%u", "nothing separates $remote_addr from $remote_user", 1),
    ],
    ids=["no time", "a letter that is none", "a time of one's own", "values that touch"],
)
def test_a_format_that_makes_no_sense_is_refused(log_format: str, message: str, column: int) -> None:
    with pytest.raises(LogFormatError, match=re.escape(message)) as raised:
        reading("apache", log_format=log_format)
    assert raised.value.column == column


def test_it_says_where_latency_cannot_be_judged() -> None:
    assert reading("apache").notes == ("no %D in the format: latency can't be judged",)
    assert reading("apache", log_format="%t %D").notes == ()
