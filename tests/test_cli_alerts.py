"""`tabiji alerts`, and `tabiji status` at a moment of the past: what was judged then, in words and in JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tabiji import cli

START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
SITE = """\
timezone: Asia/Tokyo
sources:
  web: {format: nginx, paths: [access.log]}
"""
JOURNEY = """\
journey: watch-course
title: Watch a course
steps:
  open: {events: "operation = 'GET /courses'"}
  play: {events: "operation = 'GET /play'"}
objectives:
  available:
    good: status < 500
    target: 99.9%
  tried:
    good: status < 500
    target: 99%
    state: provisional
"""

Tabiji = Callable[..., str]


@pytest.fixture
def tabiji(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Tabiji:
    """Runs a command in this process; gives stdout, and stderr where it fails. None: any exit code."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int | None = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        left = 0
        try:
            cli.main()
        except SystemExit as exit_:
            left = exit_.code if isinstance(exit_.code, int) else 1
        out, err = capfd.readouterr()
        assert code is None or left == code, out + err
        return out + err if code else out

    return run


def log(folder: Path, minutes: Iterable[int], failing: Iterable[int] = ()) -> None:
    """Ten requests of each path a minute; in failing minutes all plays fail."""
    bad = set(failing)
    with (folder / "access.log").open("a") as file:
        for minute in minutes:
            for second in range(0, 60, 6):
                time = datetime.fromtimestamp(START + minute * 60 + second, UTC).strftime(
                    "%d/%b/%Y:%H:%M:%S +0000"
                )
                for path, status in (("/courses", 200), ("/play", 503 if minute in bad else 200)):
                    file.write(f'1.2.3.4 - - [{time}] "GET {path} HTTP/1.1" {status} 5 "-" "x"\n')


def at(minute: int) -> str:
    return datetime.fromtimestamp(START + minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def workspace(tmp_path: Path, tabiji: Tabiji) -> Path:
    """Three hours; ten minutes of failing plays after two of them, and the alerts of that."""
    (tmp_path / "tabiji.yaml").write_text(SITE)
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "watch.yaml").write_text(JOURNEY)
    log(tmp_path, range(180), failing=range(120, 130))
    assert "alerts: 4 began, 2 ended; `tabiji alerts` tells of them" in tabiji("ingest")
    return tmp_path


TABLE = """\
objective               alert      began          lasted   burn   spent
watch-course/available  ticket 3d  03-01 11:01  58 min +   4.13  2793 %
watch-course/available  page 1h    03-01 11:02    13 min  16.66  3703 %
watch-course/available  page 6h    03-01 11:02    38 min   8.19  3125 %
watch-course/tried °    ticket 3d  03-01 11:04  55 min +   1.61   279 %
burn: how many times as fast as promised when it began; spent: of the budget by
its end.
+ It fires still.
° On trial: nobody was notified.
Times are those of Asia/Tokyo, in 2026.
"""
WORDS = """\
watch-course/available · 2 % in 1 h (page)
  From 2026-03-01 11:02 to 2026-03-01 11:15, for 13 min.
  In 1 h it burnt 16.66 times as fast as the promise allows, and 200 times in
  5 min; this fires from 13.44 on.
  3703 % of the budget burnt: 100 of 1,460 were bad.
  The bad ones: play 100 %.
  It ended when the short window fell below that.
"""


def test_alerts_as_a_table_of_eighty_columns(workspace: Path, tabiji: Tabiji) -> None:
    assert tabiji("alerts") == TABLE
    assert all(len(line) <= 80 for line in TABLE.splitlines())


def test_alerts_in_words(workspace: Path, tabiji: Tabiji) -> None:
    told = tabiji("alerts", "watch-course/available").split("\n\n")
    assert told[1] == WORDS.rstrip()
    assert "  Since 2026-03-01 11:01, for 58 min so far.\n" in told[0]
    assert "On trial: nobody was notified." in tabiji("alerts", "watch-course/tried")


# words → the objectives and tiers of what is listed
CHOSEN = {
    "those that fire still": (["--open"], ["available 3d", "tried 3d"]),
    "those of one objective that fire still": (["--open", "watch-course/tried"], ["tried 3d"]),
    "those of a journey": (["watch-course"], ["available 3d", "available 1h", "available 6h", "tried 3d"]),
    "those that fired before": (["--from", at(0), "--to", at(122)], ["available 3d"]),
    "one that opens at that moment is not before it": (["--to", at(121)], []),
    "those that fired after": (["--from", at(135)], ["available 3d", "available 6h", "tried 3d"]),
    "one that closes at that moment is not after it": (["--from", at(160)], ["available 3d", "tried 3d"]),
    "without words those of the last 28 days that were judged": ([], 4),
    "as of long ago there were none": (["--to", "2026-01-01"], []),
}


