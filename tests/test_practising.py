"""Evidence of a real store → occasions of each practice, both edges; stages as they were at any past moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tabiji import definitions, practice, reviews, store
from tabiji.acts import Act
from tabiji.budgets import remaining
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.incidents import Incident, Measured, Spent, Times
from tabiji.marks import Mark
from tabiji.policies import Change, Episode
from tabiji.practice import By, Occasion, Practice, Wanted
from tabiji.runs import judging, recording
from tabiji.runs.practising import engaging, evidence, knowing, telling
from tabiji.runs.practising.documents import practised_document
from tabiji.store import Batch, Definitions, FactKind, IncidentFact, LogFile, Person, Store, Verdict

DAY, WEEK = 86_400, 7 * 86_400
NOW = 1_780_272_000  # Monday 2026-06-01, midnight in UTC
BEGINS = NOW - 120 * DAY  # the first event
SITE = """\
teams:
  learning: {}
  growth: {}
  sre: {sre: true}
sources:
  web: {format: nginx}
access:
  members: {sre: ["user:Saki"]}
"""
JOURNEY = """\
journey: watch
team: learning
steps: {all: {events: "operation in ('play', 'slow')"}}
objectives:
  plays: {good: status < 500, target: 99%, window: 7d}
  minutes: {bad_minute: error_rate >= 50%, good: status < 500, for: 2m, target: 90%, window: 1d}
  trial: {good: status < 400, target: 99%, state: provisional}
"""
OTHER = """\
journey: pay
team: growth
steps: {all: {events: "operation = 'pay'"}}
objectives: {pays: {good: status < 500, target: 99%, window: {calendar: week}}}
"""
POLICY = """\
policies:
  spent:
    team: learning
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato]
    journeys: [watch]
    steps: {stop: {when: budget exhausted, until: budget back at 10%, then: [stop-risky-deployments, review]}}
