"""`tabiji simulate`: what other definitions would have said of the past, when the logs are long gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tabiji.cli import cli

START = 1_795_219_200  # 2026-11-21T00:00:00Z, in seconds
MINUTES = 600
SITE = """
sources:
  web: {format: json, paths: [web.log], fields: {time: t, status: s, duration: d, request: r}}
"""
JOURNEY = """
journey: watch
title: Watch
steps:
  play: {title: Play, events: "operation = 'GET /play'"}
objectives:
  available: {good: "status < 500", target: 99%, window: 7d}
  fast: {faster_than: 500ms, target: 90%, window: 7d}
"""


def events() -> list[tuple[int, int, float]]:
    """(seconds, status, duration): ten a minute; from 300 to 320 every second one fails; each tenth takes 0.8 s."""
    return [
        (
            START + minute * 60 + number * 6,
            503 if 300 <= minute < 320 and number % 2 else 200,
            0.8 if number == 9 else 0.1,
        )
        for minute in range(MINUTES)
        for number in range(10)
    ]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text(SITE, "utf-8")
    (tmp_path / "journeys" / "watch.yaml").write_text(JOURNEY, "utf-8")
    log = tmp_path / "web.log"
    lines = [json.dumps({"t": t, "s": s, "d": d, "r": "GET /play HTTP/1.1"}) for t, s, d in events()]
    log.write_text("\n".join(lines) + "\n", "utf-8")
    assert run(tmp_path, "ingest").exit_code == 0
    log.unlink()
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "-C", str(folder)])


def simulated(folder: Path, text: str) -> dict:
    draft = folder / "draft.yaml"
    draft.write_text(text, "utf-8")
    period = ("--from", "2026-11-21T00:00:00Z", "--to", "2026-11-21T10:00:00Z")
    done = run(folder, "simulate", str(draft), *period, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_another_limit_is_judged_without_any_log(workspace: Path) -> None:
    document = simulated(workspace, JOURNEY.replace("faster_than: 500ms", "faster_than: 800ms"))
    assert (document["from"], document["to"]) == ("2026-11-21T00:00:00Z", "2026-11-21T10:00:00Z")
    (fast,) = document["objectives"]
    assert fast["id"] == "watch/fast"
    slow = sum(duration > 0.5 for _, _, duration in events())
    assert (fast["old"]["bad"], fast["old"]["total"]) == (slow, MINUTES * 10)
    assert (fast["new"]["bad"], fast["new"]["total"]) == (0, MINUTES * 10)
    assert (fast["old"]["consumed"], fast["new"]["consumed"]) == (1.0, 0.0)


def test_a_stricter_target_would_have_told_sooner(workspace: Path) -> None:
    (one,) = simulated(workspace, JOURNEY.replace("target: 99%", "target: 99.9%"))["objectives"]
    failed = sum(status >= 500 for _, status, _ in events())
    assert one["id"] == "watch/available"
    assert one["old"]["bad"] == one["new"]["bad"] == failed == 100
    assert (one["old"]["target"], one["new"]["target"]) == ("0.99", "0.999")
    assert one["new"]["consumed"] == pytest.approx(10 * one["old"]["consumed"])
    pages = {
        side: [alert for alert in one[side]["alerts"] if alert["severity"] == "page"]
        for side in ("old", "new")
    }
    assert pages["old"]
    assert pages["new"][0]["opened"] < pages["old"][0]["opened"]
    for side in ("old", "new"):
        incident = one[side]["incidents"][0]
        assert (incident["started"], incident["recovered"]) == (
            "2026-11-21T05:00:00Z",
            "2026-11-21T05:20:00Z",
        )
        assert incident["detected"] == pages[side][0]["opened"]


def test_without_tiers_the_drop_is_missed(workspace: Path) -> None:
    draft = JOURNEY.replace("target: 99%, window: 7d", "target: 99%, window: 7d, alerts: none")
    (one,) = simulated(workspace, draft)["objectives"]
    assert one["new"]["alerts"] == []
    assert [incident["verdict"] for incident in one["new"]["incidents"]] == ["missed"]
    assert [incident["verdict"] for incident in one["old"]["incidents"]] == [None]


POLICY = """
policies:
  spent:
    title: When the budget is spent
    journeys: [watch]
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato]
    steps:
      half: {when: budget below 50%, then: [notify]}
      gone: {when: budget exhausted, then: [stop-risky-deployments]}
