"""Corrections: which minutes of which objective they cover, each once."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import corrections
from tabiji.corrections import EVERYTHING, Correction, Dated, Scope, Span
from tabiji.journeys import Journey, Objective, Text
from tabiji.windows import Rolling


def objective(journey: str, name: str) -> Objective:
    text = Text(name, name)
    window = Rolling(28 * 1440)
    return Objective(
        journey, name, text, (), "a", None, None, None, Fraction(99, 100), "99%", window, "agreed", ()
    )


PLAY = objective("watch", "play")
WATCH = Journey("watch", Text("Watch", "Watch"), "learning", None, (), (PLAY,))
NOBODYS = Journey("watch", Text("Watch", "Watch"), None, None, (), (PLAY,))


def dated(*spans: Span, scope: Scope = EVERYTHING, name: str = "upgrade") -> Dated:
    time = spans[0] if spans else (0, 1)
    return Dated(Correction(name, "planned-maintenance", "Sato", "Upgrade", scope, time), spans)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        pytest.param(EVERYTHING, True, id="nothing is named: everything"),
        pytest.param(Scope(journeys=("watch",)), True, id="its journey"),
        pytest.param(Scope(journeys=("watch-course",)), False, id="a journey with a longer name"),
        pytest.param(Scope(objectives=("watch/play",)), True, id="the objective itself"),
        pytest.param(Scope(objectives=("watch/fast",)), False, id="another objective of the journey"),
        pytest.param(Scope(teams=("learning",)), True, id="its team"),
        pytest.param(Scope(teams=("billing",)), False, id="another team"),
        pytest.param(Scope(sources=("jobs",)), True, id="one of its sources"),
        pytest.param(Scope(sources=("mail",)), False, id="a source that it counts nothing of"),
        pytest.param(Scope(journeys=("pay",), sources=("web",)), True, id="one name of two is enough"),
    ],
)
def test_a_correction_is_for_what_it_names(scope: Scope, covered: bool) -> None:
    assert corrections.covers(scope, WATCH, PLAY, {"web", "jobs"}) is covered


def test_a_journey_without_team_is_no_teams() -> None:
    assert not corrections.covers(Scope(teams=("learning",)), NOBODYS, PLAY, {"web"})


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([(20, 30)], [(20, 30)], id="within"),
        pytest.param([(5, 10)], [], id="ends where the period begins"),
        pytest.param([(5, 11)], [(10, 11)], id="lasts into its first minute"),
        pytest.param([(99, 120)], [(99, 100)], id="begins in its last minute"),
        pytest.param([(100, 120)], [], id="begins where the period ends"),
        pytest.param([(0, 200)], [(10, 100)], id="longer than the period"),
        pytest.param([(20, 30), (20, 30)], [(20, 30)], id="the same twice"),
        pytest.param([(20, 30), (25, 40)], [(20, 40)], id="overlapping"),
        pytest.param([(20, 30), (30, 40)], [(20, 40)], id="touching"),
        pytest.param([(31, 40), (20, 30)], [(20, 30), (31, 40)], id="a minute apart, the later first"),
        pytest.param([(20, 50), (30, 40)], [(20, 50)], id="one within the other"),
        pytest.param([(20, 20), (40, 30)], [], id="empty ones"),
    ],
)
def test_each_minute_is_covered_once(spans: list[Span], expected: list[Span]) -> None:
    each = [dated(span) for span in spans]
    assert corrections.intervals(each, WATCH, PLAY, {"web"}, 10, 100) == expected
    assert corrections.intervals([dated(*spans)], WATCH, PLAY, {"web"}, 10, 100) == expected


def test_a_report_names_the_corrections_that_touch_an_objective() -> None:
    ours, theirs = dated((5, 15), (95, 105)), dated((20, 30), scope=Scope(teams=("billing",)))
    before = dated((0, 10), name="before")
    found = corrections.applied([before, ours, theirs], WATCH, PLAY, {"web"}, 10, 100)
    assert found == [Dated(ours.correction, ((10, 15), (95, 100)))]


def test_minutes_add_up() -> None:
    assert corrections.minutes([(10, 15), (95, 100)]) == 10


SPANS = st.lists(st.tuples(st.integers(-50, 150), st.integers(-50, 150)), max_size=8)


@given(spans=SPANS, first=st.integers(-20, 120), length=st.integers(0, 100))
def test_merged_spans_are_the_set_of_their_minutes(spans: list[Span], first: int, length: int) -> None:
    end = first + length
    found = corrections.merged(spans, first, end)
    minutes = {minute for span in spans for minute in range(*span)} & set(range(first, end))
    assert {minute for span in found for minute in range(*span)} == minutes
    assert corrections.minutes(found) == len(minutes)
    assert all(one[1] < two[0] for one, two in pairwise(found))
    assert corrections.merged(found, first, end) == found


@given(spans=SPANS, more=SPANS, first=st.integers(-20, 120), length=st.integers(0, 100))
def test_corrections_that_cover_nothing_change_nothing(
    spans: list[Span], more: list[Span], first: int, length: int
) -> None:
    end = first + length
    outside = [(a, b) for a, b in more if b <= first or a >= end or b <= a]
    others = dated(*more, scope=Scope(journeys=("pay",)))
    judged = corrections.intervals([dated(*spans)], WATCH, PLAY, {"web"}, first, end)
    assert (
        corrections.intervals([dated(*spans), dated(*outside), others], WATCH, PLAY, {"web"}, first, end)
        == judged
    )


@given(spans=SPANS, cut=st.integers(0, 100))
def test_a_period_in_two_parts_is_covered_as_the_whole(spans: list[Span], cut: int) -> None:
    halves = corrections.merged(spans, 0, cut) + corrections.merged(spans, cut, 100)
    assert corrections.merged(halves, 0, 100) == corrections.merged(spans, 0, 100)
