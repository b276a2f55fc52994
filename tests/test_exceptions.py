"""Exceptions that people grant: what may be, when it holds, how it ends; what policies do meanwhile; their tickets."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import agreements, cli, definitions, store
from tabiji.actions import Wanted, Word
from tabiji.acts import Act
from tabiji.agreements import Agreement, Granted
from tabiji.cli import workspace
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.policies import Exemption
from tabiji.reports.documents import iso_time
from tabiji.runs import acting, agreeing, following, signing
from tabiji.runs.documents import policy_document
from tabiji.runs.ingesting import ingest
from tabiji.runs.viewing import policies as viewing
from tabiji.store import StaleRound, Store

NOW = 1_780_000_020  # a whole minute
MINUTE = NOW // 60
WANTED = Granted("Sato", "the release", MINUTE, MINUTE + 60)
STEPS, JOURNEYS = ("gone", "half"), ("watch",)
LONGEST = 90 * 1440


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param(replace(WANTED, until=MINUTE), "would be over already", id="it ends as it begins"),
        pytest.param(replace(WANTED, until=MINUTE - 5), "would be over already", id="it ends before"),
        pytest.param(replace(WANTED, until=MINUTE + LONGEST + 1), "lasts 90 days at most", id="a minute too long"),
        pytest.param(replace(WANTED, why=" "), "say why in a sentence", id="no reason"),
        pytest.param(replace(WANTED, why="x" * 4001), "4000 are the most", id="too long a reason"),
        pytest.param(replace(WANTED, steps=("going",)), "`going` is nothing of this policy; there are gone, half",
                     id="a step that there is not"),
        pytest.param(replace(WANTED, journeys=("pay",)), "`pay` is nothing of this policy; there are watch",
                     id="a journey that is not the policy's"),
    ],
)  # fmt: skip
def test_what_can_not_be_granted(wanted: Granted, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        agreements.except_("spent", wanted, STEPS, JOURNEYS, NOW)


@pytest.mark.parametrize("until", [MINUTE + 1, MINUTE + LONGEST], ids=["one minute", "90 days"])
def test_what_can_be_granted(until: int) -> None:
    wanted = replace(WANTED, until=until, steps=("gone",), journeys=("watch",))
    assert agreements.except_("spent", wanted, STEPS, JOURNEYS, NOW) == Act(
        "agreement", "spent", "excepted", NOW, "Sato",
        {"why": "the release", "start": MINUTE, "until": until, "steps": ["gone"], "journeys": ["watch"]},
    )  # fmt: skip


def granted(*more: Act) -> Agreement:
    act = replace(agreements.except_("spent", WANTED, STEPS, JOURNEYS, NOW), number=7)
    return agreements.fold([act, *more])


def test_an_exception_is_ended_before_its_end_once() -> None:
    said = granted()
    assert said == Agreement((), (), 7, (replace(WANTED, number=7),))
    act = replace(agreements.resume("spent", said, 7, "Ito", "we shipped", NOW + 90), number=8)
    assert granted(act).exceptions == (replace(WANTED, until=MINUTE + 1, number=7),)
    at_once = replace(act, at=MINUTE * 60)
    assert granted(at_once).exceptions == (replace(WANTED, until=MINUTE, number=7),)
    for number, at, message in (
        (9, NOW, "there is no exception 9"),
        (7, (MINUTE + 60) * 60, "exception 7 is over already"),
    ):
        with pytest.raises(ValueError, match=message):
            agreements.resume("spent", said, number, "Ito", "x", at)
    assert agreements.resume("spent", said, 7, "Ito", "x", (MINUTE + 60) * 60 - 1).what == "resumed"


# What policies do meanwhile

SITE = """\
timezone: UTC
sources: {web: {format: json, paths: [web.ndjson], fields: {time: t, status: s}, operation: "'play'"}}
"""
JOURNEY = """\
journey: watch
steps: {play: {events: operation = 'play'}}
objectives: {works: {good: status < 500, target: 90%, window: 2h, alerts: none}}
"""
POLICY = """\
policies:
  spent:
    title: {en: When it is spent, ja: 使い切ったとき}
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato]
    steps:
      gone: {when: budget exhausted, then: [stop-risky-deployments, ticket-next-sprint]}
