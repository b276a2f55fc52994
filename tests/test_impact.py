"""An outage, or only this customer: each reason on both sides of its edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from tabiji.budgets import NOTHING, Tally
from tabiji.incidents import Part, impact
from tabiji.incidents.impact import Absence, Own, Reason, Seen

P99, P999 = Fraction(99, 100), Fraction(999, 1000)


def of(bad: int, total: int) -> Tally:
    return Tally(total - bad, total)


def seen(
    wide: tuple[int, int],
    near: tuple[int, int] = (0, 0),
    *,
    target: Fraction | None = P99,
    incident: bool = False,
    slow: bool = False,
    during: tuple[int, int] = (0, 0),
    own: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
) -> Seen:
    concern: impact.Concern = "slow" if slow else "failing"
    whole = of(*wide), of(*near)
    return Seen("watch", "play", concern, *whole, target, incident, of(*during), (of(*own[0]), of(*own[1])))


# bad and all of the minutes around (and of the nearest), what else is known, and the answer
STEPS: dict[str, tuple[Seen, Reason]] = {
    "half of them fail": (seen((50, 100)), "most-fail"),
    "a bit less than half": (seen((49, 100)), "above-promise"),
    "it has only begun": (seen((50, 200), (10, 20)), "most-fail"),
    "it is about to begin": (seen((50, 200), (9, 20)), "above-promise"),
    "all of three, which is no luck": (seen((3, 3)), "most-fail"),
    "both of two, which could be luck": (seen((2, 2)), "few-events"),
    "both of two, of a strict promise": (seen((2, 2), target=P999), "most-fail"),
    "a fifth, and an incident says so": (seen((20, 100), incident=True), "many-fail-in-incident"),
    "not quite a fifth in an incident": (seen((19, 100), incident=True), "incident"),
    "a fifth of the nearest in an incident": (
        seen((4, 100), (4, 20), incident=True),
        "many-fail-in-incident",
    ),
    "a fifth that could be luck, in an incident": (seen((1, 5), incident=True), "incident"),
    "a fifth of all that the incident had so far": (
        seen((1, 100), incident=True, during=(20, 100)),
        "many-fail-in-incident",
    ),
    "not quite a fifth of it": (seen((1, 100), incident=True, during=(19, 100)), "incident"),
    "most of all that the incident had so far": (
        seen((1, 100), incident=True, during=(90, 100)),
        "most-fail",
    ),
    "an incident, and all is well": (seen((0, 100), incident=True), "incident"),
    "an incident, and silence": (seen((0, 0), incident=True), "incident"),
    "too many for chance": (seen((7, 100)), "above-promise"),
    "one less could be chance": (seen((6, 100)), "few-events"),
    "just above the promise": (seen((2, 100)), "few-events"),
    "at the promise": (seen((1, 100)), "within-promise"),
    "none fails": (seen((0, 100)), "all-good"),
    "nobody did it": (seen((0, 0)), "nobody"),
    "nothing promised, too many": (seen((7, 100), target=None), "above-usual"),
    "nothing promised, few": (seen((6, 100), target=None), "few-events"),
    "nothing promised, as usual": (seen((1, 100), target=None), "within-promise"),
    "nothing promised, half": (seen((50, 100), target=None), "most-fail"),
    "slow answers": (seen((7, 100), slow=True), "slow"),
    "slow for most is no outage": (seen((90, 100), slow=True), "slow"),
    "slow answers in an incident": (seen((90, 100), slow=True, incident=True), "incident"),
    "slow, within the promise": (seen((1, 100), slow=True), "within-promise"),
    "without the customer's own": (seen((7, 100), own=((1, 1), (0, 0))), "few-events"),
    "more of their own than were counted": (seen((1, 1), own=((3, 3), (0, 0))), "nobody"),
}


@pytest.mark.parametrize(("one", "reason"), STEPS.values(), ids=STEPS)
def test_a_step_is_told_by_the_events_of_others(one: Seen, reason: Reason) -> None:
    assert impact.of_step(one).reason == reason


GOOD, FEW, OUT, NOBODY = seen((0, 100)), seen((6, 100)), seen((50, 100)), seen((0, 0))
# what is seen of all steps, the customer's own events, and the answer
ASKED: dict[str, tuple[Sequence[Seen], Own | None, Reason]] = {
    "the worst step tells": ((GOOD, OUT, NOBODY), None, "most-fail"),
    "a step that somebody did, before one that nobody did": ((NOBODY, GOOD), None, "all-good"),
    "nothing at all": ((), None, "nobody"),
    "theirs fail, others' do not": ((GOOD,), Own(5, 1, 0), "theirs-fail"),
    "theirs fail, and few of others' do": ((FEW,), Own(5, 1, 0), "theirs-fail"),
    "theirs fail, and it is an outage": ((OUT,), Own(5, 5, 0), "most-fail"),
    "theirs fail, and nobody else is there": ((NOBODY,), Own(5, 1, 0), "alone"),
    "half of theirs are slow": ((GOOD,), Own(4, 0, 2), "theirs-slow"),
    "fewer than half of theirs are slow": ((GOOD,), Own(5, 0, 2), "theirs-good"),
    "theirs go well": ((GOOD,), Own(5, 0, 0), "theirs-good"),
    "theirs go well, and nobody else is there": ((NOBODY,), Own(5, 0, 0), "theirs-good"),
    "none of theirs is there": ((GOOD,), Own(0, 0, 0), "never-reached"),
    "none of theirs is there, of what could be read": ((GOOD,), Own(0, 0, 0, whole=False), "all-good"),
    "none is there at all": ((NOBODY,), Own(0, 0, 0), "nobody"),
}


@pytest.mark.parametrize(("steps", "own", "reason"), ASKED.values(), ids=ASKED)
def test_one_answer_for_all_that_may_be_meant(steps: Sequence[Seen], own: Own | None, reason: Reason) -> None:
    found = impact.judge(steps, "nobody", own)
    assert (found.reason, found.answer) == (reason, impact.REASONS[reason])


def test_of_equal_reasons_the_larger_share_tells() -> None:
    worse = replace(OUT, step="open", wide=of(60, 100))
    assert impact.judge((OUT, worse)).seen == worse


# moment, now, extent, what else is known, and why there are no events
ABSENT: dict[str, tuple[int, int, tuple[int, int] | None, dict[str, object], Absence]] = {
    "no journey": (100, 100, (0, 100), {"defined": False}, "undefined"),
    "a minute ahead": (101, 100, (0, 100), {}, "future"),
    "now": (100, 100, (0, 100), {"busy": True}, "nobody"),
    "nothing was ever counted": (100, 100, None, {}, "never-counted"),
    "it ends as the first event comes": (95, 200, (100, 200), {}, "before-first"),
    "it ends just after the first event": (96, 200, (100, 200), {}, "quiet"),
    "minutes are gone": (95, 200, (0, 200), {"kept_from": 100}, "not-kept"),
    "the first minute that is kept": (96, 200, (0, 200), {"kept_from": 100}, "quiet"),
    "begins after the newest event": (111, 200, (0, 100), {}, "not-arrived"),
    "begins with the newest event": (110, 200, (0, 100), {}, "quiet"),
    "an alert says that it is quiet": (111, 200, (0, 100), {"silent": True}, "quiet"),
    "others did something else": (50, 200, (0, 100), {"busy": True}, "nobody"),
}


@pytest.mark.parametrize(("moment", "now", "extent", "known", "why"), ABSENT.values(), ids=ABSENT)
def test_there_is_a_reason_for_having_no_data(
    moment: int, now: int, extent: tuple[int, int] | None, known: dict[str, bool], why: Absence
) -> None:
    assert impact.absence(moment, now, extent, **known) == why  # type: ignore[arg-type]


def test_the_minutes_around_are_half_open_and_end_with_the_one_that_goes_on() -> None:
    assert (impact.around(100, 200), impact.nearest(100, 200)) == ((90, 105), (97, 102))
    assert (impact.around(100, 100), impact.nearest(100, 100)) == ((90, 101), (97, 101))
    assert (impact.around(100, 80), impact.nearest(100, 96)) == ((90, 90), (97, 97))


PARTS: dict[str, tuple[tuple[Part, ...], set[str]]] = {
    "those that failed more than by luck": ((Part("play", 7, 100), Part("open", 6, 100)), {"play"}),
    "all, where none stands out": ((Part("play", 6, 100), Part("open", 0, 100)), {"play", "open"}),
    "none": ((), set()),
}


@pytest.mark.parametrize(("parts", "steps"), PARTS.values(), ids=PARTS)
def test_an_incident_is_about_the_steps_that_failed_in_it(parts: tuple[Part, ...], steps: set[str]) -> None:
    assert impact.about(parts, 1 - P99) == steps


def test_every_reason_has_an_answer() -> None:
    assert {impact.REASONS[reason] for reason in impact.REASONS} == set(impact.ANSWERS)
    assert impact.judge(()).tally == seen((0, 0)).others("wide") == NOTHING


def test_the_events_that_tell_are_those_of_the_stretch_that_shows_it() -> None:
    assert impact.of_step(seen((50, 200), (10, 20))).tally == of(10, 20)
    assert impact.of_step(seen((1, 100), incident=True, during=(20, 100))).tally == of(20, 100)
    assert impact.of_step(seen((7, 100), (1, 20))).tally == of(7, 100)
