"""Real logs that nobody here wrote, against results that other tools computed.

They are read in place from beside the project, and collected only where they are present (conftest.py); every test
here has a counterpart elsewhere that makes its own data.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from tabiji.cli import cli

SHARED = Path(__file__).parents[3] / "shared" / "data"
ACCESS = [
    ("elastic_apache_10k", "apache_logs"),
    ("zanbil_nginx_1k", "shop_access.log"),
    ("basjes_hackers", "hackers-access.log"),
    ("nasa_jul95_4k", "access.log"),
]
ZIPPED = SHARED / "access" / "nginx_json" / "nginx_json.ndjson.gz"
SIDEKIQ = SHARED / "jobs" / "sidekiq" / "sidekiq_json.log"


def tabiji(folder: Path, *words: str) -> dict:
    done = CliRunner().invoke(cli, [*words, "--json", "-C", str(folder)])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def workspace(folder: Path, source: str) -> Path:
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(f"sources:\n  logs: {source}\n", "utf-8")
    return folder


def counted(folder: Path, column: str, *more: str) -> dict[str | int | None, int]:
    return {row[column]: row["events"] for row in tabiji(folder, "count", "--by", column, *more)["rows"]}


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t"))


@pytest.mark.parametrize(("name", "log"), ACCESS, ids=lambda value: value)
@pytest.mark.parametrize("format_", ["", "format: apache, ", "format: nginx, "])
def test_access_logs_count_as_other_tools_counted_them(
    tmp_path: Path, name: str, log: str, format_: str
) -> None:
    folder = SHARED / "access" / name
    if name == "nasa_jul95_4k" and format_:
        format_ = "format: apache, log_format: common, "
    site = workspace(tmp_path, f"{{{format_}paths: [{folder / log}]}}")
    (ingested,) = tabiji(site, "ingest")["sources"]
    summary = dict(table(folder / "expected" / "summary.tsv"))
    assert (ingested["read"], ingested["counted"]) == (int(summary["lines"]), int(summary["parsed"]))
    assert sum(ingested["rejected"].values()) == int(summary["rejected"])

    expected = {int(status): int(n) for status, n, *_ in table(folder / "expected" / "by_status.tsv")}
    assert counted(site, "status") == expected
    expected_methods = {method: int(n) for method, n in table(folder / "expected" / "by_method.tsv")}
    assert counted(site, "method") == expected_methods
    minutes = table(folder / "expected" / "by_minute.tsv")[1:]
    rows = tabiji(site, "count", "--every", "1m")["rows"]
    assert {row["time"]: row["events"] for row in rows} == {
        minute[0].replace("Z", ":00Z"): int(minute[2]) for minute in minutes
    }


@pytest.mark.parametrize("source", ["", "format: json"])
def test_nginx_json_counts_every_line_also_those_not_in_utf8(tmp_path: Path, source: str) -> None:
    more = ", format: json, fields: {time: msec, status: status, method: method, path: uri, duration: request_time}"
    site = workspace(tmp_path, f"{{paths: [{ZIPPED}]{more if source else ''}}}")
    (ingested,) = tabiji(site, "ingest")["sources"]
    assert ingested["read"] == ingested["counted"] == 12_000
    expected = ZIPPED.parent / "expected"
    statuses = {int(status): int(n) for status, n in table(expected / "nginx_json_by_status.tsv")}
    assert counted(site, "status") == statuses

    minutes: Counter[tuple[str, str]] = Counter()
    for row in tabiji(site, "count", "--by", "status", "--every", "1m")["rows"]:
        minutes[row["time"], f"{row['status'] // 100}xx"] += row["events"]
    rows = table(expected / "nginx_json_by_minute_class_msec.tsv")
    assert minutes == {(minute, group): int(n) for minute, group, n in rows}


def test_nginx_json_latencies_are_within_the_bound(tmp_path: Path) -> None:
    site = workspace(tmp_path, f"{{paths: [{ZIPPED}]}}")
    tabiji(site, "ingest")
    (row,) = tabiji(site, "count", "--quantiles", "50,90,95,99,99.9")["rows"]
    true = {"p50_ms": 48, "p90_ms": 264, "p95_ms": 371, "p99_ms": 699, "p99.9_ms": 1750}
    for quantile, milliseconds in true.items():
        assert milliseconds <= row[quantile] < milliseconds * 1.1
    assert row["duration_mean_ms"] == pytest.approx(103.24916666667)

    within = {
        limit: int(n)
        for name, n in (
            row[:2] for row in table(ZIPPED.parent / "expected" / "nginx_json_request_time.tsv")[2:]
        )
        if (limit := name.removeprefix("le_"))
    }
    (site / "journeys" / "all.yaml").write_text(
        "journey: all\nsteps: {every: {title: Every, events: \"source = 'logs'\"}}\nobjectives:\n"
        + "".join(
            f"  le-{number}: {{faster_than: {int(Fraction(limit) * 1000)}ms, target: 50%, window: 1h}}\n"
            for number, limit in enumerate(within)
        ),
        "utf-8",
    )
    status = tabiji(site, "status", "--at", "2026-11-21T17:45:00Z", "--definitions", "now")
    assert [objective["good"] for objective in status["objectives"]] == list(within.values())


def test_sidekiq_jobs_are_judged_on_their_final_outcome(tmp_path: Path) -> None:
    site = workspace(tmp_path, f"{{format: sidekiq, latency: elapsed, paths: [{SIDEKIQ}]}}")
    (ingested,) = tabiji(site, "ingest")["sources"]
    assert ingested == {
        "source": "logs",
        "read": 1_111,
        "counted": 400,
        "rejected": {"not_json": 1},
        "filtered": 710,
        "duplicate": 0,
        "files": 1,
        "seconds": ingested["seconds"],
    }
    rows = tabiji(site, "count", "--by", "operation,error")["rows"]
    failed = sum(row["events"] for row in rows if row["error"] is not None)
    assert (failed, sum(row["events"] for row in rows)) == (19, 400)
    jobs: Counter[str] = Counter()
    for row in rows:
        jobs[row["operation"]] += row["events"]
    truth = SIDEKIQ.parent / "enqueued_json.ndjson"
    assert jobs == Counter(json.loads(line)["class"] for line in truth.read_text("utf-8").splitlines())


def test_the_day_of_the_sample_is_what_its_times_say() -> None:
    """2026-11-21T17:39Z is where the samples of nginx and Sidekiq begin: the tests above rely on it."""
    assert datetime(2026, 11, 21, 17, 39, tzinfo=UTC).timestamp() == 1_795_282_740


REAL = {
    "access/elastic_apache_10k/apache_logs": 10_000,
    "access/zanbil_nginx_1k/shop_access.log": 1_000,
    "access/basjes_hackers/hackers-access.log": 3_456,
    "access/nasa_jul95_4k/access.log": 4_000,
    "access/nginx_json/nginx_json.ndjson.gz": 12_000,
    "jobs/sidekiq/sidekiq_json.log": 400,
}


@pytest.mark.parametrize("name", REAL)
def test_real_logs_give_workspaces_that_check_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)

    def ran(*words: str) -> str:
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
        return done.stdout

    found = json.loads(ran("discover", str(SHARED / name), "--json"))
    assert sum(one["events"] for one in found["sources"][0]["operations"]) == REAL[name]
    assert found["journeys"]
    ran("init", ".", "--from", str(SHARED / name))
    ran("check")