@pytest.mark.parametrize(("words", "found"), CHOSEN.values(), ids=CHOSEN)
def test_alerts_are_chosen_by_time_and_name(
    workspace: Path, tabiji: Tabiji, words: list[str], found: list[str] | int
) -> None:
    listed = [
        f"{one['objective'].partition('/')[2]} {one['long']}"
        for one in json.loads(tabiji("alerts", "--json", *words))["alerts"]
    ]
    assert (len(listed) if isinstance(found, int) else listed) == found


def test_alerts_as_json(workspace: Path, tabiji: Tabiji) -> None:
    alerts: list[dict[str, Any]] = json.loads(tabiji("alerts", "--json"))["alerts"]
    definition = alerts[1].pop("definition")
    assert alerts[1] == {
        "id": 2, "objective": "watch-course/available", "severity": "page", "share": 0.02, "long": "1h",
        "short": "5m", "provisional": False, "late": False, "opened": at(122), "closed": at(135),
        "ending": "below-short", "reason": "fires", "threshold": 13.44, "burn_long": 50 / 3, "burn_short": 200.0,
        "evidence_p": alerts[1]["evidence_p"],
        "burnt": {
            "from": at(62), "to": at(135), "bad": 100, "total": 1460, "share_of_budget": 100 / 2.7,
            "steps": [
                {"step": "open", "good": 730, "total": 730, "share_of_bad": 0.0},
                {"step": "play", "good": 630, "total": 730, "share_of_bad": 1.0},
            ],
        },
    }  # fmt: skip
    assert 0 < alerts[1]["evidence_p"] < 1e-4
    assert [one.get("definition", definition) == definition for one in alerts] == [True, True, True, False]
    assert [(one["closed"], one["ending"], one["provisional"]) for one in (alerts[0], alerts[3])] == [
        (None, None, False),
        (None, None, True),
    ]


# moment → what is said about each tier
WHY = {
    "before anything": (
        110,
        [
            "2 % in 1 h (page): does not fire. The last 1 h burnt 0 times and the last 5 min 0 times; 13.44 is "
            "needed in both.",
        ],
    ),
    "few events at first": (
        121,
        [
            "2 % in 1 h (page): does not fire. The last 1 h burnt 8.33 times, which is below 13.44.",
            "5 % in 6 h (page): does not fire. The last 6 h burnt 4.13 times, which is below 5.6.",
            "10 % in 3 d (ticket): fires from now on. Both windows are at or above 0.933; by luck alone there would "
            "be as many bad ones in 0.021 % of cases.",
        ],
    ),
    "when it fires": (125, ["2 % in 1 h (page): goes on firing. Both windows are at or above 13.44."]),
    "when it ends": (
        135,
        ["2 % in 1 h (page): ends now. The last 5 min burnt 0 times, which is below 13.44."],
    ),
    "after it": (
        136,
        ["2 % in 1 h (page): does not fire. The last 5 min burnt 0 times, which is below 13.44."],
    ),
}


@pytest.mark.parametrize(("minute", "said"), WHY.values(), ids=WHY)
def test_why_a_tier_fires_or_not(workspace: Path, tabiji: Tabiji, minute: int, said: list[str]) -> None:
    words = ("alerts", "--why", "watch-course/available", "--at", at(minute))
    explained = json.loads(tabiji(*words, "--json"))
    assert (explained["objective"], explained["at"]) == ("watch-course/available", at(minute))
    assert [tier["why"] for tier in explained["tiers"]][: len(said)] == said
    shown = tabiji(*words).split("\n\n")
    assert " ".join(shown[1].split()) == " ".join(tier["why"] for tier in explained["tiers"])
    assert shown[0].startswith("watch-course/available · 2026-03-01 1")


def test_why_takes_one_objective(workspace: Path, tabiji: Tabiji) -> None:
    assert "name one of its objectives, such as `watch-course/available`" in tabiji(
        "alerts", "--why", "watch-course", code=2
    )
    assert "takes one objective and `--at`" in tabiji("alerts", "--why", "a/b", "--open", code=2)
    assert "did you mean" in tabiji("alerts", "watch-curse", code=2)
    assert "`--to` is not after `--from`" in tabiji("alerts", "--from", at(2), "--to", at(1), code=2)


