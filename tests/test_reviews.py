"""Weekly reviews: what counts as a drop, how one stands, what the next one begins with; and as they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tabiji import actions, definitions, reviews, store
from tabiji.acts import Act
from tabiji.budgets import State
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.reviews import Decided, Decision, Finding, Followed, Review, Word
from tabiji.runs import reviewing

MONDAY = date(2026, 6, 1)
WORD = Word("aya", 1_780_300_800)
MEND = Decided("pay/works", "mend", "retry the token", "ken", date(2026, 6, 8))
F = Fraction


@pytest.mark.parametrize(
    ("spent", "before", "state", "state_before", "reason"),
    [
        pytest.param(
            F(26, 100), F(25, 100), "healthy", "healthy", "spent", id="more than a quarter, and more"
        ),
        pytest.param(F(25, 100), F(0), "healthy", "healthy", None, id="a quarter of what a week may spend"),
        pytest.param(F(2), F(2), "healthy", "healthy", None, id="as much as the week before"),
        pytest.param(F(2), None, "healthy", "no-data", "spent", id="the first week with events"),
        pytest.param(F(1), F(2), "burning", "at-risk", "state", id="less, and a worse state"),
        pytest.param(F(1), F(2), "at-risk", "at-risk", None, id="less, and the same state"),
        pytest.param(F(0), F(0), "healthy", "exhausted", None, id="a better state"),
        pytest.param(F(0), F(0), "exhausted", "no-data", None, id="nothing is known of before"),
        pytest.param(None, F(2), "exhausted", "healthy", None, id="no events"),
    ],
)
def test_what_a_drop_is(
    spent: Fraction | None, before: Fraction | None, state: State, state_before: State, reason: str | None
) -> None:
    assert reviews.drop(spent, before, state, state_before) == reason


@pytest.mark.parametrize(
    ("second", "zone", "monday"),
    [
        pytest.param(1_780_239_600, "Asia/Tokyo", MONDAY, id="the first second of Monday in Tokyo"),
        pytest.param(1_780_239_599, "Asia/Tokyo", date(2026, 5, 25), id="the last one of Sunday"),
        pytest.param(1_780_239_600, "UTC", date(2026, 5, 25), id="still Sunday elsewhere"),
    ],
)
def test_a_week_begins_on_monday_where_the_site_is(second: int, zone: str, monday: date) -> None:
    assert reviews.monday(second, zone) == monday


def after(review: Review, *acts: Act) -> Review:
    return reviews.review(review.team, review.week, [*review.acts, *acts])


EMPTY = Review("money", MONDAY)
BEGUN = after(EMPTY, reviews.begun(EMPTY, " aya ", "sre", ["ken", "", "ken", "mina"], WORD))
DECIDED = after(BEGUN, reviews.decided(BEGUN, MEND, WORD))
HELD = after(DECIDED, reviews.held(DECIDED, replace(WORD, at=WORD.at + 1259)))


def test_how_it_stands_follows_from_what_was_said() -> None:
    review = after(BEGUN, reviews.reached(BEGUN, "why", WORD))
    review = after(review, reviews.noted(review, Finding("pay/works", "a deployment"), WORD))
    review = after(review, reviews.noted(review, Finding("pay/works", "", "yes", "12 enquiries"), WORD))
    review = after(review, reviews.decided(review, MEND, WORD))
    later = replace(MEND, due=date(2026, 6, 15))
    review = after(review, reviews.changed(review, 1, later, "ken is away", WORD))
    review = after(review, reviews.raised(review, " quizzes ", "", None, WORD))
    assert review == Review(
        "money",
        MONDAY,
        review.acts,
        leader="aya",
        led_by="sre",
        present=("ken", "mina"),
        began_at=WORD.at,
        step="why",
        findings={"pay/works": Finding("pay/works", "a deployment", "yes", "12 enquiries")},
        decisions=(Decision("money/2026-06-01", 1, later, WORD, "ken is away"),),
        concerns=(reviews.Concern(1, "quizzes", "", None, WORD),),
    )
    gone = after(review, reviews.withdrawn(review, 1, "not needed", WORD))
    assert (gone.standing, gone.decisions[0].withdrawn) == ((), "not needed")
    assert (HELD.held_at, HELD.lasted_minutes, HELD.step) == (WORD.at + 1259, 20, "end")
    assert after(HELD, reviews.reopened(HELD, "one more", WORD)).held_at is None


FAULTS = {
    "nobody has begun it": lambda: reviews.held(EMPTY, WORD),
    "it is closed": lambda: reviews.decided(HELD, MEND, WORD),
    "led by nobody known": lambda: reviews.begun(EMPTY, "aya", "boss", [], WORD),
    "a leader without a name": lambda: reviews.begun(EMPTY, " ", "team", [], WORD),
    "a name of 61 characters": lambda: reviews.begun(EMPTY, "a" * 61, "team", [], WORD),
    "no such step": lambda: reviews.reached(BEGUN, "lunch", WORD),
    "an empty note": lambda: reviews.noted(BEGUN, Finding("pay/works"), WORD),
    "no owner": lambda: reviews.decided(BEGUN, replace(MEND, owner=" "), WORD),
    "no day": lambda: reviews.decided(BEGUN, replace(MEND, due=None), WORD),
    "a day before all days": lambda: reviews.decided(BEGUN, replace(MEND, due=date(1969, 12, 31)), WORD),
    "no reason": lambda: reviews.decided(BEGUN, replace(MEND, why=""), WORD),
    "too much of it": lambda: reviews.decided(BEGUN, replace(MEND, why="a" * 4001), WORD),
    "no such decision": lambda: reviews.withdrawn(DECIDED, 2, "why", WORD),
    "withdrawn without a reason": lambda: reviews.withdrawn(DECIDED, 1, " ", WORD),
    "changed to the same": lambda: reviews.changed(DECIDED, 1, MEND, "why", WORD),
    "nothing was open": lambda: reviews.followed(BEGUN, [], Followed("money/2026-05-25#1", "done", "", WORD)),
    "not closed": lambda: reviews.reopened(BEGUN, "why", WORD),
    "a worry without words": lambda: reviews.raised(BEGUN, " ", "", None, WORD),
}


@pytest.mark.parametrize("act", FAULTS.values(), ids=FAULTS)
def test_what_makes_no_sense_is_refused(act: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        act()  # type: ignore[operator]


def test_doing_nothing_needs_neither_owner_nor_day() -> None:
    nothing = Decided("pay/works", "nothing", "it was luck")
    assert after(BEGUN, reviews.decided(BEGUN, nothing, WORD)).standing[0].decided == nothing


def test_the_next_one_begins_with_what_is_open() -> None:
    first = DECIDED.standing[0]
    second = Review("money", date(2026, 6, 8))
    second = after(second, reviews.begun(second, "aya", "team", [], WORD))
    other = replace(DECIDED, team="growth")

    def waits(*found: Review) -> list[Decision]:
        return reviews.open_before(found, "money", date(2026, 6, 15))

    assert reviews.open_before([DECIDED], "money", MONDAY) == []
    assert waits(other, DECIDED) == [first]
    for outcome, left in (("carried", [first]), ("done", [])):
        said = Followed(first.name, outcome, "", WORD)  # type: ignore[arg-type]
        assert waits(DECIDED, after(second, reviews.followed(second, [first], said))) == left


@pytest.mark.parametrize(
    ("held", "missed"),
    [
        pytest.param([HELD], [date(2026, 6, 8)], id="one of two was held"),
        pytest.param([DECIDED], [MONDAY, date(2026, 6, 8)], id="what was only begun was not held"),
    ],
)
def test_weeks_without_a_review(held: list[Review], missed: list[date]) -> None:
    assert reviews.missed(held, "money", MONDAY, date(2026, 6, 15)) == missed


# As they are kept

SITE = "timezone: Asia/Tokyo\nteams: {money: {title: Money}}\n"
PAY = """
journey: pay
team: money
steps:
  pay: {events: "operation = 'Pay'"}
