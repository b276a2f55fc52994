"""Action items: how each stands by its acts, at any time; what may be said of one, and what makes no sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tabiji import actions, store
from tabiji.actions import Item, Wanted, Word
from tabiji.acts import Act

NOW = 1_780_000_000
WORD = Word("Sato", NOW, "because")
SILENT = Word("Sato", NOW)
WANTED = Wanted(
    "Retry the token",
    "It ends after 10 minutes.\nThe player does not know.",
    team="learning",
    owner="aya",
    supporter="木下",
    due=date(2026, 6, 30),
    origin="incident",
    which="7",
    journey="watch",
)
TEAMS, JOURNEYS = ("billing", "learning"), ("watch",)


def opened(wanted: Wanted = WANTED) -> Item:
    act = replace(actions.opening(wanted, "Ito", NOW - 60), subject="5", number=5)
    return actions.item([act])


def after(item: Item, *acts: Act) -> Item:
    kept = [replace(act, number=item.last + 1 + n) for n, act in enumerate(acts)]
    return actions.item([*item.acts, *kept])


def test_what_is_opened_is_what_was_wanted() -> None:
    assert opened() == Item(5, WANTED, opened().acts)
    bare = Wanted("Only a title")
    assert opened(bare).wanted == bare
    assert opened(bare).opened.body == {"title": "Only a title", "sort": "action", "origin": "hand"}


FIELDS: dict[str, tuple[Callable[[Item], Act], dict[str, object]]] = {
    "owned": (lambda one: actions.owned(one, " Mori ", SILENT), {"owner": "Mori"}),
    "owned by nobody": (lambda one: actions.owned(one, None, SILENT), {"owner": None}),
    "supported": (lambda one: actions.supported(one, "Mori", SILENT), {"supporter": "Mori"}),
    "supported by nobody": (lambda one: actions.supported(one, None, SILENT), {"supporter": None}),
    "later, with a reason": (
        lambda one: actions.postponed(one, date(2026, 7, 1), WORD),
        {"due": date(2026, 7, 1)},
    ),
    "on no certain day": (lambda one: actions.postponed(one, None, WORD), {"due": None}),
    "handed over": (lambda one: actions.handed(one, "billing", TEAMS, SILENT), {"team": "billing"}),
    "handed to nobody": (lambda one: actions.handed(one, None, TEAMS, SILENT), {"team": None}),
    "serves a line": (lambda one: actions.serving(one, "speed", ("speed",), SILENT), {"line": "speed"}),
}


@pytest.mark.parametrize(("act", "fields"), FIELDS.values(), ids=FIELDS)
def test_what_is_said_changes_one_thing(act: Callable[[Item], Act], fields: dict[str, object]) -> None:
    before = opened()
    now = after(before, act(before))
    assert (now.wanted, now.ended) == (replace(WANTED, **fields), None)  # type: ignore[arg-type]
    assert [one.number for one in now.acts] == [5, 6]


def test_an_item_is_over_and_open_again_with_what_was_said() -> None:
    first = opened()
    done = after(first, actions.done(first, WORD))
    assert (done.ended, done.ended_at, done.outcome) == ("done", NOW, "because")
    dropped = after(first, actions.dropped(first, WORD))
    assert (dropped.ended, dropped.ended_at, dropped.outcome) == ("dropped", NOW, "because")
    again = after(done, actions.reopened(done, WORD))
    assert (again.ended, again.ended_at, again.outcome) == (None, None, "")
    assert after(done, actions.noted(done, WORD)).ended == "done"


REFUSED: dict[str, tuple[Callable[[Item], Act], str]] = {
    "the same owner": (lambda one: actions.owned(one, "aya", WORD), "it is so already"),
    "an owner without a name": (lambda one: actions.owned(one, " ", WORD), "it is empty"),
    "an owner of two lines": (
        lambda one: actions.owned(one, "a\nb", WORD),
        "it holds characters that can't be printed, such as a line break; leave them out",
    ),
    "an owner of 61 characters": (
        lambda one: actions.owned(one, "a" * 61, WORD),
        "that is too long; 60 characters are the most",
    ),
    "another day without a reason": (
        lambda one: actions.postponed(one, date(2026, 7, 1), Word("Sato", NOW, " ")),
        "why is it due on another day? Say the reason; it is kept",
    ),
    "the same day": (lambda one: actions.postponed(one, WANTED.due, SILENT), "it is so already"),
    "a day of another age": (
        lambda one: actions.postponed(one, date(1969, 12, 31), WORD),
        "the time is before 1970 or after 2286",
    ),
    "a team that is not there": (
        lambda one: actions.handed(one, "learnin", TEAMS, WORD),
        "`learnin` is not a team; there are billing, learning",
    ),
    "a line that is not there": (
        lambda one: actions.serving(one, "speed", (), WORD),
        "`speed` is no line of the mission; there are none yet",
    ),
    "done, and nothing came of it": (
        lambda one: actions.done(one, SILENT),
        "what came of it? Say it in a sentence; it is kept",
    ),
    "dropped without a reason": (
        lambda one: actions.dropped(one, SILENT),
        "why will it not be done? Say the reason; it is kept",
    ),
    "reopened while it is open": (
        lambda one: actions.reopened(one, WORD),
        "action item 5 is open already",
    ),
    "a note of nothing": (lambda one: actions.noted(one, SILENT), "the note is empty"),
    "a note of 4001 characters": (
        lambda one: actions.noted(one, Word("Sato", NOW, "a" * 4001)),
        "that is too long; 4000 characters are the most",
    ),
    "owned when it is over": (
        lambda one: actions.owned(after(one, actions.done(one, WORD)), "Mori", WORD),
        "action item 5 is over; reopen it first",
    ),
    "done twice": (
        lambda one: actions.done(after(one, actions.dropped(one, WORD)), WORD),
        "action item 5 is over; reopen it first",
    ),
}


@pytest.mark.parametrize(("act", "said"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(act: Callable[[Item], Act], said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        act(opened())
    assert str(refused.value) == said


FAULTS: dict[str, tuple[Wanted, list[str]]] = {
    "all is well": (WANTED, []),
    "the longest title": (replace(WANTED, title="a" * 200), []),
    "a longer one": (replace(WANTED, title="a" * 201), ["title"]),
    "no title": (replace(WANTED, title="　"), ["title"]),
    "a wide space": (replace(WANTED, title="直す　すぐ"), []),
    "too much detail": (replace(WANTED, detail="a" * 4001), ["detail"]),
    "an unknown sort": (replace(WANTED, sort="wish"), ["sort"]),  # type: ignore[arg-type]
    "an unknown origin": (replace(WANTED, origin="dream"), ["from"]),  # type: ignore[arg-type]
    "of which incident": (replace(WANTED, which=""), ["from"]),
    "by hand, of one": (replace(WANTED, origin="hand"), ["from"]),
    "an unknown team": (replace(WANTED, team="sales"), ["team"]),
    "an unknown journey": (replace(WANTED, journey="pay"), ["journey"]),
    "an unknown line": (replace(WANTED, line="speed"), ["serves"]),
    "many at once": (
        Wanted("", owner="", supporter="\0", due=date(2300, 1, 1)),
        ["title", "owner", "supporter", "due"],
    ),
}


@pytest.mark.parametrize(("wanted", "fields"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_opened_says_which_fields(wanted: Wanted, fields: list[str]) -> None:
    assert [field for field, _ in actions.faults(wanted, TEAMS, JOURNEYS)] == fields


def test_it_is_overdue_from_the_day_after_by_the_sites_clock() -> None:
    item = opened()

    def at(hour: int, minute: int, day: int = 30) -> int:
        return int(datetime(2026, 6, day, hour, minute, tzinfo=UTC).timestamp())

    assert item.state(actions.today(at(14, 59), "Asia/Tokyo")) == "open"
    assert item.state(actions.today(at(15, 0), "Asia/Tokyo")) == "overdue"
    assert item.state(actions.today(at(15, 0), "UTC")) == "open"
    assert after(item, actions.done(item, WORD)).state(date(2026, 8, 1)) == "done"
    assert opened(replace(WANTED, due=None)).state(date(2030, 1, 1)) == "open"


def test_the_order_is_that_in_which_they_are_to_be_looked_at() -> None:
    def one(number: int, due: date | None) -> Item:
        act = actions.opening(replace(WANTED, due=due), "Ito", NOW)
        return actions.item([replace(act, subject=str(number), number=number)])

    never, june, may = one(1, None), one(2, date(2026, 6, 30)), one(3, date(2026, 5, 1))
    early, other = one(4, date(2026, 6, 1)), one(5, date(2026, 6, 30))
    over = [
        after(made, actions.done(made, Word("Sato", at, "x")))
        for made, at in ((one(6, None), 9), (one(7, None), 8))
    ]
    every = [over[1], never, june, may, early, other, over[0]]
    assert actions.sorted_by_due(every) == [may, early, june, other, never, *over]


def test_they_are_kept_and_found_as_they_stood_at_any_time(store_url: str) -> None:
    from tabiji.runs import acting

    with store.open(store_url) as kept:
        review = Act("review", "learning/2026-06-01", "closed", NOW, "Ito")
        more = [actions.opening(replace(WANTED, title=title), "Ito", NOW) for title in ("a", "b")]
        first, second = (one.number for one in kept.acts.add_all([review, *more])[1:])
        item = acting.find(kept, first)
        kept.acts.add(actions.done(item, replace(WORD, at=NOW + 60)), seen=item.last)
        assert [(one.number, one.ended) for one in acting.every(kept)] == [(first, "done"), (second, None)]
        assert [one.ended for one in acting.every(kept, NOW + 60)] == [None, None]
        assert acting.every(kept, NOW) == []
