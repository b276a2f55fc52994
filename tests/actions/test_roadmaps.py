"""Roadmaps: each item that is open stands in one place, by when it is due and by what sort it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tabiji import actions, roadmaps
from tabiji.actions import Item, Wanted
from tabiji.roadmaps import By, Road

TODAY = date(2026, 5, 20)
ZONE = "Asia/Tokyo"


def item(number: int, due: str | None = None, **more: object) -> Item:
    wanted = Wanted("x", due=None if due is None else date.fromisoformat(due), team="a")
    act = actions.opening(replace(wanted, **more), "Ito", 0)  # type: ignore[arg-type]
    return actions.item([replace(act, subject=str(number), number=number)])


def done(number: int, at: str, **more: object) -> Item:
    found = item(number, **more)  # type: ignore[arg-type]
    moment = int(datetime.fromisoformat(at).astimezone(UTC).timestamp())
    return replace(found, ended="done", ended_at=moment, outcome="well")


def places(road: Road) -> dict[str, list[int]]:
    """Where each item stands, by number."""
    found = {
        "overdue": road.overdue,
        **{f"{one.first}/{one.end}": one.items for one in road.stretches},
        "later": road.later,
        "undated": road.undated,
        "help": road.help,
        "concerns": road.concerns,
        "done": road.done,
    }
    return {place: [one.number for one in items] for place, items in found.items() if items}


DUE: dict[str, tuple[By, str | None, str]] = {
    "yesterday": ("quarter", "2026-05-19", "overdue"),
    "today": ("quarter", "2026-05-20", "2026-04-01/2026-07-01"),
    "the last day of the quarter": ("quarter", "2026-06-30", "2026-04-01/2026-07-01"),
    "the first day of the next": ("quarter", "2026-07-01", "2026-07-01/2026-10-01"),
    "the last day that is shown": ("quarter", "2027-03-31", "2027-01-01/2027-04-01"),
    "after the last day that is shown": ("quarter", "2027-04-01", "later"),
    "the last day of the month": ("month", "2026-05-31", "2026-05-01/2026-06-01"),
    "the first day of the next month": ("month", "2026-06-01", "2026-06-01/2026-07-01"),
    "the last month that is shown": ("month", "2026-10-31", "2026-10-01/2026-11-01"),
    "after the last month that is shown": ("month", "2026-11-01", "later"),
    "the last day that there is": ("month", "2285-12-31", "later"),
    "no day": ("month", None, "undated"),
}


@pytest.mark.parametrize(("by", "due", "place"), DUE.values(), ids=DUE)
def test_what_is_to_be_done_stands_where_it_is_due(by: By, due: str | None, place: str) -> None:
    (road,) = roadmaps.roadmap([item(1, due)], by, TODAY, ZONE)
    assert places(road) == {place: [1]}
    assert road.open_count == 1
    assert road.is_planned == (place not in ("overdue", "undated"))


def test_help_and_concerns_stand_apart_whenever_they_are_due() -> None:
    some = [
        item(1, "2026-05-01", sort="help"),
        item(2, sort="concern"),
        item(3, "2026-06-01", sort="help", owner="aya"),
    ]
    (road,) = roadmaps.roadmap(some, "quarter", TODAY, ZONE)
    assert places(road) == {"help": [1, 3], "concerns": [2]}


def test_what_was_done_stands_there_while_its_stretch_lasts() -> None:
    some = [
        done(1, "2026-04-01T00:00:00+09:00"),
        done(2, "2026-03-31T23:59:59+09:00"),
        replace(done(3, "2026-05-01T00:00:00+09:00"), ended="dropped"),
    ]
    (road,) = roadmaps.roadmap(some, "quarter", TODAY, ZONE)
    assert (places(road), road.open_count) == ({"done": [1]}, 0)


def test_there_is_one_for_each_team_with_something_open_or_done() -> None:
    some = [
        item(1, team="b"),
        item(2, team=None),
        item(3),
        done(4, "2020-01-01T00:00:00+09:00", team="c"),
        done(5, "2026-05-01T00:00:00+09:00", team="d"),
    ]
    found = roadmaps.roadmap(some, "quarter", TODAY, ZONE)
    assert [one.team for one in found] == ["a", "b", "d", None]


def test_a_year_ends_within_a_roadmap() -> None:
    (road,) = roadmaps.roadmap([item(1)], "month", date(2026, 12, 31), ZONE)
    assert [one.first.isoformat() for one in road.stretches] == [
        "2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01", "2027-05-01",
    ]  # fmt: skip
