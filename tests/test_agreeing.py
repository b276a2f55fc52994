"""Policies asked at every moment that was judged, in whatever parts; and the gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji import alerts, store
from tabiji.alerts import Alert
from tabiji.budgets import Tally, remaining
from tabiji.corrections import EVERYTHING, Correction
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Retention, Site
from tabiji.incidents import Incident, Measured, Spent, Times
from tabiji.journeys import Journey, Objective, Severity, Slices, Step, Text, Tier
from tabiji.policies import BudgetBelow, Exemption, Exhausted, Fact, Happens, Policy, after, evaluate
from tabiji.policies import Step as PolicyStep
from tabiji.runs import agreeing, minutes
from tabiji.runs.judging import judge
from tabiji.store import Batch, Definitions, LogFile, Store, Verdict
from tabiji.windows import Calendar, Rolling

START = 20_000 * 1440  # a midnight in UTC
WEB = ("web", None, "request", "play", None, None)


class Event(NamedTuple):
    minute: int  # after START
    status: int = 200


def objective(name: str = "available") -> Objective:
    return Objective(
        journey="watch", name=name, title=Text(), steps=("s",), good="status < 500", exclude=None,
        faster_than_us=None,
        slices=Slices("error_rate", ">=", Fraction(1, 2), 2) if name == "minutes" else None,
        target=Fraction(9, 10), target_text="90%",
        window=Calendar("day", "Asia/Tokyo") if name == "daily" else Rolling(120),
        state="provisional" if name == "trial" else "agreed", tiers=(),
    )  # fmt: skip


OBJECTIVES = tuple(objective(name) for name in ("available", "daily", "minutes", "trial"))
WATCH = Journey("watch", Text(), "learning", None, (Step("s", Text(), "operation = 'play'"),), OBJECTIVES)
STEPS = (
    PolicyStep("half", Text(), BudgetBelow(Fraction(1, 2), Fraction(3, 5)), ("notify",), ("Sato",)),
    PolicyStep("gone", Text(), Exhausted(Fraction(1, 10)), ("stop-risky-deployments",), ("Ito",)),
    PolicyStep("paged", Text(), Happens("page"), ("review",), ("Ito",)),
)
POLICY = Policy("budget", Text(), "learning", ("watch",), ("Sato",), "2024-10-01", STEPS)
SITE = Site(
    Path(), "UTC", "en", store="", sources=(), teams=(), journeys=(WATCH,), retention=Retention(),
    policies=(POLICY,),
)  # fmt: skip
PLACE: list[tuple[Path, Path]] = []
pytestmark = pytest.mark.usefixtures("databases")


@pytest.fixture(scope="module")
def databases(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where the databases of this file are made."""
    PLACE.append((sqlite_template, tmp_path_factory.mktemp("databases") / "tabiji.db"))
    yield
    PLACE.clear()


def opened(events: Sequence[Event]) -> Store:
    """A database with these events, and nothing else."""
    template, path = PLACE[0]
    for old in path.parent.iterdir():
        old.unlink()
    shutil.copy(template, path)
    made = store.open(f"sqlite:///{path}")
    series = [Series(*WEB, event.status, None, None) for event in events]
    known = list(dict.fromkeys(series))
    at = [START + event.minute for event in events]
    made.commit(
        Batch(
            source="web",
            file=LogFile("web", "/web.log", 1, 1, offset=1),
            offset_before=0,
            start=0,
            end=1,
            account=Account(len(events), len(events)),
            first_minute=min(at),
            last_minute=max(at),
            series=tuple(known),
            cells=Cells(
                np.array(at),
                np.array([known.index(one) for one in series]),
                np.full(len(at), -1),
                np.ones(len(at), dtype=np.int64),
                np.zeros(len(at), dtype=np.int64),
            ),
            now=0,
        )
    )
    return made


def judged_until(filled: Store, minute: int, found: Sequence[Alert] = ()) -> None:
    """Records that all is judged up to a minute after START."""
    texts = Definitions("hash", {})
    filled.record(Verdict(filled.judging().round, START + minute, 0, texts, START, alerts=tuple(found)))


def alert(first: int, end: int | None, severity: Severity = "page", *, provisional: bool = False) -> Alert:
    tier = Tier(Fraction(1, 10), 60, severity)
    opening = alerts.judge(tier, Fraction(9, 10), 120, Tally(0, 9), Tally(0, 9))
    name = "watch/trial" if provisional else "watch/available"
    closed = None if end is None else START + end
    ending = None if end is None else "below-short"
    return Alert(name, tier, provisional, "", START + first, opening, closed, ending)  # type: ignore[arg-type]


