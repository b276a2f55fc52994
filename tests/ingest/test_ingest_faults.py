"""Lines that are broken, hostile, or just not of the format: each counted, or rejected with its reason (T8, T9)."""

from __future__ import annotations

from pathlib import Path

import pytest
from outcome import account, by_minute, contents, ingest, objects, web
from writing import BASE, JSON_FAULTS, PACKED, SUFFIX, TEXT_FAULTS, Event, line, ndjson

from tabiji import store
from tabiji.counting import Account

BEFORE, AFTER = Event(BASE + 1, 201), Event(BASE + 2, 202)


@pytest.mark.parametrize("kind", ["plain", "gzip"])
@pytest.mark.parametrize(
    ("fault", "reason", "as_json"),
    [
        *(pytest.param(*case, False, id=f"text: {name}") for name, case in TEXT_FAULTS.items()),
        *(pytest.param(*case, True, id=f"JSON: {name}") for name, case in JSON_FAULTS.items()),
    ],
)
def test_each_line_is_counted_or_rejected_with_its_reason(
    sqlite_url: str, tmp_path: Path, fault: bytes, reason: str | None, as_json: bool, kind: str
) -> None:
    write = ndjson if as_json else line
    path = tmp_path / f"access.log{SUFFIX[kind]}"
    path.write_bytes(PACKED[kind](b"\n".join([write(BEFORE), fault, write(AFTER), b""])))
    with store.open(sqlite_url) as opened:
        outcome = ingest((objects if as_json else web)(path), opened)
        assert outcome.account == (Account(3, 2, ((reason, 1),)) if reason else Account(3, 3))
        assert outcome.problems == ()
        assert account(opened) == outcome.account
        rest = by_minute(opened)
        assert (rest[BASE + 1, 201], rest[BASE + 2, 202]) == (1, 1)
        if reason:
            (entry,) = opened.chunks("web")
            (sample,) = entry.samples
            assert (sample.reason, sample.offset) == (reason, len(write(BEFORE)) + 1)
            assert sample.line == fault[:300].decode("utf-8", "replace")


@pytest.mark.parametrize("source", [web, objects], ids=["text", "JSON"])
def test_all_faults_in_one_file(store_url: str, tmp_path: Path, source: type) -> None:
    faults, write = (TEXT_FAULTS, line) if source is web else (JSON_FAULTS, ndjson)
    path = tmp_path / "access.log"
    lines = [one for fault, _ in faults.values() for one in (fault, write(BEFORE))]
    path.write_bytes(b"\n".join([*lines, b""]))
    with store.open(store_url) as opened:
        ingest(source(path), opened)
        reasons = [reason for _, reason in faults.values() if reason]
        rejected = tuple(sorted((one, reasons.count(one)) for one in set(reasons)))
        assert account(opened) == Account(len(lines), len(lines) - len(reasons), rejected)
        for rows in contents(opened).values():
            assert all(us >= 0 and all(n >= 0 for n in counts.values()) for _, us, counts in rows.values())


@pytest.mark.parametrize("marked", [0, 1, 2], ids=["first line", "second line", "both"])
def test_a_byte_order_mark_is_no_part_of_a_value(sqlite_url: str, tmp_path: Path, marked: int) -> None:
    path = tmp_path / "access.log"
    source = web(path, log_format="$http_x_plan [$time_local] $status", error=None)
    mark, written = b"\xef\xbb\xbf", b"pro [22/Feb/2026:22:40:00 +0000] 200\n"
    path.write_bytes((written if marked == 1 else mark + written) + (mark + written if marked else written))
    with store.open(sqlite_url) as opened:
        ingest(source, opened)
        assert [series.labels for series in opened.series().values()] == [(("plan", "pro"),)]