"""


def test_a_policy_would_have_acted_once(workspace: Path) -> None:
    by_id = {one["id"]: one for one in simulated(workspace, POLICY)["objectives"]}
    assert by_id["watch/available"]["old"]["policies"] == []
    acts = [
        (one["step"], one["at"])
        for one in by_id["watch/available"]["new"]["policies"]
        if one["kind"] == "acts"
    ]
    # 300 minutes of ten events, then 5 of ten fail: half of 1 % is spent after 4 minutes, all of it after 7.
    assert acts == [("half", "2026-11-21T05:04:00Z"), ("gone", "2026-11-21T05:07:00Z")]


def test_objectives_that_a_policy_does_nothing_about_are_only_counted(workspace: Path) -> None:
    draft = workspace / "draft.yaml"
    steps = POLICY[POLICY.index("      half:") :]
    draft.write_text(POLICY.replace(steps, "      paged: {when: page fires, then: [notify]}\n"), "utf-8")
    told = run(workspace, "simulate", str(draft)).stdout
    assert "\nwatch/available\n" in told
    assert "policy spent: tell the owners\n" in told
    assert "watch/fast" not in told
    assert told.endswith("\n\nFor 1 other objective nothing would change.\n")
    draft.write_text(POLICY.replace(steps, "      unseen: {when: drop found, then: [review]}\n"), "utf-8")
    assert run(workspace, "simulate", str(draft)).stdout.endswith("rollups alone.\nNothing would change.\n")


def test_new_and_gone_objectives_stand_alone(workspace: Path) -> None:
    draft = JOURNEY.replace("  fast: {faster_than", "  quick: {faster_than")
    by_id = {one["id"]: one for one in simulated(workspace, draft)["objectives"]}
    assert by_id["watch/fast"]["new"] is None
    assert by_id["watch/quick"]["old"] is None
    assert by_id["watch/quick"]["new"] == by_id["watch/fast"]["old"]


def test_titles_and_other_words_change_nothing(workspace: Path) -> None:
    assert simulated(workspace, JOURNEY.replace("title: Watch", "title: 視聴する"))["objectives"] == []


def test_the_table_tells_both_sides(workspace: Path) -> None:
    draft = workspace / "draft.yaml"
    draft.write_text(JOURNEY.replace("target: 99%", "target: 99.9%"), "utf-8")
    done = run(workspace, "simulate", str(draft))
    assert done.exit_code == 0, done.output
    assert "watch/available" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (JOURNEY.replace("target: 99%", "target: 99"), "`99` is not a target"),
        (JOURNEY.replace("faster_than", "faster_thn"), "did you mean `faster_than`?"),
    ],
    ids=["a target that is none", "an unknown key"],
)
def test_faults_of_the_draft_are_all_said(workspace: Path, text: str, message: str) -> None:
    draft = workspace / "draft.yaml"
    draft.write_text(text, "utf-8")
    done = run(workspace, "simulate", str(draft))
    assert done.exception is not None
    assert message in str(done.exception)
    assert str(done.exception).startswith(f"{draft}:")


def test_a_draft_that_is_not_there(workspace: Path) -> None:
    done = run(workspace, "simulate", str(workspace / "none.yaml"))
    assert "can't be read" in str(done.exception)


def test_a_past_that_is_not_kept_says_which_is(workspace: Path) -> None:
    draft = workspace / "draft.yaml"
    draft.write_text(JOURNEY.replace("target: 99%", "target: 99.9%"), "utf-8")
    assert str(
        run(workspace, "simulate", str(draft), "--from", "2020-01-01", "--to", "2020-02-01").exception
    ) == (
        "there are no minutes between `--from` and `--to`; there are those of 2026-11-21 00:00 to 2026-11-21 10:00"
    )
    assert run(workspace, "simulate", str(draft)).stdout.startswith(
        "2026-11-21 00:00 to 2026-11-21 10:00 (10 h), "
    )


def test_what_changed_is_in_the_table(workspace: Path) -> None:
    minutes = JOURNEY.replace("available: {good", "available: {bad_minute: error_rate >= 10%, for: 5m, good")
    (workspace / "journeys" / "watch.yaml").write_text(minutes, "utf-8")
    draft = workspace / "draft.yaml"
    draft.write_text(minutes.replace(">= 10%", ">= 60%").replace("window: 7d", "window: 14d"), "utf-8")
    told = [" ".join(line.split()) for line in run(workspace, "simulate", str(draft)).stdout.splitlines()]
    assert told[1:8] == [
        "Budgets are those of this time, not of whole windows.",
        "",
        "watch/available",
        "now changed",
        "window 7d 14d",
        "promise 99 % 99 %",
        "bad minute error_rate >= 10% for 5m error_rate >= 60% for 5m",
    ]
