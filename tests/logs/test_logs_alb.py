"""AWS Application Load Balancer."""

from __future__ import annotations

import pytest
from one_line import MINUTE, Event, event

from tabiji.logs import reading

LINE = (
    "https 2000-10-10T20:55:36.186641Z app/web/50dc6c495c0c9188 192.168.1.11:44740 10.0.0.1:80 0.086 0.048 0.037 "
    '200 200 0 57 "GET https://www.example.com:443/robots.txt?a=b HTTP/1.1" "curl/7.46.0" TLS_AES TLSv1.2 '
    'arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/t/7 "Root=1-58337281"'
)
MORE = ' "www.example.com" "arn:aws:acm:us-east-2:1:certificate/1" 1 2000-10-10T20:55:36.1Z "forward" "-" "-"'
COUNTED: Event = {
    "minute": MINUTE,
    "us": 171_000,
    "method": "GET",
    "path": "/robots.txt",
    "status": 200,
    "host": "www.example.com",
}

LINES: dict[str, tuple[str, Event | str]] = {
    "as it was in 2016": (LINE, COUNTED),
    "as it is now": (LINE + MORE, COUNTED),
    "as it may be": (LINE + MORE + ' "200" "-" "-" TID_1 "-" "-" "-"', COUNTED),
    "a client address that is none": (LINE.replace("192.168.1.11:44740", "12.34.178.90.32:40860"), COUNTED),
    "an id in the path": (LINE.replace("/robots.txt", "/a/17/b"), COUNTED | {"path": "/a/:id/b"}),
    "a host that is an address": (
        LINE.replace("www.example", "10.0.0.1:443/x?y", 1),
        COUNTED | {"host": "10.0.0.1", "path": "/x"},
    ),
    "IPv6": (LINE.replace("www.example.com:443", "[2001:db8::1]:443"), COUNTED | {"host": "[2001:db8::1]"}),
    "plain HTTP": (LINE.replace("https://", "http://").replace(":443", ":80"), COUNTED),
    "a WebSocket": (LINE.replace("https://", "wss://"), COUNTED),
    "the client left": (
        LINE.replace("0.086 0.048 0.037 200 200", "0.000 -1 -1 460 -"),
        {name: value for name, value in COUNTED.items() if name != "us"} | {"status": 460},
    ),
    "only the answer failed": (
        LINE.replace("0.086 0.048 0.037 200", "0.001 61.5 -1 502"),
        {name: value for name, value in COUNTED.items() if name != "us"} | {"status": 502},
    ),
    "no request": (
        LINE.replace(
            "GET https://www.example.com:443/robots.txt?a=b HTTP/1.1", "- http://www.example.com:80- -"
        ),
        {"minute": MINUTE, "us": 171_000, "status": 200, "host": "www.example.com"},
    ),
    "no status": (
        LINE.replace(" 200 200 ", " - - "),
        {name: value for name, value in COUNTED.items() if name != "status"},
    ),
    "a quote in the user agent": (LINE.replace("curl/7.46.0", r"a \"b\" c"), COUNTED),
    "a phase that is no number": (LINE.replace("0.048", "0_048"), "bad_duration"),
    "no time": (LINE.replace("2000-10-10T20:55:36.186641Z", "-"), "no_time"),
    "a network load balancer": (
        "tls 2.0 2018-12-20T02:59:40 net/lb/c6e7 g3d4 1.2.3.4:5 6.7.8.9:443 5 2 98",
        "not_this_format",
    ),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_a_line_counts(line: str, expected: Event | str) -> None:
    assert event(reading("alb"), line) == expected


def test_every_field_can_be_a_label() -> None:
    how = reading("alb")
    fields = ("type", "elb", "client", "target", "user_agent", "ssl_protocol", "trace_id")
    assert set(fields) <= set(how.field_types)
    counted = event(how, LINE + MORE, *fields)
    assert isinstance(counted, dict)
    assert [counted[field] for field in fields] == [
        *("https", "app/web/50dc6c495c0c9188", "192.168.1.11:44740", "10.0.0.1:80"),
        *("curl/7.46.0", "TLSv1.2", "Root=1-58337281"),
    ]