"""
START = 1_775_001_600  # 2026-04-01T00:00Z
FIRST = START // 60


@dataclass
class Counted:
    site: Site
    store: Store
    folder: Path

    def judged(self, minute: int) -> list[str]:
        """Counts and judges what was logged up to a minute; what the policies did."""
        ingest(self.site.sources[0], self.store, now=minute * 60, workers=1)
        _judged, changes = following.judge(self.site, self.store, minute * 60)
        return [one.kind for one in changes]

    def log(self, first: int, end: int, bad: int) -> None:
        with (self.folder / "web.ndjson").open("a") as file:
            for minute in range(first, end):
                for n in range(10):
                    file.write(json.dumps({"t": minute * 60 + n, "s": 500 if n < bad else 200}) + "\n")

    def gate(self, minute: int) -> tuple[bool, str]:
        found = agreeing.gate(self.site, self.store, ["watch"], minute)
        return found.open, found.grounds[0].kind


@pytest.fixture
def counted(store_url: str, tmp_path: Path) -> Iterator[Counted]:
    """An hour in which nothing fails, judged; then half an hour in which all fails."""
    made = tmp_path / "site"
    files = {
        "tabiji.yaml": SITE + f"store: {store_url}\n",
        "journeys/watch.yaml": JOURNEY,
        "policies/p.yaml": POLICY,
    }
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    site = definitions.load(made, {})
    with store.open(store_url) as opened:
        one = Counted(site, opened, made)
        one.log(FIRST, FIRST + 60, 0)
        one.judged(FIRST + 60)
        one.log(FIRST + 60, FIRST + 90, 10)
        yield one


def grant(counted: Counted, minute: int, until: int) -> Act:
    wanted = Granted("Sato", "the release", minute, until)
    return signing.except_(counted.site, counted.store, "spent", wanted, minute * 60)


def test_an_exception_holds_a_policy_back_until_it_ends_by_itself(counted: Counted) -> None:
    assert counted.judged(FIRST + 90) == ["acts"]
    assert counted.gate(FIRST + 90) == (False, "stopped")
    act = grant(counted, FIRST + 90, FIRST + 95)
    assert counted.gate(FIRST + 90) == (True, "excepted")
    assert counted.gate(FIRST + 94) == (True, "excepted")
    assert counted.gate(FIRST + 95) == (False, "stopped")
    counted.log(FIRST + 90, FIRST + 94, 10)
    assert counted.judged(FIRST + 94) == ["suspended"]
    counted.log(FIRST + 94, FIRST + 96, 10)
    assert counted.judged(FIRST + 96) == ["resumed"]
    ledger = [one.change for one in counted.store.policy_ledger()]
    assert [(one.kind, one.minute - FIRST) for one in ledger][1:] == [("suspended", 90), ("resumed", 95)]
    assert ledger[1].exception == Exemption("Sato", "the release", FIRST + 90, FIRST + 95, number=act.number)


def test_an_exception_that_is_ended_holds_nothing_back(counted: Counted) -> None:
    assert counted.judged(FIRST + 90) == ["acts"]
    act = grant(counted, FIRST + 90, FIRST + 500)
    assert counted.gate(FIRST + 92) == (True, "excepted")
    signing.resume(counted.site, counted.store, "spent", act.number, "Ito", "we shipped", (FIRST + 91) * 60)
    assert counted.gate(FIRST + 91) == (False, "stopped")
    with pytest.raises(UsageError, match="over already"):
        signing.resume(counted.site, counted.store, "spent", act.number, "Ito", "x", (FIRST + 91) * 60)


def test_what_comes_due_while_an_exception_holds_is_done_when_it_is_over(counted: Counted) -> None:
    grant(counted, FIRST + 60, FIRST + 95)
    assert counted.judged(FIRST + 90) == ["suspended"]
    counted.log(FIRST + 90, FIRST + 96, 10)
    assert counted.judged(FIRST + 96) == ["acts"]
    assert counted.store.policy_ledger()[-1].change.minute == FIRST + 95


# Tickets for the next sprint


def test_a_ticket_is_opened_once_and_its_policy_knows_what_became_of_it(counted: Counted) -> None:
    site, kept = counted.site, counted.store
    assert counted.judged(FIRST + 90) == ["acts"]
    (item,) = acting.every(kept)
    assert item.wanted == Wanted(
        "When it is spent: watch / works", owner="Sato", origin="policy", which="spent", journey="watch"
    )
    (change,) = (one.change for one in kept.policy_ledger())
    assert (item.opened.who, item.opened.at) == ("Tabiji", change.minute * 60)
    counted.log(FIRST + 90, FIRST + 92, 10)
    assert counted.judged(FIRST + 92) == []
    assert len(acting.every(kept)) == 1
    assert agreeing.tickets(site, kept, [change]) == []  # what is to be done already is not asked for again
    acting.change(site, kept, item.number, "done", None, Word("Ito", NOW, "the token is renewed"))
    (policy,) = viewing.listing(site, kept, FIRST + 92)
    document = policy_document(policy)
    assert document["tickets"] == [
        {
            "action": item.number, "title": "When it is spent: watch / works", "objective": "watch/works",
            "step": "gone", "opened": iso_time(change.minute * 60), "state": "done",
            "ended": iso_time(NOW), "outcome": "the token is renewed",
        }
    ]  # fmt: skip
    made, round_ = agreeing.tickets(site, kept, [change]), kept.agreeing().round
    assert [one.what for one in made] == ["opened"]
    with pytest.raises(StaleRound):
        kept.record_policies(round_ - 1, FIRST + 99, [], NOW, made)
    assert len(acting.every(kept)) == 1


# The command


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(counted: Counted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.chdir(counted.folder)
    monkeypatch.setattr(workspace, "now", lambda: (FIRST + 90) * 60)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def test_the_command_grants_and_ends(ask: Ask, counted: Counted) -> None:
    assert counted.judged(FIRST + 90) == ["acts"]
    assert ask("gate", "watch").code == 1
    words = (
        "policies",
        "except",
        "spent",
        "--until",
        "2026-04-02",
        "--reason",
        "the release",
        "--author",
        "Sato",
    )
    done = ask(*words, "--step", "gone", "--json")
    (exception,) = json.loads(done.out)["exceptions"]
    assert exception == {
        "number": 2, "by": "Sato", "reason": "the release", "from": "2026-04-01T01:30:00Z",
        "until": "2026-04-02T00:00:00Z", "steps": ["gone"], "journeys": [],
    }  # fmt: skip
    assert ask("gate", "watch").code == 0
    assert "Exception 2 until 2026-04-02 00:00, by Sato: the release" in ask("policies", "show", "spent").out
    ended = ask("policies", "resume", "spent", "2", "--reason", "we shipped", "--author", "Ito")
    assert ended.out.startswith("Ito has ended exception 2 from `spent`.\n")
    assert ask("gate", "watch").code == 1
    refused = ask(*words, "--step", "x")
    assert (refused.code, refused.out) == (2, "")
    assert "`x` is nothing of this policy; there are gone" in refused.err
    done_by = [(one.what, one.details["by"]) for one in counted.store.audit.between()]
    assert done_by == [("policy-resumed", "Ito"), ("policy-excepted", "Sato")]
