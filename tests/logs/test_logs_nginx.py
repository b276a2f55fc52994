"""nginx: any `log_format`, verbatim."""

from __future__ import annotations

import re

import pytest
from one_line import MINUTE, Event, event

from tabiji.logs import LogFormatError, reading
from tabiji.logs.nginx import COMBINED

TIME = "10/Oct/2000:13:55:36 -0700"
GRAPHQL = (
    "log_format main '$remote_addr [$time_local] \"$request\" $status '\n"
    '                \'$request_time "$http_x_graphql_operation" "$sent_http_x_graphql_error"\';'
)
KEYS = 'time="$time_iso8601" status=$status rt=$request_time ua="$http_user_agent" uri=$request_uri m=$request_method'
LTSV = "time:$time_local\tstatus:$status\treqtime:$request_time\turi:$request_uri\tmethod:$request_method"
NESTED = '{"t":"$time_iso8601","http":{"status":$status},"d":$request_time,"u":"$uri"}'

LINES: dict[str, tuple[str | None, str, tuple[str, ...], Event | str]] = {
    "combined, by default": (
        None,
        f'1.2.3.4 - - [{TIME}] "GET /a/7?b=c HTTP/1.1" 200 5 "-" "curl/8"',
        ("user_agent", "referer", "remote_user"),
        {"minute": MINUTE, "method": "GET", "path": "/a/:id", "status": 200, "user_agent": "curl/8"},
    ),
    "by default, with more behind it": (
        None,
        f'1.2.3.4 - - [{TIME}] "GET / HTTP/1.1" 200 5 "-" "curl/8" "-" rt=0.1',
        ("user_agent",),
        {"minute": MINUTE, "method": "GET", "path": "/", "status": 200, "user_agent": "curl/8"},
    ),
    "by default, cut off by the writer": (
        None,
        f'1.2.3.4 - - [{TIME}] "GET / HTTP/1.1" 200 5 "-" "curl/8 (and so o',
        ("user_agent",),
        {"minute": MINUTE, "method": "GET", "path": "/", "status": 200, "user_agent": "curl/8 (and so o"},
    ),
    "a whole directive, headers in both directions": (
        GRAPHQL,
        f'1.2.3.4 [{TIME}] "POST /graphql HTTP/2.0" 200 0.012 "PlayVideo" "INTERNAL_ERROR"',
        ("x_graphql_operation", "x_graphql_error"),
        {
            "minute": MINUTE,
            "us": 12_000,
            "method": "POST",
            "path": "/graphql",
            "status": 200,
            "x_graphql_operation": "PlayVideo",
            "x_graphql_error": "INTERNAL_ERROR",
        },
    ),
    "headers that are not there": (
        GRAPHQL,
        f'1.2.3.4 [{TIME}] "GET / HTTP/2.0" 200 0.012 "-" ""',
        ("x_graphql_operation", "x_graphql_error"),
        {"minute": MINUTE, "us": 12_000, "method": "GET", "path": "/", "status": 200},
    ),
    "an upstream list of times, without quotes": (
        "[$time_local] $status $upstream_response_time $host",
        f"[{TIME}] 200 0.010, 0.200 : 0.1 example.com",
        (),
        {"minute": MINUTE, "us": 310_000, "status": 200, "host": "example.com"},
    ),
    "an upstream list at the end": (
        "[$time_local] $status $upstream_response_time",
        f"[{TIME}] 200 0.010, -",
        (),
        {"minute": MINUTE, "us": 10_000, "status": 200},
    ),
    "an upstream list in quotes": (
        '[$time_local] $status "$upstream_response_time"',
        f'[{TIME}] 200 "0.010, 0.200"',
        (),
        {"minute": MINUTE, "us": 210_000, "status": 200},
    ),
    "no upstream at all": (
        "[$time_local] $status $upstream_response_time",
        f"[{TIME}] 499 -",
        (),
        {"minute": MINUTE, "status": 499},
    ),
    "an upstream that is no number": (
        "[$time_local] $status $upstream_response_time",
        f"[{TIME}] 200 0.010, x",
        (),
        "bad_duration",
    ),
    "the status of the upstream that answered": (
        '[$time_local] "$upstream_status" $request_time',
        f'[{TIME}] "502, 200" 0.5',
        (),
        {"minute": MINUTE, "us": 500_000, "status": 200},
    ),
    "the request's time before its upstream's": (
        "[$time_local] $upstream_response_time $request_time",
        f"[{TIME}] 0.1 0.5",
        (),
        {"minute": MINUTE, "us": 500_000},
    ),
    "keys with values": (
        KEYS,
        'time="2000-10-10T13:55:36-07:00" status=200 rt=0.25 ua="a b" uri=/x?y m=GET',
        ("user_agent",),
        {
            "minute": MINUTE,
            "us": 250_000,
            "method": "GET",
            "path": "/x",
            "status": 200,
            "user_agent": "a b",
        },
    ),
    "a key that is another": (KEYS, 'time="2000-10-10T13:55:36Z" stat=200', (), "not_this_format"),
    "tabs between": (
        "$msec\t$status\t$http_user_agent\t$request",
        "971211336.999\t200\ta b c\tGET /x y HTTP/1.1",
        ("user_agent",),
        {"minute": MINUTE, "method": "GET", "path": "/x", "status": 200, "user_agent": "a b c"},
    ),
    "bars between": (
        "$time_local|$status|$request_time|$http_user_agent",
        f"{TIME}|200|0.5|a b",
        ("user_agent",),
        {"minute": MINUTE, "us": 500_000, "status": 200, "user_agent": "a b"},
    ),
    "LTSV": (
        LTSV,
        f"time:{TIME}\tstatus:200\treqtime:0.5\turi:/a/1\tmethod:GET",
        (),
        {"minute": MINUTE, "us": 500_000, "method": "GET", "path": "/a/:id", "status": 200},
    ),
    "braces, a port, and letters behind a value": (
        "${remote_addr} ${host}:$server_port [$time_local] ${status}x",
        f"2001:db8::1 example.com:443 [{TIME}] 200x",
        ("server_port",),
        {"minute": MINUTE, "status": 200, "host": "example.com", "server_port": "443"},
    ),
    "several values in quotes": (
        '[$time_local] "$request_method $request_uri" $status',
        f'[{TIME}] "GET /a?b" 200',
        (),
        {"minute": MINUTE, "method": "GET", "path": "/a", "status": 200},
    ),
    "several values in quotes, the last with a space": (
        '[$time_local] "$request_method $request_uri" $status',
        f'[{TIME}] "GET /a b" 200',
        (),
        {"minute": MINUTE, "method": "GET", "path": "/a b", "status": 200},
    ),
    "JSON with a nested object and numbers without quotes": (
        f"log_format j escape=json '{NESTED}';",
        '{"t":"2000-10-10T13:55:36-07:00","http":{"status":503},"d":0.001,"u":"/a"}',
        (),
        {"minute": MINUTE, "us": 1_000, "status": 503, "path": "/a"},
    ),
    "JSON whose request was broken": (
        '{"t":"$msec","m":"$request_method","u":"$request_uri","s":"$status","d":"$request_time"}',
        '{"t":"971211336.5","m":"","u":"","s":"400","d":"0.000"}',
        (),
        {"minute": MINUTE, "us": 0, "status": 400},
    ),
}


