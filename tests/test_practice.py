"""Stages from constructed evidence, both edges of each; the hierarchy, staleness, milestones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import practice
from tabiji.acts import Act
from tabiji.practice import DAYS, DUE, PRACTICES, Floor, Lived, Occasion, Practice, Reached

NOW = 1_795_000_000
BY: tuple[practice.By, ...] = ("team", "supported", "sre")
DAY = 86_400


def weeks(team: int = 0, supported: int = 0, sre: int = 0, not_held: int = 0) -> list[Occasion]:
    """Reviews of so many weeks by whom they were led, and weeks without one."""
    told = ["team"] * team + ["supported"] * supported + ["sre"] * sre + [None] * not_held
    return [Occasion(NOW - DAY * (n + 1), by is not None, by or "team") for n, by in enumerate(told)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("occasions", "stage", "missing", "more"),
    [
        pytest.param([], None, "occasions", 1, id="nothing was due"),
        pytest.param(weeks(not_held=12), 0, "taken", 9, id="never held"),
        pytest.param(weeks(team=8, not_held=4), 0, "taken", 1, id="one week short of three quarters"),
        pytest.param(weeks(team=9, not_held=3), 3, None, 0, id="just three quarters, all by the team"),
        pytest.param(weeks(sre=12), 1, "led-by-team", 9, id="all led by SRE"),
        pytest.param(weeks(team=8, sre=4), 1, "led-by-team", 1, id="SRE leads a third"),
        pytest.param(weeks(team=9, sre=3), 3, None, 0, id="SRE leads just a quarter, the team the rest alone"),
        pytest.param(weeks(supported=9, sre=3), 2, "without-sre", 9, id="the team leads three quarters, never alone"),
        pytest.param(weeks(supported=8, sre=4), 1, "led-by-team", 1, id="the team leads two thirds with help"),
        pytest.param(weeks(team=8, supported=4), 2, "without-sre", 1, id="help with a third"),
        pytest.param(weeks(team=9, supported=3), 3, None, 0, id="help with just a quarter"),
    ],
)  # fmt: skip
def test_a_stage_and_what_the_next_one_needs(
    occasions: list[Occasion], stage: int | None, missing: str | None, more: int
) -> None:
    found = practice.stage("reviews-held", occasions, NOW)
    assert (found.stage, found.missing, found.more) == (stage, missing, more)


def test_only_ninety_days_count() -> None:
    first, last = NOW - DAYS * DAY, NOW - 1
    some = [Occasion(at, True) for at in (first - 1, first, last, NOW)]
    assert [one.at for one in practice.stage("load-tests", some, NOW).occasions] == [first, last]


@pytest.mark.parametrize("name", PRACTICES)
def test_each_practice_is_due_to_its_share(name: Practice) -> None:
    due = DUE[name].denominator * 100
    enough = DUE[name].numerator * 100
    for taken, stage in ((enough - 1, 0), (enough, 3)):
        some = [Occasion(NOW - 1, True, weight=taken), Occasion(NOW - 2, False, weight=due - taken)]
        assert practice.stage(name, some, NOW).stage == stage


@given(st.lists(st.sampled_from(["team", "supported", "sre", None]), max_size=40))
def test_what_is_missing_is_what_leads_to_the_next_stage(told: list[str | None]) -> None:
    """Whoever does as much more as is said, of what there was, is further; one less is not."""
    some = weeks(told.count("team"), told.count("supported"), told.count("sre"), told.count(None))
    found = practice.stage("reviews-held", some, NOW)
    if found.stage is None or found.missing is None:
        return
    better = {
        "taken": (None, "team"), "led-by-team": ("sre", "supported"), "without-sre": ("supported", "team"),
    }[found.missing]  # fmt: skip
    for more, further in ((found.more, True), (found.more - 1, False)):
        changed = list(told)
        for _ in range(more):
            was = better[0] if better[0] in changed else "sre"
            changed[changed.index(was)] = better[1]
        now = weeks(
            changed.count("team"), changed.count("supported"), changed.count("sre"), changed.count(None)
        )
        assert ((practice.stage("reviews-held", now, NOW).stage or 0) > found.stage) == further


def stages(**reached: int | None) -> list[practice.Stage]:
    rows = {3: weeks(team=4), 0: weeks(not_held=4), None: []}
    return [practice.stage(name, rows[reached.get(name.replace("-", "_"), 3)], NOW) for name in PRACTICES]


@pytest.mark.parametrize(
    ("reached", "stands"),
    [
        pytest.param({}, (True, True, True, True, True), id="all of it"),
        pytest.param({"coverage": 0}, (False, False, False, False, False), id="nobody sees what users do"),
        pytest.param({"post_mortems": 0}, (True, True, False, False, False), id="nobody learns from incidents"),
        pytest.param({"post_mortems": None}, (True, True, False, False, False), id="nothing to learn from yet"),
        pytest.param({"targets_reviewed": None}, (True, True, True, True, True), id="one of two was not due"),
        pytest.param({"load_tests": 0}, (True, True, True, True, False), id="only the top is missing"),
    ],
)  # fmt: skip
def test_a_level_stands_on_those_below(reached: dict[str, int | None], stands: tuple[bool, ...]) -> None:
    assert tuple(one.stands for one in practice.hierarchy(stages(**reached))) == stands


def test_what_a_level_lacks() -> None:
    floors = practice.hierarchy(stages(coverage=0, reviews_held=0, load_tests=0))
    assert floors[0] == Floor("monitoring", False, ("coverage", "reviews-held"))
    assert floors[1] == Floor("incident-response", False, ())
    assert floors[4] == Floor("capacity", False, ("load-tests",))


OLD = NOW - DAYS * DAY
GOOD, HALF, GONE = Fraction(3, 4), Fraction(1, 2), Fraction(0)


@pytest.mark.parametrize(
    ("lived", "found"),
    [
        pytest.param(Lived("a/b", [HALF] * 28, OLD, NOW - 1), (), id="lives"),
        pytest.param(Lived("a/b", [GOOD, None] * 28, OLD, NOW - 1), ("never-at-risk",), id="just never at risk"),
        pytest.param(Lived("a/b", [GOOD - Fraction(1, 10**9)] * 28, OLD, NOW - 1), (), id="a little at risk"),
        pytest.param(Lived("a/b", [GOOD, None] * 27, OLD, NOW - 1), (), id="never at risk, on too few days to say"),
        pytest.param(Lived("a/b", [GONE] * 24 + [HALF] * 6, OLD, NOW - 1), ("always-burnt",), id="just always burnt"),
        pytest.param(Lived("a/b", [GONE] * 23 + [HALF] * 6, OLD, NOW - 1), (), id="burnt on fewer"),
        pytest.param(Lived("a/b", [GONE] * 27, OLD, NOW - 1), (), id="burnt, on too few days to say"),
        pytest.param(Lived("a/b", [HALF], OLD, OLD), (), id="reviewed just 90 days ago"),
        pytest.param(Lived("a/b", [HALF], OLD, OLD - 1), ("not-reviewed",), id="reviewed before"),
        pytest.param(Lived("a/b", [None], OLD), ("not-reviewed",), id="no data, and nobody looked"),
        pytest.param(Lived("a/b", [HALF], OLD + 1), (), id="too young to be reviewed"),
        pytest.param(Lived("a/b", [GONE] * 28, OLD + 1), ("always-burnt",), id="a new promise, and the past broke it"),
    ],
)  # fmt: skip
def test_an_objective_that_wants_to_be_looked_at(lived: Lived, found: tuple[str, ...]) -> None:
    assert practice.staleness(lived, NOW) == found


def test_milestones_tick_themselves_off_by_the_first_that_shows_them() -> None:
    told = practice.milestones(
        {"review-held": [(30, "b"), (20, "a")], "lines-counted": ((10, ""),), "policy-agreed": []}
    )
    assert [one for one in told if one.at is not None] == [
        Reached("lines-counted", 10), Reached("review-held", 20, "a"),
    ]  # fmt: skip
    assert len(told) == len(practice.MILESTONES)


@pytest.mark.parametrize("name", PRACTICES)
@pytest.mark.parametrize(
    ("led", "stage"),
    [
        pytest.param((0, 0, 100), 1, id="all led by SRE"),
        pytest.param((0, 74, 26), 1, id="SRE leads a little more than a quarter"),
        pytest.param((0, 75, 25), 2, id="SRE leads just a quarter"),
        pytest.param((74, 26, 0), 2, id="SRE helps with a little more than a quarter"),
        pytest.param((75, 25, 0), 3, id="SRE helps with just a quarter"),
        pytest.param((100, 0, 0), 3, id="never any SRE"),
    ],
)
def test_who_leads_decides_the_stage_of_each_practice(
    name: Practice, led: tuple[int, int, int], stage: int
) -> None:
    some = [Occasion(NOW - 1, True, by, weight=weight) for by, weight in zip(BY, led, strict=True) if weight]
    assert practice.stage(name, some, NOW).stage == stage


# Engagements

ASKED = practice.Wanted("learning", "leads", "reviews-held", 3, "They asked for help")
BEGUN = practice.begun(ASKED, (), "saki", 100)


def kept(*acts: Act) -> tuple[practice.Engagement, ...]:
    """The engagements that these acts make, once they are kept: the first is number 1."""
    return practice.engagements(
        replace(one, number=place, subject=one.subject or str(place)) for place, one in enumerate(acts, 1)
    )


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        pytest.param(replace(ASKED, team="nobody"), "team", id="no such team"),
        pytest.param(replace(ASKED, practice="cleaning"), "practice", id="no such practice"),
        pytest.param(replace(ASKED, mode="watches"), "mode", id="neither leads nor supports"),
        pytest.param(replace(ASKED, until_stage=1), "until", id="at stage 1 SRE leads still"),
        pytest.param(replace(ASKED, until_stage=4), "until", id="there is no stage 4"),
        pytest.param(
            replace(ASKED, mode="supports", until_stage=2), "until", id="support is stage 2 already"
        ),
        pytest.param(replace(ASKED, why=" "), "why", id="nobody says why"),
        pytest.param(replace(ASKED, why="x" * (practice.TEXT_LONGEST + 1)), "why", id="one letter too many"),
    ],
)
def test_what_is_wrong_with_an_engagement(wanted: practice.Wanted, field: str) -> None:
    assert practice.faults(ASKED, ["learning"]) == []
    assert practice.faults(replace(ASKED, why="x" * practice.TEXT_LONGEST), ["learning"]) == []
    assert [one for one, _ in practice.faults(wanted, ["learning"])] == [field]


def test_an_engagement_begins_and_ends() -> None:
    (going,) = kept(BEGUN)
    assert going == practice.Engagement(
        "learning", "leads", "reviews-held", 3, "They asked for help", "saki", 100, 1
    )
    (over,) = kept(BEGUN, practice.ended(going, " They do it alone ", "aya", 200))
    assert over == replace(going, ended_at=200, ended_by="aya", ended_why="They do it alone")
    assert [one.lasts_at(at) for one in (going, over) for at in (99, 100, 199, 200)] == [
        False, True, True, True, False, True, True, False,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="is over already"):
        practice.ended(over, "again", "aya", 300)
    with pytest.raises(ValueError, match="say why"):
        practice.ended(going, "", "aya", 300)
    with pytest.raises(ValueError, match="engaged in that already"):
        practice.begun(replace(ASKED, mode="supports"), [going], "saki", 199)
    assert practice.begun(ASKED, [over], "saki", 200).what == "begun"
    assert practice.begun(replace(ASKED, practice="coverage"), [going], "saki", 199).what == "begun"


def test_who_led_what_shows_no_person() -> None:
    supports = practice.begun(replace(ASKED, mode="supports"), (), "saki", 50)
    some = kept(supports, replace(practice.ended(kept(supports)[0], "x", "aya", 100), subject="1"), BEGUN)
    assert [practice.led_by(some, "reviews-held", at) for at in (49, 50, 99, 100)] == [
        "team", "supported", "supported", "sre",
    ]  # fmt: skip
    assert practice.led_by(some, "coverage", 100) == "team"


@pytest.mark.parametrize(("reached", "met"), [(2, False), (3, True)])
def test_the_end_condition_is_the_stage_that_was_agreed(reached: int, met: bool) -> None:
    occasions = weeks(team=4) if reached == 3 else weeks(supported=4)
    (going,) = kept(BEGUN)
    assert practice.fulfilled(going, [practice.stage("reviews-held", occasions, NOW)]) == met
    assert not practice.fulfilled(going, [practice.stage("reviews-held", [], NOW)])
    assert not practice.fulfilled(going, [practice.stage("coverage", weeks(team=4), NOW)])
