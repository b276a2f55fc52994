"""A real log of five minutes, with a minute and a half in which many requests failed: found, priced, attributed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tabiji.cli import cli

ZIPPED = Path(__file__).parents[3] / "shared" / "data" / "access" / "nginx_json" / "nginx_json.ndjson.gz"
EXPECTED = ZIPPED.parent / "expected" / "nginx_json_by_minute_class_msec.tsv"
JOURNEY = """
journey: shop
title: Use the shop
steps:
  every: {title: Every request, events: "source = 'logs'"}
objectives:
  available: {good: status < 500, target: 99%, window: 7d}
"""


def tabiji(folder: Path, *words: str) -> dict:
    done = CliRunner().invoke(cli, [*words, "--json", "-C", str(folder)])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_incident_of_the_sample_is_found(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text(f"sources:\n  logs: {{paths: [{ZIPPED}]}}\n", "utf-8")
    (tmp_path / "journeys" / "shop.yaml").write_text(JOURNEY, "utf-8")
    tabiji(tmp_path, "ingest")
    (incident,) = tabiji(tmp_path, "incidents")["incidents"]

    rows = [line.split("\t") for line in EXPECTED.read_text("utf-8").splitlines()]
    minutes = [f"2026-11-21T17:{minute}:00Z" for minute in (40, 41)]
    bad = sum(int(n) for minute, group, n in rows if minute in minutes and group == "5xx")
    total = sum(int(n) for minute, _, n in rows if minute in minutes)
    before = sum(int(n) for minute, _, n in rows if minute <= minutes[-1])
    times = {key: incident[key] for key in ("started", "detected", "detected_by", "calm_since", "recovered")}
    assert times == {
        "started": minutes[0],
        "detected": minutes[1],
        "detected_by": "alert",
        "calm_since": "2026-11-21T17:42:00Z",
        "recovered": None,  # the log ends before it has been calm for 15 minutes
    }
    (spent,) = incident["objectives"]
    assert (spent["bad"], spent["total"]) == (bad, total) == (263, 4802)
    assert spent["budget_spent"] == pytest.approx(bad / (before / 100))

    parts = incident["operations"]
    assert sum(part["bad"] for part in parts) == bad
    assert sum(part["total"] for part in parts) == total
    assert sum(part["share_of_bad"] for part in parts) == pytest.approx(1)
    rows_of = tabiji(
        tmp_path, "count", "--by", "operation,status", "--from", minutes[0], "--to", "2026-11-21T17:42Z"
    )
    failed: dict[str, int] = {}
    for row in rows_of["rows"]:
        if row["status"] >= 500:
            name = row["operation"] or "(none)"
            failed[name] = failed.get(name, 0) + row["events"]
    assert {part["operation"]: part["bad"] for part in parts if part["bad"]} == failed