def test_nothing_is_judged_twice(workspace: Path, tabiji: Tabiji) -> None:
    before = tabiji("alerts", "--json")
    assert "began" not in tabiji("ingest")
    assert tabiji("alerts", "--json") == before


def test_a_workspace_without_events_has_no_alerts(workspace: Path, tabiji: Tabiji) -> None:
    (workspace / "access.log").unlink()
    (workspace / "tabiji.db").unlink()
    assert json.loads(tabiji("alerts", "--json")) == {"alerts": [], "silences": []}
    assert tabiji("alerts") == ""


# The past


def states(document: str) -> list[tuple[str, str, str, list[bool]]]:
    return [
        (one["objective"], one["target"], one["state"], [tier["firing"] for tier in one["tiers"]])
        for one in json.loads(document)["objectives"]
    ]


def test_a_moment_of_the_past_is_as_it_was_judged_then(workspace: Path, tabiji: Tabiji) -> None:
    then = {
        minute: tabiji("status", "--at", at(minute), "--json", code=None) for minute in (121, 125, 150, 178)
    }
    definition = workspace / "journeys" / "watch.yaml"
    definition.write_text(JOURNEY.replace("99.9%", "90%").replace("  tried", "  tested"))
    log(workspace, range(180, 200))
    tabiji("ingest")
    for minute, document in then.items():
        assert tabiji("status", "--at", at(minute), "--json", code=None) == document
    assert [one[:2] for one in states(then[121])] == [("available", "0.999"), ("tried", "0.99")]
    assert states(then[125])[0][2:] == ("exhausted", [True, True, True])
    now = tabiji("status", "--at", at(125), "--json", "--definitions", "now", code=None)
    assert [one[:2] for one in states(now)] == [("available", "0.9"), ("tested", "0.99")]
    assert [one[:2] for one in states(tabiji("status", "--at", at(190), "--json", code=None))] == [
        ("available", "0.9"),
        ("tested", "0.99"),
    ]


def test_definitions_of_then_that_can_no_longer_be_read_say_what_to_do(
    workspace: Path, tabiji: Tabiji
) -> None:
    site = workspace / "tabiji.yaml"
    routes = workspace / "routes.txt"
    routes.write_text("GET /play\nGET /courses\n")
    site.write_text(SITE.replace("[access.log]", "[access.log], routes: routes.txt"))
    log(workspace, range(180, 190))
    tabiji("ingest")
    site.write_text(SITE)
    log(workspace, range(190, 200))
    tabiji("ingest")
    routes.unlink()
    assert "look with `--definitions now`" in tabiji("status", "--at", at(185), code=2)
    assert "watch-course/available" in tabiji("status", "--at", at(185), "--definitions", "now", code=1)


def test_an_alert_of_an_objective_that_is_gone_is_still_told(workspace: Path, tabiji: Tabiji) -> None:
    definition = workspace / "journeys" / "watch.yaml"
    definition.write_text(JOURNEY.replace("  tried", "  tested"))
    log(workspace, range(180, 190))
    tabiji("ingest")
    told = tabiji("alerts", "watch-course/tried")
    assert "It ended because the objective is no longer defined." in told
    assert "of the budget" not in told


# Sources that are quiet


def test_a_source_that_is_quiet_for_longer_than_set(workspace: Path, tabiji: Tabiji) -> None:
    (workspace / "tabiji.yaml").write_text(SITE.replace("[access.log]", "[access.log], quiet_after: 15m"))
    log(workspace, [*range(180, 185), *range(205, 210)])
    assert "alerts: 1 began, 1 ended" in tabiji("ingest")
    assert tabiji("alerts").partition("\n\n")[2].splitlines()[:2] == [
        "source  alert  quiet since          for  alert after  until",
        "web     page   2026-03-01 12:05  21 min       15 min  events came again",
    ]
    assert json.loads(tabiji("alerts", "--json"))["silences"] == [
        {
            "id": 1, "source": "web", "severity": "page", "quiet_since": at(185), "limit_minutes": 15,
            "learned": False, "opened": at(200), "closed": at(206), "ending": "events",
        }
    ]  # fmt: skip