def told(filled: Store) -> list[tuple[int, str, str, str, str]]:
    """The ledger: minute after START, objective, step, kind and reason; in order of time."""
    return sorted(
        (
            one.change.minute - START,
            one.change.episode.objective.removeprefix("watch/"),
            one.change.episode.step,
            one.change.kind,
            one.change.reason,
        )
        for one in filled.policy_ledger()
    )


def test_the_past_before_a_policy_is_asked_first_is_past() -> None:
    with opened([Event(-3000, 500), Event(20), Event(600)]) as filled:
        judged_until(filled, 610)
        assert agreeing.agree(SITE, filled, 0) == []
        assert filled.agreeing().until_minute == START + 610
        assert agreeing.agree(SITE, filled, 0) == []


def test_what_came_due_within_a_long_stretch_is_told_at_its_minute() -> None:
    events = [Event(minute) for minute in range(0, 400, 10)] + [Event(105, 500), Event(115, 500)]
    with opened(events) as filled:
        judged_until(filled, 5)
        agreeing.agree(SITE, filled, 0)
        judged_until(filled, 400, [alert(106, 110), alert(300, None, provisional=True)])
        agreeing.agree(SITE, filled, 7)
        found = [one for one in told(filled) if one[1] == "available"]
    # 2 of 12 or 13 events are bad from minute 116 to 225, 1 of 11 to 12 from minute 106 on and till 235
    assert found == [
        (106, "available", "half", "acts", "budget-below"),
        (106, "available", "paged", "acts", "page"),
        (116, "available", "gone", "acts", "exhausted"),
        (169, "available", "paged", "ended", "recovered"),
        (226, "available", "gone", "ended", "recovered"),
        (236, "available", "half", "ended", "recovered"),
    ]


def test_a_drop_that_nobody_noticed_makes_somebody_look() -> None:
    found = PolicyStep("unseen", Text(), Happens("drop"), ("review",), ("Ito",))
    site = replace(SITE, policies=(replace(POLICY, steps=(found,)),))
    times = Times(START + 20, None, None, START + 30, None, ("watch/available",))
    spent = (Spent("watch/minutes", 1, 9, Fraction(9)), Spent("watch/available", 5, 9, Fraction(9)))
    drop = Incident("watch", "drop", START + 20, START + 30, "over", measured=Measured(times, spent))
    with opened([Event(minute) for minute in range(200)]) as filled:
        judged_until(filled, 10)
        agreeing.agree(site, filled, 0)
        filled.record_incidents([(None, drop)])
        judged_until(filled, 200)
        agreeing.agree(site, filled, 0)
        assert told(filled) == [
            (45, "available", "unseen", "acts", "drop"),  # known once 15 minutes were calm
            (105, "available", "unseen", "ended", "recovered"),
        ]


def test_what_is_provisional_makes_nobody_act() -> None:
    with opened([Event(minute, 500) for minute in range(60)]) as filled:
        judged_until(filled, 60)
        agreeing.agree(SITE, filled, 0)
        assert {one[1] for one in told(filled)} == {"available", "daily", "minutes"}


def test_a_corrected_time_spends_no_budget() -> None:
    span = (START, START + 100)
    load = Correction("load", "load-test", "Ito", "A load test", EVERYTHING, span)
    with opened([Event(minute, 500) for minute in range(60)]) as filled:
        judged_until(filled, 60)
        assert agreeing.agree(replace(SITE, corrections=(load,)), filled, 0) == []


def test_what_is_no_longer_agreed_ends() -> None:
    with opened([Event(minute, 500) for minute in range(60)]) as filled:
        judged_until(filled, 60)
        agreeing.agree(SITE, filled, 0)
        judged_until(filled, 61)
        found = agreeing.agree(replace(SITE, policies=()), filled, 0)
        assert {(one.kind, one.reason) for one in found} == {("ended", "withdrawn")}
        assert filled.agreeing().episodes == ()


def test_the_gate_is_of_now_and_records_nothing() -> None:
    with opened([Event(minute, 500) for minute in range(60)]) as filled:
        judged_until(filled, 10)
        agreeing.agree(replace(SITE, policies=()), filled, 0)
        gate = agreeing.gate(SITE, filled, ["watch"], START + 60)
        assert not gate.open
        assert {one.objective for one in gate.grounds} == {"watch/available", "watch/daily", "watch/minutes"}
        assert filled.policy_ledger() == []
        # two hours on there is no data any more, and silence opens no gate
        agreeing.agree(SITE, filled, 0)
        judged_until(filled, 60)
        agreeing.agree(SITE, filled, 0)
        assert not agreeing.gate(SITE, filled, ["watch"], START + 300).open