@pytest.mark.parametrize(("log_format", "line", "fields", "expected"), LINES.values(), ids=LINES)
def test_a_line_counts_as_its_format_says(
    log_format: str | None, line: str, fields: tuple[str, ...], expected: Event | str
) -> None:
    assert event(reading("nginx", log_format=log_format), line, *fields) == expected


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        ("http_user_agent", "user_agent"),
        ("http_referer", "referer"),
        ("http_x_plan", "x_plan"),
        ("sent_http_x_error", "x_error"),
        ("upstream_http_x_error", "x_error"),
        ("cookie_session", "cookie_session"),
        ("request_id", "request_id"),
    ],
)
def test_variables_become_fields_by_short_names(variable: str, field: str) -> None:
    assert field in reading("nginx", log_format=f"[$time_local] ${variable}").field_types


def test_two_headers_of_one_name_are_both_fields() -> None:
    fields = reading("nginx", log_format="[$time_local] $http_x_id $sent_http_x_id").field_types
    assert {"x_id", "sent_http_x_id"} <= set(fields)


@pytest.mark.parametrize(
    ("log_format", "message", "column"),
    [
        ("$status $request", "the time is missing", 1),
        ("[$time_local] $status$request", "nothing separates $status from $request", 1),
        ("log_format main '$msec $status", "this quote is not closed", 17),
        ("log_format main $msec $status;", "the strings of `log_format` stand in quotes", 17),
        ('{"t": "$msec" 1}', "this is not a JSON object", 15),
    ],
    ids=["no time", "variables that touch", "an open quote", "no quotes", "a comma too few"],
)
def test_a_format_that_makes_no_sense_is_refused(log_format: str, message: str, column: int) -> None:
    with pytest.raises(LogFormatError, match=re.escape(message)) as raised:
        reading("nginx", log_format=log_format)
    assert raised.value.column == column


@pytest.mark.parametrize(
    ("log_format", "notes"),
    [(COMBINED, 1), (COMBINED + " $request_time", 0), (COMBINED + " $upstream_response_time", 0)],
    ids=["no duration", "the request's", "its upstream's"],
)
def test_it_says_where_latency_cannot_be_judged(log_format: str, notes: int) -> None:
    assert len(reading("nginx", log_format=log_format).notes) == notes