"""
CORRECTIONS = """\
corrections:
  spring: {category: load-test, author: Aya, reason: x, start: 2026-04-02T00:00:00Z, end: 2026-04-02T01:00:00Z}
  summer: {category: load-test, author: Saki, reason: x, start: 2026-05-02T00:00:00Z, end: 2026-05-02T01:00:00Z}
  repair: {category: planned-maintenance, author: Aya, reason: x, start: 2026-05-03T00:00:00Z, duration: 1h}
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A team with two agreed objectives, another team, and SREs: Saki."""
    folder = tmp_path / "site"
    for path, text in {
        "tabiji.yaml": SITE,
        "journeys/watch.yaml": JOURNEY,
        "journeys/pay.yaml": OTHER,
        "policies/spent.yaml": POLICY,
        "policies/times.yaml": CORRECTIONS,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return definitions.load(folder, {})


@pytest.fixture
def opened(store_url: str) -> Iterator[Store]:
    with store.open(store_url) as found:
        yield found


def count(opened: Store, events: Sequence[tuple[int, str, int, int]]) -> None:
    """Counts events: second, operation, status and how many."""
    known = list(dict.fromkeys((operation, status) for _, operation, status, _ in events))
    series = [Series("web", None, "request", name, None, None, status, None, None) for name, status in known]
    at = [second // 60 for second, *_ in events]
    many = [number for *_, number in events]
    opened.commit(
        Batch(
            source="web", file=LogFile("web", "/web.log", 1, 1, offset=1), offset_before=0, start=0, end=1,
            account=Account(sum(many), sum(many)), first_minute=min(at), last_minute=max(at),
            series=tuple(series),
            cells=Cells(
                np.array(at),
                np.array([known.index((operation, status)) for _, operation, status, _ in events]),
                np.full(len(at), -1), np.array(many, dtype=np.int64), np.zeros(len(at), dtype=np.int64),
            ),
            now=0,
        )
    )  # fmt: skip


def in_force(opened: Store, definitions_: Definitions, second: int) -> None:
    """From now on all is judged by these."""
    opened.record(Verdict(opened.judging().round, second // 60 + 1, second, definitions_, second // 60))


def found(site: Site, opened: Store, name: Practice, at: int = NOW, team: str = "learning") -> list[Occasion]:
    """The occasions of a practice."""
    known = knowing.know(site, opened, at, {}, 1)
    return evidence.occasions(known, team, at)[name]


# Incidents


def incident(
    opened: Store, opens: int, ends: int | None, share: Fraction = Fraction(1, 10), **more: object
) -> str:
    """An incident of the journey that paged, in seconds."""
    first, over = opens // 60, None if ends is None else ends // 60
    times = Times(first, first, "alert", over, None, ("watch/plays",))
    spent = Spent("watch/plays", share.numerator, 100, Fraction(share.denominator))
    made = Incident(
        "watch", "alert", first, over, None if over is None else "calm", measured=Measured(times, (spent,))
    )
    (number,) = opened.record_incidents([(None, replace(made, **more))])  # type: ignore[arg-type]
    return str(number)


def says(opened: Store, number: str, at: int, who: str, kind: FactKind = "acknowledged") -> None:
    opened.record_incidents([], [IncidentFact(int(number), at, who, kind, None, "")])


OPENS, ENDS = NOW - 30 * DAY, NOW - 30 * DAY + 3600


@pytest.mark.parametrize(
    ("hands", "taken", "by"),
    [
        pytest.param([], False, "team", id="nobody"),
        pytest.param([(ENDS + 59, "Aya")], True, "team", id="in its last second"),
        pytest.param([(ENDS + 60, "Aya")], False, "team", id="just after it was over"),
        pytest.param([(OPENS, "saki")], True, "sre", id="an SRE was first, however the name is written"),
        pytest.param([(OPENS, "Aya"), (OPENS + 60, "Saki")], True, "supported", id="an SRE helped"),
        pytest.param([(OPENS, "Aya"), (ENDS + 60, "Saki")], True, "team", id="an SRE came too late to help"),
    ],
)  # fmt: skip
def test_alerts_are_answered_while_they_last(
    site: Site, opened: Store, hands: Sequence[tuple[int, str]], taken: bool, by: By
) -> None:
    number = incident(opened, OPENS, ENDS)
    for at, who in hands:
        says(opened, number, at, who)
    how, who = ("answered", hands[0][1]) if taken else ("not-answered", "")
    assert found(site, opened, "alerts-answered") == [
        Occasion(OPENS, taken, by, number, how=how, who=who)  # type: ignore[arg-type]
    ]
    assert found(site, opened, "alerts-answered", team="growth") == []


def test_which_incidents_are_due_to_be_answered(site: Site, opened: Store) -> None:
    incident(opened, OPENS, None)  # goes on: somebody may still take note
    incident(opened, OPENS, ENDS, cause="hand")
    incident(opened, OPENS, ENDS, share=Fraction(1, 101))  # a false alarm
    assert found(site, opened, "alerts-answered") == []
    number = incident(opened, OPENS, ENDS)
    assert [one.what for one in found(site, opened, "alerts-answered", OPENS + 60)] == []
    assert [one.what for one in found(site, opened, "alerts-answered", ENDS + 60)] == [number]


@pytest.mark.parametrize(
    ("share", "at", "due"),
    [
        pytest.param(Fraction(1, 10), ENDS + 14 * DAY, True, id="just a tenth, and two weeks are over"),
        pytest.param(Fraction(99, 1000), ENDS + 14 * DAY, False, id="less than a tenth"),
        pytest.param(Fraction(1, 10), ENDS + 14 * DAY - 1, False, id="there is time left"),
    ],
)  # fmt: skip
def test_which_incidents_want_a_post_mortem(
    site: Site, opened: Store, share: Fraction, at: int, due: bool
) -> None:
    number = incident(opened, OPENS, ENDS, share)
    assert (
        found(site, opened, "post-mortems", at)
        == [Occasion(ENDS, False, what=number, how="not-published")] * due
    )


@pytest.mark.parametrize(
    ("writer", "lead", "by"),
    [("Aya", "Aya", "team"), ("Saki", "Aya", "supported"), ("Aya", "Saki", "sre"), ("Saki", "", "sre")],
)
def test_a_post_mortem_is_led_by_whoever_leads_it(
    site: Site, opened: Store, writer: str, lead: str, by: By
) -> None:
    number = incident(opened, OPENS, ENDS)
    opened.acts.add(Act("postmortem", number, "drafted", ENDS + 60, writer, {"lead": lead}))
    assert found(site, opened, "post-mortems", ENDS + 120) == []  # a draft within two weeks
    opened.acts.add(Act("postmortem", number, "published", ENDS + 20 * DAY, writer))
    expected = Occasion(ENDS, True, by, number, how="published", who=lead or writer)
    assert found(site, opened, "post-mortems") == [expected]
    assert not found(site, opened, "post-mortems", ENDS + 20 * DAY)[0].taken  # as it stood then: too late


# Reviews


def review(
    opened: Store, week: date, at: int, leader: str = "aya", led_by: str = "team", present: Sequence[str] = (),
    team: str = "learning",
) -> str:  # fmt: skip
    """A review that was held."""
    name = reviews.subject(team, week)
    begun = {"leader": leader, "led_by": led_by, "present": list(present)}
    opened.acts.add_all(
        [Act("review", name, "begun", at - 1200, leader, begun), Act("review", name, "held", at, leader)]
    )
    return name


MONDAY = date(2026, 5, 18)  # its week ends a week before now
ENDED = NOW - WEEK


@pytest.mark.parametrize(
    ("leader", "led_by", "present", "by"),
    [
        ("aya", "team", (), "team"),
        ("aya", "sre", (), "sre"),
        ("saki", "team", ("aya",), "sre"),
        ("aya", "team", ("ken", "SAKI"), "supported"),
    ],
)
def test_who_leads_a_review(
    site: Site, opened: Store, leader: str, led_by: str, present: Sequence[str], by: By
) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    in_force(opened, recording.texts_of(site), BEGINS)
    name = review(opened, MONDAY, ENDED + DAY, leader, led_by, present)
    last = found(site, opened, "reviews-held")[-1]
    assert last == Occasion(ENDED, True, by, name, how="held", who=leader)


def test_each_full_week_is_due_to_be_reviewed_within_a_week(site: Site, opened: Store) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    in_force(
        opened, recording.texts_of(site), NOW - 4 * WEEK - 1
    )  # since then there is something to be reviewed
    assert [one.at for one in found(site, opened, "reviews-held")] == [
        NOW - 3 * WEEK,
        NOW - 2 * WEEK,
        NOW - WEEK,
    ]
    assert {one.how for one in found(site, opened, "reviews-held")} == {"not-held"}
    assert [one.at for one in found(site, opened, "reviews-held", NOW - 1)] == [
        NOW - 3 * WEEK,
        NOW - 2 * WEEK,
    ]
    early = review(opened, date(2026, 5, 25), NOW - DAY)  # on the Sunday of its week
    every = review(opened, date(2026, 5, 11), NOW - 5 * DAY, team="all")
    kept = [(one.at, one.what) for one in found(site, opened, "reviews-held") if one.taken]
    assert kept == [(NOW - 2 * WEEK, every), (NOW - DAY, early)]
    assert [one.what for one in found(site, opened, "reviews-held", team="growth") if one.taken] == [every]


# Targets


@pytest.mark.parametrize(
    ("at", "taken"),
    [
        pytest.param(NOW - 90 * DAY, True, id="90 days ago"),
        pytest.param(NOW - 90 * DAY - 1, False, id="before"),
    ],
)
def test_targets_are_reviewed_within_90_days(site: Site, opened: Store, at: int, taken: bool) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    in_force(opened, recording.texts_of(site), BEGINS)
    week = date(2026, 2, 23)
    body = {"objective": "watch/plays", "choice": "watch", "why": "x", "owner": "ken", "due": "2026-03-10"}
    name = reviews.subject("learning", week)
    opened.acts.add_all(
        [Act("review", name, "begun", at - 60, "aya"), Act("review", name, "decided", at, "ken", body)]
    )
    plays, minutes = sorted(found(site, opened, "targets-reviewed"), key=lambda one: one.what, reverse=True)
    decided = Occasion(at, True, "team", "watch/plays", how="decided", via=name, who="ken")
    assert plays == (decided if taken else Occasion(NOW - 1, False, what="watch/plays", how="not-reviewed"))
    assert minutes == Occasion(NOW - 1, False, what="watch/minutes", how="not-reviewed")


def test_what_else_is_a_decision_on_a_target(site: Site, opened: Store) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    before = {
        **dict(site.files),
        "journeys/watch.yaml": JOURNEY.replace("99%, window: 7d", "98%, window: 7d"),
    }
    in_force(opened, Definitions("before", before), BEGINS)
    in_force(opened, recording.texts_of(site), NOW - 50 * DAY)

    def last() -> dict[str, tuple[int, str | None]]:
        return {one.what: (one.at, one.how) for one in found(site, opened, "targets-reviewed")}

    assert last() == {"watch/plays": (NOW - 50 * DAY, "changed"), "watch/minutes": (NOW - 1, "not-reviewed")}
    opened.acts.add(
        Act("agreement", "spent", "signed", NOW - 40 * DAY, "aya", {"part": "team", "digest": "d"})
    )
    assert set(last().values()) == {(NOW - 40 * DAY, "signed")}
    opened.acts.add(
        Act("calm", "watch", "calm", NOW - 30 * DAY, "saki", {"from": "2026-05-01", "to": "2026-05-01"})
    )
    assert set(last().values()) == {(NOW - 30 * DAY, "called")}
    assert {one.by for one in found(site, opened, "targets-reviewed")} == {"sre"}


# Policies

ACTED = NOW - 40 * DAY
EPISODE = Episode("spent", "stop", "watch/plays", ACTED // 60, ACTED // 60)


def acts(opened: Store, *actions: str, ended: int | None = ACTED + DAY, episode: Episode = EPISODE) -> None:
    """The policy came into force, and what it asks for."""
    changes = [Change("acts", "exhausted", episode.began, episode, actions)]  # type: ignore[arg-type]
    if ended is not None:
        over = replace(episode, ended=ended // 60)
        changes.append(Change("ended", "recovered", ended // 60, over, actions))  # type: ignore[arg-type]
    opened.record_policies(opened.agreeing().round, NOW // 60, changes, NOW)


def deploy(opened: Store, at: int, journeys: tuple[str, ...] = ()) -> None:
    opened.marks.add(Mark("deployment", "v2", at, journeys=journeys), at)


@pytest.mark.parametrize(
    ("at", "journeys", "how"),
    [
        pytest.param(ACTED, (), "acted", id="in the very moment in which it came due"),
        pytest.param(ACTED + 1, (), "deployed", id="a second after"),
        pytest.param(ACTED + DAY - 1, ("watch",), "deployed", id="a second before it was over"),
        pytest.param(ACTED + DAY, ("watch",), "acted", id="when it was over"),
        pytest.param(ACTED + 1, ("pay",), "acted", id="of another journey"),
    ],
)
def test_risky_deployments_stop(
    site: Site, opened: Store, at: int, journeys: tuple[str, ...], how: practice.How
) -> None:
    acts(opened, "stop-risky-deployments")
    deploy(opened, at, journeys)
    assert found(site, opened, "policy-acted-on") == [
        Occasion(ACTED, how == "acted", what="spent/stop/watch/plays", how=how)
    ]


def test_while_a_policy_is_in_force_nobody_knows_yet(site: Site, opened: Store) -> None:
    acts(opened, "stop-risky-deployments", ended=None)
    assert found(site, opened, "policy-acted-on", ACTED + 14 * DAY - 1) == []
    assert [one.taken for one in found(site, opened, "policy-acted-on", ACTED + 14 * DAY)] == [True]
    assert found(site, opened, "policy-acted-on", ACTED) == []


@pytest.mark.parametrize(
    ("held", "how", "by"),
    [
        pytest.param(ACTED + 14 * DAY - 1, "acted", "supported", id="a review in time"),
        pytest.param(ACTED + 14 * DAY, "no-review", "team", id="a review that comes too late"),
        pytest.param(ACTED - 1, "no-review", "team", id="a review of before"),
    ],
)  # fmt: skip
def test_the_review_that_a_policy_asks_for(
    site: Site, opened: Store, held: int, how: practice.How, by: By
) -> None:
    acts(opened, "notify", "review")
    name = review(opened, date(2026, 4, 20), held, present=("saki",))
    via = name if how == "acted" else ""
    assert found(site, opened, "policy-acted-on") == [
        Occasion(ACTED, how == "acted", by, "spent/stop/watch/plays", how=how, via=via)
    ]


@pytest.mark.parametrize(
    ("opens", "body", "how"),
    [
        (ACTED + 14 * DAY - 1, {"journey": "watch"}, "acted"),
        (ACTED + 14 * DAY, {"journey": "watch"}, "no-action"),
        (ACTED - 1, {"journey": "watch"}, "no-action"),
        (ACTED, {"team": "learning", "origin": "policy", "which": "spent"}, "acted"),
        (ACTED, {"team": "learning"}, "no-action"),
        (ACTED, {"team": "growth", "journey": "pay"}, "no-action"),
    ],
)
def test_the_action_item_that_a_policy_asks_for(
    site: Site, opened: Store, opens: int, body: dict[str, str], how: practice.How
) -> None:
    acts(opened, "ticket-next-sprint")
    opened.acts.add(Act("action", "", "opened", opens, "ken", {"title": "Mend it", "owner": "ken", **body}))
    (one,) = found(site, opened, "policy-acted-on")
    assert (one.taken, one.how, one.via) == (how == "acted", how, "action:1" if how == "acted" else "")


def test_what_asks_nobody_for_anything_is_no_occasion(site: Site, opened: Store) -> None:
    acts(opened, "notify")
    held_back = replace(EPISODE, began=EPISODE.began + 9, acted=None, suspended_until=NOW // 60)
    opened.record_policies(
        opened.agreeing().round, NOW // 60,
        [Change("suspended", "exception", held_back.began, held_back, ("stop-risky-deployments",))], NOW,
    )  # fmt: skip
    assert found(site, opened, "policy-acted-on") == []


# What was counted


@pytest.mark.parametrize(("seen", "stage"), [(80, 3), (79, 0)])
def test_four_fifths_of_the_events_are_to_be_seen(site: Site, opened: Store, seen: int, stage: int) -> None:
    count(
        opened,
        [
            (NOW - 60, "play", 200, seen), (NOW - 90 * DAY, "search", 200, 100 - seen),
            (NOW - 60, "pay", 500, 7), (NOW - 90 * DAY - 60, "old", 200, 1000),
        ],
    )  # fmt: skip
    known = found(site, opened, "coverage")
    assert {(one.what, one.taken, one.weight, one.how) for one in known} == {
        ("web play", True, seen, "seen"),
        ("web pay", True, 7, "seen"),
        ("web search", False, 100 - seen, "unseen"),
    }
    some = [one for one in known if one.what != "web pay"]
    assert practice.stage("coverage", some, NOW).stage == stage
    assert found(site, opened, "coverage", team="growth") == known  # of the same source
    assert found(site, opened, "coverage", team="nobody") == []


def test_each_month_is_due_to_have_a_load_test(site: Site, opened: Store) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    # the months end on 2026-06-01, 2026-05-02 and 2026-04-02: a test at the very beginning of a month is in it
    assert found(site, opened, "load-tests") == [
        Occasion(NOW - 90 * DAY, False, how="not-tested"),
        Occasion(NOW - 60 * DAY, True, "team", "spring", how="tested", who="Aya"),
        Occasion(NOW - 30 * DAY, True, "sre", "summer", how="tested", who="Saki"),
    ]
    assert [one.how for one in found(site, opened, "load-tests", NOW + 60)] == [
        "tested",
        "tested",
        "not-tested",
    ]


def test_no_load_test_was_due_before_the_first_event(site: Site, opened: Store) -> None:
    count(opened, [(NOW - 80 * DAY, "play", 200, 1)])
    assert [one.how for one in found(site, opened, "load-tests")] == ["tested", "tested"]
    assert found(site, opened, "load-tests", team="growth")[0].what == "spring"


@pytest.mark.parametrize(("bad", "kept"), [(44, True), (45, False)])
def test_a_promise_is_kept_on_most_days(site: Site, opened: Store, bad: int, kept: bool) -> None:
    """Of 90 days that are known; what is left of a day without data says nothing."""
    count(opened, [(NOW - (day + 1) * DAY, "play", 200, 1) for day in range(100)])
    in_force(opened, recording.texts_of(site), BEGINS)
    known = knowing.know(site, opened, NOW, {}, 1)
    ends = [end for end, _ in known.lived["watch/plays"]]
    assert (len(ends), ends[-1] * 60) == (90, NOW)
    left = [Fraction(-1) if place < bad else Fraction(0) for place in range(90)]
    days = [(ends[0] - 1440, Fraction(-1)), *zip(ends, left, strict=True)]  # the first is too old
    told = replace(known, lived={"watch/plays": days, "watch/minutes": [(end, None) for end in ends]})
    assert evidence.occasions(told, "learning", NOW)["slo-kept"] == [
        Occasion(NOW - 1, kept, "team", "watch/plays", how="kept" if kept else "not-kept")
    ]


def test_what_was_left_is_what_judging_says_of_each_day(site: Site, opened: Store) -> None:
    """Of events over a week, of minutes over a day, of the week of the calendar."""
    chance = np.random.default_rng(7)
    events = []
    for day in range(20):
        for hour in chance.integers(0, 1440, 12):
            second = NOW - (day + 1) * DAY + int(hour) * 60
            status = 500 if chance.random() < 0.02 else 200
            events += [(second, "play", status, 30), (second, "pay", status, 30)]
    events += [(NOW - 5 * DAY + n * 60, "play", 500, 5) for n in range(30)]
    count(opened, sorted(events))
    known = knowing.know(site, opened, NOW + 3600, {}, 1)
    pairs = {one.id: (journey, one) for journey in site.journeys for one in journey.objectives}
    for name in ("watch/plays", "watch/minutes", "pay/pays"):
        days = dict(known.lived[name])
        assert NOW // 60 in days
        for end, left in days.items():
            if name == "pay/pays" and (end * 60 - NOW) % WEEK == 0:
                continue  # judging looks at the new week then
            standing = judging.judge(site, opened, end, [pairs[name]]).standings[0]
            if name == "watch/minutes":
                assert left == standing.remaining
            else:
                assert left == remaining(standing.tally, standing.objective.target)


# The whole


def test_stages_as_they_were_and_what_ends_an_engagement(site: Site, opened: Store) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    in_force(opened, recording.texts_of(site), BEGINS)
    for back in range(1, 17):
        week = date(2026, 6, 1) - timedelta(weeks=back)
        leader = "saki" if back > 8 else "aya"
        review(opened, week, NOW - (back - 1) * WEEK - DAY, leader)
    asked = Wanted("learning", "leads", "reviews-held", 3, "they asked")
    with pytest.raises(UsageError, match="`nobody` is not a team; there are growth, learning"):
        engaging.begin(site, opened, replace(asked, team="nobody"), "saki", NOW - 60 * DAY)
    one = engaging.begin(site, opened, asked, "saki", NOW - 60 * DAY)
    with pytest.raises(UsageError, match="engaged in that already"):
        engaging.begin(site, opened, replace(asked, mode="supports"), "saki", NOW)

    (told,) = telling.practised(site, opened, NOW, {}, "learning")
    (then,) = telling.practised(site, opened, NOW - 30 * DAY, {}, "learning", 1)
    (now,) = telling.practised(site, opened, NOW, {}, "learning", 1)
    assert told.trend["reviews-held"][-2:] == (then.stages[2].stage, now.stages[2].stage) == (1, 1)
    assert told.stages == now.stages
    assert told.trend["reviews-held"][0] is None  # before the first event
    assert [(each.engagement.number, each.is_fulfilled) for each in told.engagements] == [(one.number, False)]

    later = NOW + 5 * WEEK
    for ahead in range(5):
        review(opened, date(2026, 6, 1) + timedelta(weeks=ahead), NOW + (ahead + 1) * WEEK - DAY)
    (told,) = telling.practised(site, opened, later, {}, "learning")
    assert told.stages[2].stage == 3
    assert told.engagements[0].is_fulfilled
    over = engaging.end(opened, one.number, "alone now", "aya", later)
    assert (over.ended_at, over.ended_by, over.ended_why) == (later, "aya", "alone now")
    with pytest.raises(UsageError, match="is over already"):
        engaging.end(opened, one.number, "again", "aya", later)
    with pytest.raises(UsageError, match="there is no engagement 99"):
        engaging.end(opened, 99, "x", "aya", later)
    assert json.loads(json.dumps(practised_document(told)))["practices"][2]["stage"] == 3


def test_milestones_are_ticked_off_by_evidence(site: Site, opened: Store) -> None:
    count(opened, [(BEGINS, "play", 200, 1)])
    first = {
        **dict(site.files),
        "journeys/watch.yaml": JOURNEY.replace("window: 7d}", "window: 7d, state: provisional}"),
    }
    in_force(opened, Definitions("first", first), BEGINS + DAY)
    in_force(opened, recording.texts_of(site), BEGINS + 40 * DAY)
    name = review(opened, date(2026, 4, 20), NOW - 35 * DAY, "saki")
    alone = review(opened, date(2026, 5, 18), NOW - 9 * DAY)
    opened.acts.add(
        Act("agreement", "spent", "signed", NOW - 20 * DAY, "sato", {"part": "product-owner", "digest": "d"})
    )
    opened.acts.add(
        Act("agreement", "spent", "signed", NOW - 19 * DAY, "ken", {"part": "team", "digest": "other"})
    )
    opened.acts.add(
        Act("agreement", "spent", "signed", NOW - 18 * DAY, "ken", {"part": "team", "digest": "d"})
    )
    (told,) = telling.practised(site, opened, NOW, {}, "learning")
    assert {one.milestone: (one.at, one.what) for one in told.milestones if one.at is not None} == {
        "lines-counted": (BEGINS, ""),
        "journey-described": (BEGINS + DAY, "watch"),
        "provisional-objective": (BEGINS + DAY, "watch/minutes"),
        "watched-four-weeks": (BEGINS + 29 * DAY, "watch/minutes"),
        "objective-agreed": (BEGINS + DAY, "watch/minutes"),
        "policy-agreed": (NOW - 18 * DAY, "spent"),
        "review-held": (NOW - 35 * DAY, name),
        "review-without-sre": (NOW - 9 * DAY, alone),
    }
    (early,) = telling.practised(site, opened, BEGINS + DAY + 60, {}, "learning")
    assert [one.milestone for one in early.milestones if one.at is not None] == [
        "lines-counted", "journey-described", "provisional-objective", "objective-agreed",
    ]  # fmt: skip


def test_objectives_grow_stale(site: Site, opened: Store) -> None:
    days = [(NOW - day * DAY - 7200, "play", 200, 50) for day in range(40, 0, -1)]
    count(opened, [(BEGINS, "play", 200, 1), *days])
    in_force(opened, recording.texts_of(site), BEGINS)
    (told,) = telling.practised(site, opened, NOW, {}, "learning")
    assert [(one.objective.id, one.why) for one in told.stale] == [
        ("watch/plays", ("never-at-risk", "not-reviewed")),
        ("watch/minutes", ("never-at-risk", "not-reviewed")),
    ]


def test_whoever_signs_in_for_the_team_of_sres_is_one(site: Site, opened: Store) -> None:
    opened.sessions.begin(Person("Rin", "member", ("sre",)), NOW - 60, 3600, "")
    opened.sessions.begin(Person("Mina", "member", ("learning",)), NOW - 60, 3600, "")
    opened.sessions.begin(Person("user", None, (), ("x",)), NOW - 60, 3600, "")
    assert knowing.know(site, opened, NOW, {}, 1).sres == {"saki", "rin"}


def test_teams_whose_practices_are_told(site: Site) -> None:
    assert knowing.teams(site) == ["learning", "growth"]
    assert knowing.teams(replace(site, teams=())) == ["growth", "learning"]
    alone = replace(site, teams=(), journeys=tuple(replace(one, team=None) for one in site.journeys))
    assert knowing.teams(alone) == ["all"]
    assert len(knowing.journeys_of(alone, "all")) == 2


def test_nothing_at_all_is_no_fault(site: Site, opened: Store) -> None:
    told = telling.practised(site, opened, NOW, {})
    assert [one.team for one in told] == ["learning", "growth"]
    stages = {stage.practice: stage.stage for stage in told[0].stages}
    assert stages == {
        "slo-kept": None, "alerts-answered": None, "reviews-held": None, "post-mortems": None,
        "policy-acted-on": None, "targets-reviewed": 3, "coverage": None, "load-tests": None,
    }  # fmt: skip