def test_an_exception_opens_the_gate_until_it_ends() -> None:
    launch = Exemption("Sato", "The launch", None, START + 100)
    site = replace(SITE, policies=(replace(POLICY, exceptions=(launch,)),))
    with opened([Event(minute, 500) for minute in range(0, 120, 3)]) as filled:
        judged_until(filled, 60)
        agreeing.agree(site, filled, 0)
        assert {one[3] for one in told(filled)} == {"suspended"}
        assert agreeing.gate(site, filled, ["watch"], START + 99).open
        assert not agreeing.gate(site, filled, ["watch"], START + 100).open


EVENTS = st.lists(
    st.builds(Event, st.integers(0, 400), st.sampled_from([200, 200, 200, 500])), min_size=1, max_size=60
)
CUTS = st.lists(st.integers(1, 399), max_size=4, unique=True).map(sorted)
ALERTS = st.lists(
    st.tuples(st.integers(0, 399), st.integers(1, 100)).map(lambda two: alert(two[0], sum(two))), max_size=3
)
LAUNCHES = st.sampled_from([(), (Exemption("Sato", "Why", START + 150, START + 250),)])


@given(events=EVENTS, cuts=CUTS, found=ALERTS, exceptions=LAUNCHES)
@settings(max_examples=15, deadline=None)
def test_whatever_parts_are_judged_at_once_the_policies_do_the_same(
    events: list[Event], cuts: list[int], found: list[Alert], exceptions: tuple[Exemption, ...]
) -> None:
    site = replace(SITE, policies=(replace(POLICY, exceptions=exceptions),))
    ledgers = []
    for moments in ([0, 400], [0, *cuts, 400]):
        with opened(events) as filled:
            for minute in moments:
                judged_until(filled, minute, found if minute == 0 else ())
                agreeing.agree(site, filled, 0)
            ledgers.append(told(filled))
    assert ledgers[0] == ledgers[1]


@given(events=EVENTS, first=st.integers(0, 200), length=st.integers(1, 200))
@settings(max_examples=15, deadline=None)
def test_a_stretch_is_what_judging_each_minute_gives(events: list[Event], first: int, length: int) -> None:
    pairs = [(WATCH, one) for one in OBJECTIVES[:3]]
    start, until = START + first, START + first + length
    with opened(events) as filled:
        dense = minutes.of(SITE, filled, pairs, start - 2880, until)
        lefts = {one.id: agreeing.left(one, dense[one.id], start, until) for _, one in pairs}
        for moment in {start + 1, (start + until) // 2 + 1, until}:
            for standing in judge(SITE, filled, moment, pairs).standings:
                left = lefts[standing.objective.id]
                place = moment - start - 1
                assert left.remaining(place, standing.objective) == standing.remaining


@given(
    spent=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60),
    page=st.lists(st.integers(0, 59), max_size=2),
    cut=st.integers(0, 60),
)
def test_only_moments_matter_at_which_something_changes(
    spent: list[tuple[int, int]], page: list[int], cut: int
) -> None:
    one = OBJECTIVES[0]
    bad, total = (np.array(numbers) for numbers in zip(*spent, strict=True))
    total = np.maximum(bad, total)
    left = agreeing.Left(np.arange(1, len(bad) + 1), bad, total)
    happened = {"page": [(minute, minute + 2) for minute in page]}
    until = len(bad)

    every, episodes = [], ()
    for moment in range(1, until + 1):
        tally = Tally(int(total[moment - 1] - bad[moment - 1]), int(total[moment - 1]))
        seen = [min(minute + 1, moment) for minute in page if minute <= moment]
        fact = Fact("watch", one.id, remaining(tally, one.target), {"page": max(seen)} if seen else {})
        changes = evaluate([POLICY], [fact], episodes, moment)
        episodes = after(episodes, changes)
        every += changes

    assert agreeing.replay([POLICY], one, left, happened, 0, until) == every  # type: ignore[arg-type]
    middle = min(cut, until)
    begun = agreeing.replay([POLICY], one, left, happened, 0, middle)  # type: ignore[arg-type]
    open_episodes = after([], begun)
    rest = agreeing.replay([POLICY], one, left, happened, middle, until, open_episodes)  # type: ignore[arg-type]
    assert begun + rest == every