objectives:
  works: {good: status < 500, target: 99%}
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "site"
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    (folder / "journeys" / "pay.yaml").write_text(PAY, "utf-8")
    return definitions.load(folder, {})


def test_what_is_to_be_mended_opens_moves_and_ends_an_action_item(site: Site, store_url: str) -> None:
    with store.open(store_url) as opened:
        review = reviewing.find(site, opened, "money", "2026-06-01")
        review = reviewing.begin(opened, review, "aya", "team", [], WORD)
        stale = review
        review = reviewing.decide(site, opened, review, MEND, WORD)
        review = reviewing.decide(site, opened, stale, replace(MEND, choice="watch"), WORD)
        assert [one.decided.choice for one in review.standing] == ["mend", "watch"]
        (item,) = reviewing.items(opened).values()
        assert item.wanted == actions.Wanted(
            "retry the token",
            team="money",
            owner="ken",
            due=date(2026, 6, 8),
            origin="review",
            which="money/2026-06-01#1",
            journey="pay",
        )
        later = replace(MEND, owner="mina", due=date(2026, 6, 15))
        review = reviewing.change(site, opened, review, 1, later, "ken is away", WORD)
        (item,) = reviewing.items(opened).values()
        assert (item.wanted.owner, item.wanted.due) == ("mina", date(2026, 6, 15))
        following = reviewing.find(site, opened, "money", "2026-06-08")
        following = reviewing.begin(opened, following, "aya", "team", [], WORD)
        assert reviewing.waiting(opened, following) == list(review.standing)
        reviewing.follow(opened, following, Followed("money/2026-06-01#1", "done", "no 401s", WORD))
        (item,) = reviewing.items(opened).values()
        assert (item.ended, item.outcome) == ("done", "no 401s")
        review = reviewing.raise_(opened, review, "quizzes", "", None, WORD)
        concern = reviewing.items(opened)["money/2026-06-01#c1"].wanted
        assert (concern.sort, concern.title, concern.team) == ("concern", "quizzes", "money")


def test_a_withdrawn_decision_drops_its_action_item(site: Site, store_url: str) -> None:
    with store.open(store_url) as opened:
        review = reviewing.find(site, opened, "all", "2026-06-01")
        review = reviewing.begin(opened, review, "aya", "sre", [], WORD)
        review = reviewing.decide(site, opened, review, MEND, WORD)
        review = reviewing.withdraw(opened, review, 1, "not needed", WORD)
        (item,) = reviewing.items(opened).values()
        assert (item.ended, item.outcome, review.standing) == ("dropped", "not needed", ())
        before = opened.acts.of()
        with pytest.raises(UsageError):
            reviewing.decide(site, opened, review, replace(MEND, objective="pay/nothing"), WORD)
        with pytest.raises(UsageError):
            reviewing.decide(site, opened, review, replace(MEND, owner=""), WORD)
        assert opened.acts.of() == before


@pytest.mark.parametrize(
    ("team", "week"), [("nobody", "2026-06-01"), ("money", "2026-06-02"), ("money", "x")]
)
def test_what_is_no_review_is_refused(site: Site, store_url: str, team: str, week: str) -> None:
    with store.open(store_url) as opened, pytest.raises(UsageError):
        reviewing.find(site, opened, team, week)
