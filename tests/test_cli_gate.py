"""`tabiji gate`: from a log of the last hours to go or stop; and `status`, which never corrects in silence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import cli

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
SITE = "sources:\n  web: {format: nginx, paths: [access.log]}\nteams: {learning: {}, billing: {}}\n"
JOURNEY = """\
journey: {name}
team: {team}
steps: {{all: {{events: "operation = 'GET /{name}'"}}}}
objectives:
  available: {{good: status < 500, target: 90%}}
"""
POLICY = """\
policies:
  budget:
    team: learning
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato, Ito]
    steps:
      gone: {when: budget exhausted, until: budget back at 10%, then: [stop-risky-deployments]}
"""
CORRECTION = """\
corrections:
  outage:
    category: planned-maintenance
    author: Ito
    reason: The database moved
    start: {start}
    duration: 1h
"""

STATUS = ("status", "--definitions", "now")  # the minute may have been judged by those before already


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in the workspace."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


@pytest.fixture
def workspace(tmp_path: Path, ask: Ask) -> Path:
    """Two journeys: of `watch` every other request of an hour failed, of `pay` none."""
    (tmp_path / "journeys").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "tabiji.yaml").write_text(SITE)
    for name, team in (("watch", "learning"), ("pay", "billing")):
        (tmp_path / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(name=name, team=team))
    (tmp_path / "policies" / "budget.yaml").write_text(POLICY)
    lines = []
    for minute in range(180, 0, -1):
        at = NOW - timedelta(minutes=minute)
        status = 500 if minute <= 60 and minute % 2 else 200
        for name, code in (("watch", status), ("pay", 200)):
            lines.append(
                f'1.1.1.1 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /{name} HTTP/1.1" {code} 1 "-" "a"\n'
            )
    (tmp_path / "access.log").write_text("".join(lines))
    assert ask("ingest").code == 0
    return tmp_path


def test_the_gate_stops_where_the_budget_is_gone(workspace: Path, ask: Ask) -> None:
    answer = ask("gate", "watch")
    assert answer.code == 1
    first, *rest = answer.out.splitlines()
    assert max(len(line) for line in rest) <= 80
    second = " ".join(rest)
    assert first == "Stop: no risky deployments."
    assert second.startswith("watch: stop, because nothing of the budget is left for watch/available since ")
    assert second.endswith("stops risky deployments until 10 % of the budget is back. Ask Sato, Ito.")


def test_the_gate_goes_where_nothing_stops_it(workspace: Path, ask: Ask) -> None:
    assert ask("gate", "pay") == Answer(
        0, "Go: deploying is in keeping with what was agreed.\npay: go. Nothing was agreed about it.\n", ""
    )


def test_one_that_stops_is_enough(workspace: Path, ask: Ask) -> None:
    answer = ask("gate", "watch", "pay", "--json")
    document = json.loads(answer.out)
    assert (answer.code, document["open"]) == (1, False)
    assert [(one["kind"], one["journey"]) for one in document["grounds"]] == [
        ("no-policy", "pay"),
        ("stopped", "watch"),
    ]


def test_a_team_is_all_its_journeys(workspace: Path, ask: Ask) -> None:
    assert [ask("gate", "--team", team).code for team in ("learning", "billing")] == [1, 0]


def test_the_ledger_tells_what_was_agreed_then(workspace: Path, ask: Ask) -> None:
    (episode,) = json.loads(ask("gate", "--history", "--json").out)["episodes"]
    assert (episode["objective"], episode["step"], episode["ended"]) == ("watch/available", "gone", None)
    assert episode["agreed"] == {"by": ["Sato"], "on": "2026-04-01"}
    (workspace / "policies" / "budget.yaml").write_text(POLICY.replace("[Sato], on", "[Ueda], on"))
    answer = ask("gate", "--history", "watch")
    assert answer.code == 0
    assert answer.out.startswith("watch/available · budget, step gone\n  Since ")
    assert answer.out.endswith("  Agreed by Sato on 2026-04-01.\n")
    assert ask("gate", "--history", "--team", "learning").out.splitlines()[0].split() == [
        "objective", "step", "began", "lasted", "due",
    ]  # fmt: skip


def test_a_ledger_of_nothing_says_so(workspace: Path, ask: Ask) -> None:
    nothing = Answer(0, "", "The policies did nothing so far.\n")
    assert ask("gate", "--history", "pay") == nothing
    assert ask("gate", "--history", "--team", "billing") == nothing
    assert ask("gate", "--history", "--to", "now-7d") == nothing
    assert ask("gate", "--history", "pay", "--json") == Answer(0, '{\n  "episodes": []\n}\n', "")
    assert ask("gate", "pay", "--from", "now-7d").code == 2


def test_an_exception_opens_the_gate(workspace: Path, ask: Ask) -> None:
    until = (NOW + timedelta(days=1)).isoformat()
    exception = f"    exceptions: [{{by: Sato, reason: The launch, until: '{until}'}}]\n"
    (workspace / "policies" / "budget.yaml").write_text(POLICY + exception)
    answer = ask("gate", "watch")
    assert answer.code == 0
    assert "watch: go, by an exception until " in answer.out
    assert "(Sato: The launch)" in answer.out


def test_a_corrected_hour_spends_nothing_and_status_says_so(workspace: Path, ask: Ask) -> None:
    assert (ask("status", "watch").code, ask("gate", "watch").code) == (1, 1)
    start = (NOW - timedelta(hours=1)).isoformat()
    (workspace / "policies" / "corrections.yaml").write_text(CORRECTION.format(start=start))
    assert (ask(*STATUS, "watch").code, ask("gate", "watch").code) == (0, 0)
    assert "* Corrected: watch/available by outage; without, " in ask(*STATUS).out
    assert "Corrected for 1 h: outage (planned maintenance; Ito: The database moved)." in (
        ask(*STATUS, "watch").out
    )
    pay, watch = json.loads(ask(*STATUS, "--json").out)["objectives"]
    assert (watch["total"], watch["bad"], watch["uncorrected"]["bad"]) == (120, 0, 30)
    assert [one["name"] for one in pay["corrections"]] == ["outage"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], "whose deployment? Name journeys, or a team with `--team`", id="nobody's"),
        pytest.param(
            ["wach"], "`wach` is neither a journey nor an objective; did you mean `watch`?", id="wrong"
        ),
        pytest.param(
            ["--team", "learnin"], "no journey belongs to team `learnin`; did you mean", id="no team"
        ),
    ],
)
def test_the_gate_of_nobody_is_a_mistake(workspace: Path, ask: Ask, words: list[str], expected: str) -> None:
    answer = ask("gate", *words)
    assert answer.code == 2
    assert answer.err.startswith(expected)
