"""Policies: when a step acts, once per episode, and what the gate says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import policies
from tabiji.journeys import Text
from tabiji.policies import (
    QUIET_MINUTES,
    BudgetBelow,
    Change,
    Condition,
    Episode,
    Exemption,
    Exhausted,
    Fact,
    Gate,
    Ground,
    Happens,
    Policy,
    Step,
)

HALF = BudgetBelow(Fraction(1, 2), Fraction(55, 100))
GONE = Exhausted(Fraction(1, 10))
TITLE = Text("t", "t")
LOW = Step("low", TITLE, HALF, ("notify",), ("Sato",))
STOP = Step("gone", TITLE, GONE, ("stop-risky-deployments", "review"), ("Ito",))
SLOW = Step("slow", TITLE, Happens("ticket"), ("ticket-next-sprint",), ("Sato",))
POLICY = Policy("learning", TITLE, "learning", ("watch",), ("Sato", "Ito"), "2026-04-01", (LOW, STOP, SLOW))
LAUNCH = Exemption("Sato", "The campaign begins", 100, 200)


def fact(remaining: Fraction | str | None = "1", **last: int) -> Fact:
    left = None if remaining is None else Fraction(remaining)
    return Fact("watch", "watch/play", left, last)  # type: ignore[arg-type]


def story(policy: Policy, facts: Sequence[tuple[int, Fact]]) -> list[tuple[int, str, str, str]]:
    """What a policy does, one fact after the other: minute, step, kind, reason."""
    episodes: tuple[Episode, ...] = ()
    told = []
    for minute, one in facts:
        changes = policies.evaluate([policy], [one], episodes, minute)
        episodes = policies.after(episodes, changes)
        told += [(change.minute, change.episode.step, change.kind, change.reason) for change in changes]
        assert policies.evaluate([policy], [one], episodes, minute) == []
    return told


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        pytest.param(HALF, fact("1/2"), False, id="exactly half is not below half"),
        pytest.param(HALF, fact("499/1000"), True, id="a little less than half is"),
        pytest.param(HALF, fact("-3"), True, id="overspent is below half as well"),
        pytest.param(HALF, fact(None), False, id="no data is not below anything"),
        pytest.param(GONE, fact("1/1000"), False, id="something is left"),
        pytest.param(GONE, fact("0"), True, id="nothing is left"),
        pytest.param(GONE, fact(None), False, id="no data is not exhausted"),
        pytest.param(Happens("page"), fact(page=1000), True, id="a tier fires now"),
        pytest.param(Happens("page"), fact(page=941), True, id="it fired in the last hour"),
        pytest.param(Happens("page"), fact(page=940), False, id="it fired an hour ago"),
        pytest.param(Happens("page"), fact(ticket=1000), False, id="another one fires"),
        pytest.param(Happens("drop"), fact(drop=1000), True, id="a drop was found"),
    ],
)
def test_a_condition_holds(condition: Condition, facts: Fact, expected: bool) -> None:
    assert policies.holds(condition, facts, 1000) is expected


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        pytest.param(HALF, fact("549/1000"), False, id="not yet back at what was agreed"),
        pytest.param(HALF, fact("55/100"), True, id="back at it"),
        pytest.param(HALF, fact(None), False, id="silence does not end it"),
        pytest.param(GONE, fact("99/1000"), False, id="less than a tenth is back"),
        pytest.param(GONE, fact("1/10"), True, id="a tenth is back"),
        pytest.param(Exhausted(Fraction(0)), fact("0"), False, id="never over while it holds"),
        pytest.param(Happens("page"), fact(page=941), False, id="quiet for less than an hour"),
        pytest.param(Happens("page"), fact(page=940), True, id="quiet for an hour"),
        pytest.param(Happens("page"), fact(), True, id="nothing known any more"),
    ],
)
def test_an_episode_is_over(condition: Condition, facts: Fact, expected: bool) -> None:
    assert policies.over(condition, facts, 1000) is expected


def test_a_step_acts_once_per_episode_and_again_in_the_next() -> None:
    assert story(
        POLICY,
        [
            (1, fact("0.6")),
            (2, fact("0.49")),
            (3, fact("0.51")),
            (4, fact("0.4")),
            (5, fact(None)),
            (6, fact("0.55")),
            (7, fact("0.49")),
        ],
    ) == [
        (2, "low", "acts", "budget-below"),
        (6, "low", "ended", "recovered"),
        (7, "low", "acts", "budget-below"),
    ]


def test_an_alert_that_flaps_is_one_episode() -> None:
    assert story(
        POLICY,
        [(minute, fact("1", ticket=minute)) for minute in (1, 30, 80)]
        + [(139, fact("1", ticket=80)), (140, fact("1", ticket=80)), (141, fact("1", ticket=141))],
    ) == [
        (1, "slow", "acts", "ticket"),
        (140, "slow", "ended", "recovered"),
        (141, "slow", "acts", "ticket"),
    ]


def test_a_change_has_what_a_ledger_entry_needs() -> None:
    assert policies.evaluate([POLICY], [fact("-1/2")], [], 7) == [
        Change(
            "acts",
            "budget-below",
            7,
            Episode("learning", "low", "watch/play", 7, acted=7),
            ("notify",),
            ("Sato",),
        ),
        Change(
            "acts",
            "exhausted",
            7,
            Episode("learning", "gone", "watch/play", 7, acted=7),
            ("stop-risky-deployments", "review"),
            ("Ito",),
        ),
    ]


def test_an_exception_holds_actions_back_and_they_are_due_when_it_ends() -> None:
    policy = replace(POLICY, exceptions=(LAUNCH,))
    facts = [(minute, fact("0")) for minute in (99, 100, 199, 200, 201)]
    assert story(policy, facts[1:]) == [
        (100, "low", "suspended", "exception"),
        (100, "gone", "suspended", "exception"),
        (200, "low", "acts", "exception-over"),
        (200, "gone", "acts", "exception-over"),
    ]
    assert story(policy, facts) == [
        (99, "low", "acts", "budget-below"),
        (99, "gone", "acts", "exhausted"),
        (100, "low", "suspended", "exception"),
        (100, "gone", "suspended", "exception"),
        (200, "low", "resumed", "exception-over"),
        (200, "gone", "resumed", "exception-over"),
    ]


def test_an_episode_that_ends_within_an_exception_never_acts() -> None:
    policy = replace(POLICY, exceptions=(LAUNCH,))
    assert story(policy, [(100, fact("0.4")), (150, fact("0.8")), (200, fact("0.8"))]) == [
        (100, "low", "suspended", "exception"),
        (150, "low", "ended", "recovered"),
    ]


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        pytest.param(replace(LAUNCH, start=None), ["low", "gone"], id="without a beginning: always, until"),
        pytest.param(replace(LAUNCH, start=151), [], id="not begun"),
        pytest.param(replace(LAUNCH, start=150), ["low", "gone"], id="in its first minute"),
        pytest.param(replace(LAUNCH, until=151), ["low", "gone"], id="in its last minute"),
        pytest.param(replace(LAUNCH, until=150), [], id="over"),
        pytest.param(replace(LAUNCH, steps=("gone",)), ["gone"], id="for one step"),
        pytest.param(replace(LAUNCH, journeys=("watch",)), ["low", "gone"], id="for this journey"),
        pytest.param(replace(LAUNCH, journeys=("pay",)), [], id="for another journey"),
    ],
)
def test_an_exception_is_for_its_steps_and_journeys_and_time(
    exception: Exemption, expected: list[str]
) -> None:
    policy = replace(POLICY, exceptions=(exception,))
    changes = policies.evaluate([policy], [fact("0")], [], 150)
    assert [one.episode.step for one in changes if one.kind == "suspended"] == expected
    assert all(one.exception == exception for one in changes if one.kind == "suspended")


def test_a_longer_exception_is_recorded_as_well() -> None:
    first = replace(POLICY, exceptions=(LAUNCH,))
    longer = replace(LAUNCH, reason="The campaign goes on", until=300)
    episodes = policies.after([], policies.evaluate([first], [fact("0.4")], [], 150))
    changes = policies.evaluate([replace(POLICY, exceptions=(LAUNCH, longer))], [fact("0.4")], episodes, 160)
    assert [(one.kind, one.exception) for one in changes] == [("suspended", longer)]


@pytest.mark.parametrize(
    ("agreed", "facts"),
    [
        pytest.param([], [fact("0.4")], id="the policy is gone"),
        pytest.param([replace(POLICY, steps=(STOP, SLOW))], [fact("0.4")], id="the step is gone"),
        pytest.param([replace(POLICY, journeys=("pay",))], [fact("0.4")], id="no longer for this journey"),
        pytest.param([POLICY], [], id="the objective is gone, or no longer agreed"),
    ],
)
def test_what_is_no_longer_agreed_ends(agreed: list[Policy], facts: list[Fact]) -> None:
    episode = Episode("learning", "low", "watch/play", 5, acted=5)
    assert policies.evaluate(agreed, facts, [episode], 9) == [
        Change("ended", "withdrawn", 9, replace(episode, ended=9))
    ]


# The gate


def gate(policy: Policy, left: str, minute: int = 150) -> Gate:
    changes = policies.evaluate([policy], [fact(left)], [], minute)
    return policies.gate([policy], policies.after([], changes), ["watch"], minute)


def test_the_gate_is_shut_while_a_step_that_stops_deployments_is_in_force() -> None:
    assert gate(POLICY, "0") == Gate(
        False, (Ground("stopped", "watch", "learning", STOP, "watch/play", 150),)
    )


@pytest.mark.parametrize(
    ("policy", "left", "expected"),
    [
        pytest.param(POLICY, "1/1000", Ground("in-keeping", "watch"), id="a little is left"),
        pytest.param(
            replace(POLICY, steps=(LOW,)), "0", Ground("never-stops", "watch"), id="notifying stops nothing"
        ),
        pytest.param(
            replace(POLICY, journeys=("pay",)), "0", Ground("no-policy", "watch"), id="nothing is agreed"
        ),
        pytest.param(
            replace(POLICY, exceptions=(LAUNCH,)),
            "0",
            Ground("excepted", "watch", "learning", STOP, "watch/play", 150, LAUNCH),
            id="an exception",
        ),
    ],
)
def test_the_gate_is_open_and_says_why(policy: Policy, left: str, expected: Ground) -> None:
    assert gate(policy, left) == Gate(True, (expected,))


def test_the_gate_of_a_journey_is_not_that_of_one_with_a_longer_name() -> None:
    policy = replace(POLICY, journeys=("watch", "watch-live"))
    episode = Episode("learning", "gone", "watch-live/play", 1, acted=1)
    found = policies.gate([policy], [episode], ["watch", "watch-live"], 5)
    assert [(one.kind, one.journey) for one in found.grounds] == [
        ("in-keeping", "watch"),
        ("stopped", "watch-live"),
    ]
    assert not found.open


# Laws

LEFT = st.one_of(st.none(), st.integers(-20, 100).map(lambda percent: Fraction(percent, 100)))
SEEN = st.one_of(st.none(), st.integers(0, 2 * QUIET_MINUTES))


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[int, Fact]]:
    """Facts about an objective, minute after minute, with gaps."""
    minute, found = 0, []
    for left, ago, gap in draw(st.lists(st.tuples(LEFT, SEEN, st.integers(1, 90)), min_size=1, max_size=30)):
        minute += gap
        found.append(
            (minute, Fact("watch", "watch/play", left, {} if ago is None else {"ticket": minute - ago}))
        )
    return found


EXCEPTIONS = st.lists(
    st.builds(
        lambda start, length, steps: Exemption("Sato", "Why", start, start + length, steps),
        st.integers(0, 900),
        st.integers(1, 300),
        st.sampled_from([(), ("low",), ("gone", "slow")]),
    ),
    max_size=3,
)


@given(course=courses(), exceptions=EXCEPTIONS)
def test_a_policy_acts_once_per_episode_and_judging_twice_changes_nothing(
    course: list[tuple[int, Fact]], exceptions: list[Exemption]
) -> None:
    policy = replace(POLICY, exceptions=tuple(exceptions))
    episodes: tuple[Episode, ...] = ()
    acted: dict[tuple[str, int], int] = {}
    for minute, one in course:
        changes = policies.evaluate([policy], [one], episodes, minute)
        episodes = policies.after(episodes, changes)
        assert policies.evaluate([policy], [one], episodes, minute) == []
        for change in changes:
            if change.kind == "acts":
                key = (change.episode.step, change.episode.began)
                acted[key] = acted.get(key, 0) + 1
        for step in policy.steps:
            held = policies.holds(step.when, one, minute)
            episode = next((found for found in episodes if found.step == step.name), None)
            assert not held or episode is not None
            if held and policies.exempted(policy, step.name, "watch", minute) is None:
                assert episode is not None
                assert episode.acted is not None
    assert set(acted.values()) <= {1}


@given(course=courses(), exceptions=EXCEPTIONS)
def test_less_budget_never_opens_the_gate(
    course: list[tuple[int, Fact]], exceptions: list[Exemption]
) -> None:
    policy = replace(POLICY, exceptions=tuple(exceptions))
    more: tuple[Episode, ...] = ()
    less: tuple[Episode, ...] = ()
    for minute, one in course:
        left = None if one.remaining is None else one.remaining - Fraction(1, 10)
        more = policies.after(more, policies.evaluate([policy], [one], more, minute))
        worse = replace(one, remaining=left)
        less = policies.after(less, policies.evaluate([policy], [worse], less, minute))
        if policies.gate([policy], less, ["watch"], minute).open:
            assert policies.gate([policy], more, ["watch"], minute).open
