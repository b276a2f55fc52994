"""NDJSON by a mapping of fields, and Sidekiq's."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from one_line import MINUTE, Event, event

from tabiji import engines
from tabiji.engines import Chunk, Task
from tabiji.logs import LogFormatError, reading

FIELDS = {"time": "t"}
TIMES: dict[str, tuple[str, object, Event | str]] = {
    "seconds": ("time", 971211336, {"minute": MINUTE}),
    "seconds in quotes": ("time", "971211336.999999", {"minute": MINUTE}),
    "the last microsecond of a minute": ("time", 971211359.999999, {"minute": MINUTE}),
    "the first of the next": ("time", 971211360, {"minute": MINUTE + 1}),
    "ISO 8601 in UTC": ("time", "2000-10-10T20:55:36Z", {"minute": MINUTE}),
    "ISO 8601 in another zone": ("time", "2000-10-11T05:55:36.5+09:00", {"minute": MINUTE}),
    "ISO 8601 without a zone": ("time", "2000-10-10 20:55:36,5".replace(",", "."), {"minute": MINUTE}),
    "as nginx and Apache write it": ("time", "10/Oct/2000:13:55:36 -0700", {"minute": MINUTE}),
    "milliseconds": ("time_ms", 971211336001, {"minute": MINUTE}),
    "microseconds": ("time_us", 971211336000001, {"minute": MINUTE}),
    "nanoseconds": ("time_ns", 971211336000000001, {"minute": MINUTE}),
    "words": ("time", "yesterday", "no_time"),
    "nothing": ("time", None, "no_time"),
    "true": ("time", True, "no_time"),
    "a list": ("time", [971211336], "no_time"),
}


@pytest.mark.parametrize(("part", "value", "expected"), TIMES.values(), ids=TIMES)
def test_times_are_read(part: str, value: object, expected: Event | str) -> None:
    assert event(reading("json", fields={part: "t"}), json.dumps({"t": value})) == expected


@pytest.mark.parametrize(
    ("part", "value", "us"),
    [
        ("duration", 0.25, 250_000),
        ("duration", "0.010, 0.200 : 0.1", 310_000),
        ("duration_ms", 2.5, 2_500),
        ("duration_us", "17", 17),
        ("duration_ns", 1_499, 1),
        ("duration", 2.7e-6, 3),
    ],
)
def test_durations_are_read(part: str, value: object, us: int) -> None:
    how = reading("json", fields={"time": "t", part: "d"})
    assert event(how, json.dumps({"t": 971211336, "d": value})) == {"minute": MINUTE, "us": us}


LINES: dict[str, tuple[dict[str, str], str, Event | str]] = {
    "keys at the top": (
        {"status": "s", "method": "m", "path": "p", "host": "h"},
        '{"t":971211336,"s":200,"m":"GET","p":"/a/1?b","h":"Example.com"}',
        {"minute": MINUTE, "status": 200, "method": "GET", "path": "/a/:id", "host": "Example.com"},
    ),
    "a request line": (
        {"request": "r"},
        '{"t":971211336,"r":"GET /a HTTP/1.1"}',
        {"minute": MINUTE, "method": "GET", "path": "/a"},
    ),
    "dotted paths into objects": (
        {"status": "http.response.status", "path": "http.path"},
        '{"t":971211336,"http":{"response":{"status":404},"path":"/a"}}',
        {"minute": MINUTE, "status": 404, "path": "/a"},
    ),
    "keys with dots in them": (
        {"status": "http.status"},
        '{"t":971211336,"http.status":404}',
        {"minute": MINUTE, "status": 404},
    ),
    "an object where there is usually a value": (
        {"path": "p"},
        '{"t":971211336,"p":{"q":1}}',
        {"minute": MINUTE, "path": '{"q":1}'},
    ),
    "a value where there is usually an object": (
        {"path": "p.q"},
        '{"t":971211336,"p":5}',
        {"minute": MINUTE},
    ),
    "Unicode, escaped": (
        {"path": "p"},
        '{"t":971211336,"p":"\\/\\u65c5\\u8def"}',
        {"minute": MINUTE, "path": "/旅路"},
    ),
    "none of the keys": ({"path": "p"}, '{"x":1}', "no_time"),
}


@pytest.mark.parametrize(("fields", "line", "expected"), LINES.values(), ids=LINES)
def test_parts_are_found_where_the_mapping_says(
    fields: dict[str, str], line: str, expected: Event | str
) -> None:
    assert event(reading("json", fields=FIELDS | fields), line) == expected


def test_names_of_ones_own_are_fields() -> None:
    how = reading("json", fields=FIELDS | {"plan": "user.plan", "id": "i"})
    assert {"plan", "id"} <= set(how.field_types)
    line = '{"t":971211336,"user":{"plan":"pro"},"i":17}'
    assert event(how, line, "plan", "id") == {"minute": MINUTE, "plan": "pro", "id": "17"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [(None, "`json` needs `fields:`"), ({"status": "s"}, "`fields:` names no `time`")],
    ids=["no mapping", "no time"],
)
def test_a_mapping_without_a_time_is_refused(fields: dict[str, str] | None, message: str) -> None:
    with pytest.raises(LogFormatError, match=re.escape(message)):
        reading("json", fields=fields)


# Sidekiq

ENDED = "2000-10-10T20:55:36.500Z"
JOB = {"retry": True, "queue": "critical", "class": "ChargeJob", "jid": "a1", "created_at": 971211330.5}


def attempt(msg: str, **context: object) -> str:
    return json.dumps(
        {
            "ts": ENDED,
            "pid": 1,
            "tid": "4os",
            "lvl": "INFO",
            "msg": msg,
            "ctx": {"class": "ChargeJob", "jid": "a1"} | context,
        }
    )


def warning(**changes: object) -> str:
    made = {"context": "Job raised exception", "job": JOB | {"enqueued_at": 971211335.5} | changes}
    return json.dumps({"ts": ENDED, "pid": 1, "tid": "4os", "lvl": "WARN", "msg": json.dumps(made)})


CHARGED: Event = {"minute": MINUTE, "class": "ChargeJob", "outcome": "done"}
FAILED: Event = {"minute": MINUTE, "class": "ChargeJob", "outcome": "failed", "queue": "critical"}
FIRST = {"retry": 0, "enqueued_at": 971211330.5}
JOBS: dict[str, tuple[str, Event | str, Event | str]] = {
    "a start": (attempt("start"), "filtered", "filtered"),
    "done": (attempt("done", elapsed=0.25), CHARGED, CHARGED | {"us": 250_000}),
    "done, with when it was enqueued": (
        attempt("done", elapsed=0.25, enqueued_at=971211335.5),
        CHARGED | {"us": 1_000_000},
        CHARGED | {"us": 250_000},
    ),
    "done, as Sidekiq 8 writes times": (
        attempt("done", elapsed=0.25, enqueued_at=971211335500),
        CHARGED | {"us": 1_000_000},
        CHARGED | {"us": 250_000},
    ),
    "done after a retry: from when it was made": (
        attempt("done", elapsed=0.25, enqueued_at=971211335.5, created_at=971211330.5, retry_count=0),
        CHARGED | {"us": 6_000_000},
        CHARGED | {"us": 250_000},
    ),
    "done before it was enqueued: two clocks": (
        attempt("done", elapsed=0.25, enqueued_at=971211336.6),
        CHARGED | {"us": 0},
        CHARGED | {"us": 250_000},
    ),
    "enqueued at no time": (
        attempt("done", elapsed=0.25, enqueued_at="x"),
        "bad_duration",
        CHARGED | {"us": 250_000},
    ),
    "an attempt that failed": (attempt("fail", elapsed=0.25), "filtered", "filtered"),
    "its warning: 25 retries are left": (warning(), "filtered", "filtered"),
    "the last of 25 retries": (
        warning(retry_count=24, error_class="IOError"),
        FAILED | {"us": 6_000_000, "error_class": "IOError"},
        FAILED | {"error_class": "IOError"},
    ),
    "the last but one": (warning(retry_count=23), "filtered", "filtered"),
    "the first of one": (warning(retry=1), "filtered", "filtered"),
    "the last of one": (
        warning(retry=1, retry_count=0, error_class="IOError"),
        FAILED | {"us": 6_000_000, "error_class": "IOError"},
        FAILED | {"error_class": "IOError"},
    ),
    "no retries": (
        warning(retry=False),
        FAILED | {"us": 1_000_000, "error_class": "failed"},
        FAILED | {"error_class": "failed"},
    ),
    "retries of 0": (
        warning(retry=0),
        FAILED | {"us": 1_000_000, "error_class": "failed"},
        FAILED | {"error_class": "failed"},
    ),
    "the exception's own line": (attempt("IOError: card declined"), "filtered", "filtered"),
    "a message that looks like JSON": (attempt("{ not JSON"), "filtered", "filtered"),
    "a line of another logger": ("Booting Sidekiq", "not_json", "not_json"),
}


@pytest.mark.parametrize(("line", "enqueued", "elapsed"), JOBS.values(), ids=JOBS)
def test_a_job_counts_once_with_its_final_outcome(
    line: str, enqueued: Event | str, elapsed: Event | str
) -> None:
    fields = ("class", "queue", "outcome", "error_class")
    for latency, expected in ((None, enqueued), ("enqueued", enqueued), ("elapsed", elapsed)):
        assert event(reading("sidekiq", latency=latency), line, *fields) == expected


def test_jobs_are_named_by_their_class_and_fail_by_their_error() -> None:
    how = reading("sidekiq")
    assert (how.kind, how.operation, how.error) == ("job", "class", "error_class")
    content = "\n".join([attempt("start"), attempt("fail"), warning(retry=1), attempt("done")]) + "\n"
    counted = engines.count(Task(Chunk(None, 0, 0, content.encode()), how, ("outcome",)))
    assert Counter(
        dict(zip((key[-1] for key in counted.keys), counted.cells.events.tolist(), strict=True))
    ) == {"done": 1}
    assert (counted.account.counted, counted.account.filtered) == (1, 3)


def test_a_latency_of_another_name_is_refused() -> None:
    with pytest.raises(LogFormatError, match="`latency` is `enqueued` or `elapsed`"):
        reading("sidekiq", latency="queued")
