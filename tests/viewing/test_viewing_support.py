"""What support is told, from rollups and of a customer from the lines themselves; by plain Python as the oracle."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

import shop
from shop import FIRST, customer
from tabiji import definitions, store
from tabiji.budgets import Tally
from tabiji.definitions import Site
from tabiji.incidents.impact import Own
from tabiji.runs import impacting, ingesting, places, searching
from tabiji.runs.places import Place
from tabiji.runs.searching import Search, Sought
from tabiji.runs.viewing import support
from tabiji.store import Store

NOW = FIRST + 200


@pytest.fixture(scope="module", params=["plain", "packed"])
def alone(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Store]]:
    """The shop in which paying fails for one customer."""
    with counted(
        tmp_path_factory.mktemp("shop"), sqlite_template, shop.only_one, packed=request.param == "packed"
    ) as found:
        yield found


@pytest.fixture(scope="module")
def outage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Store]]:
    """The shop in which paying fails for most."""
    with counted(tmp_path_factory.mktemp("shop"), sqlite_template, shop.for_some) as found:
        yield found


@contextmanager
def counted(
    folder: Path, template: Path, status: shop.Status, *, packed: bool = False
) -> Iterator[tuple[Site, Store]]:
    """The shop's workspace, counted."""
    shop.write(folder, shop.lines(status), packed=packed)
    shutil.copy(template, folder / "tabiji.db")
    site = definitions.load(folder, {})
    with store.open(site.store) as opened:
        for source in site.sources:
            ingesting.ingest(source, opened, now=NOW * 60, workers=1)
        yield site, opened


def sought(site: Site, who: str, moment: int, step: str | None = None) -> Sought:
    chosen = impacting.watched(site, "pay", step) if step else impacting.watched(site)
    return Sought(who, moment, NOW, chosen, step is None, True)


def found(site: Site, opened: Store, one: Sought) -> Search:
    return searching.search(site, opened, one, lambda _: True)


def test_a_customers_events_are_those_that_plain_python_finds(alone: tuple[Site, Store]) -> None:
    site, opened = alone
    moment = FIRST + 90
    seen = found(site, opened, sought(site, customer(3), moment))
    mine = [minute for minute in range(60, 105) if minute % 2 == 1]  # 30 before, 15 after
    assert seen.own == Own(2 * len(mine), len(mine), 0)
    assert seen.finished
    assert not seen.stopped
    assert (seen.done_bytes, seen.place, seen.places) == (
        seen.all_bytes,
        Place("json", "user.id"),
        ((Place("json", "user.id"), 2 * len(mine)),),
    )
    assert [(one.minute, one.operation, one.failed, one.step) for one in seen.events[:2]] == [
        (FIRST + 61, "GET /bill", False, "bill"),
        (FIRST + 61, "POST /pay", True, "pay"),
    ]
    around = [minute for minute in range(80, 95) if minute % 2 == 1]
    near = [minute for minute in range(87, 92) if minute % 2 == 1]
    expected = {
        ("bill", "failing"): (Tally(len(around), len(around)), Tally(len(near), len(near))),
        ("pay", "failing"): (Tally(0, len(around)), Tally(0, len(near))),
        ("pay", "slow"): (Tally(len(around), len(around)), Tally(len(near), len(near))),
    }
    watched = impacting.watched(site)
    assert {
        (one.step.name, one.concern): both for one, both in zip(watched, seen.tallies, strict=True)
    } == expected
    assert seen.customers == 1


def test_the_answer_is_that_it_is_only_this_customer(alone: tuple[Site, Store]) -> None:
    site, opened = alone
    moment = FIRST + 90
    for who, reason in (
        (customer(3), "theirs-fail"),
        (customer(4), "theirs-good"),
        ("u-9999", "never-reached"),
        (customer(3)[:-1], "never-reached"),  # part of many ids, and none itself
    ):
        one = sought(site, who, moment)
        told = support.told(site, opened, moment, NOW, one.watched, found(site, opened, one))
        assert (who, told.verdict.reason) == (who, reason)
    without = support.told(site, opened, moment, NOW, impacting.watched(site))
    # one customer of fifty: 7 of 375 payments, too many for 99 % to be luck, or not
    assert (without.verdict.reason, without.verdict.tally) == ("few-events", Tally(368, 375))


def test_an_outage_is_told_with_since_when_and_how_many(outage: tuple[Site, Store]) -> None:
    site, opened = outage
    moment = FIRST + 100
    one = sought(site, customer(4), moment, "pay")
    seen = found(site, opened, one)
    told = support.told(site, opened, moment, NOW, one.watched, seen)
    # of 25 customers a minute three of five are hit: those whose number ends in 0, 1, 2, 5, 6, 7
    hit = {number for number in range(50) if number % 5 < 3}
    assert (told.verdict.reason, seen.customers) == ("most-fail", len(hit))
    assert (told.since, told.since_at_least, told.over, told.incident) == (FIRST + 60, False, None, None)
    assert (told.journey and told.journey.name, told.step and told.step.name) == ("pay", "pay")
    assert (told.objective, told.team and told.team.name) == ("pay/works", "money")
    assert told.search is not None
    assert told.search.own == Own(len([m for m in range(70, 115) if m % 2 == 0]), 0, 0)
    every = support.told(site, opened, moment, NOW, impacting.watched(site))
    assert [(row.step.name, row.verdict.answer) for row in every.journeys[0].steps] == [
        ("pay", "outage"),
        ("bill", "nothing-seen"),
    ]


MOMENTS = {
    "before the first event": (FIRST - 6, "before-first"),
    "after the last": (FIRST + 190, "not-arrived"),
    "to come": (NOW + 1, "future"),
    "a calm hour": (FIRST + 30, "all-good"),
    "once it is over": (FIRST + 140, "all-good"),
}


@pytest.mark.parametrize(("moment", "reason"), MOMENTS.values(), ids=MOMENTS)
def test_other_moments_have_their_own_answers(outage: tuple[Site, Store], moment: int, reason: str) -> None:
    site, opened = outage
    assert support.told(site, opened, moment, NOW, impacting.watched(site)).verdict.reason == reason


def test_a_search_ends_when_nobody_asks_any_more(alone: tuple[Site, Store]) -> None:
    site, opened = alone
    seen = searching.search(site, opened, sought(site, customer(3), FIRST + 90), lambda _: False)
    assert (seen.stopped, seen.finished, seen.own) == (True, False, Own(0, 0, 0, whole=False))


def test_what_is_gone_is_said(sqlite_template: Path, tmp_path: Path) -> None:
    with counted(tmp_path / "shop", sqlite_template, shop.only_one) as (site, opened):
        (tmp_path / "shop" / "logs" / "web.json").unlink()
        seen = found(site, opened, sought(site, customer(3), FIRST + 90))
        assert (len(seen.gone), seen.own) == (1, Own(0, 0, 0, whole=False))


PROMISED = """
journey: shop
steps:
  look: {events: "operation = 'GET /bill'"}
  pay: {events: "operation = 'POST /pay'"}
  leave: {events: "operation = 'GET /leave'"}
objectives:
  look: {steps: [look], bad_minute: error_rate >= 5%, good: status < 500, target: 99%}
  quick: {steps: [look], bad_minute: p95 > 1s, target: 99%}
  pay: {steps: [pay], good: status < 500, target: 99.9%, state: provisional}
  soon: {steps: [pay], faster_than: 1s, target: 95%, state: provisional}
"""


def test_each_step_is_watched_for_what_was_agreed_or_is_usual(tmp_path: Path) -> None:
    site = definitions.load(tmp_path, {}, {"tabiji.yaml": "", "journeys/shop.yaml": PROMISED})
    assert [
        (one.step.name, one.concern, one.target, one.objective.name, one.objective.faster_than_us)
        for one in impacting.watched(site)
    ] == [
        ("look", "failing", Fraction(95, 100), "look", None),  # so few of a minute's events may fail
        ("look", "slow", Fraction(95, 100), "quick", 1_000_000),
        ("pay", "failing", None, "pay", None),  # on trial: nothing is promised yet
        ("leave", "failing", None, "usual", None),
    ]


# line, id, where it stands, another line, whose that is
PLACES: dict[str, tuple[bytes, str, Place, bytes, str | None]] = {
    "a key of JSON": (
        b'{"user": {"id": "u-1"}, "n": 1}',
        "u-1",
        Place("json", "user.id"),
        b'{"user": {"id": "u-2"}}',
        "u-2",
    ),
    "a number": (b'{"tenant": 12345}', "12345", Place("json", "tenant"), b'{"tenant": 1}', "1"),
    "escaped JSON": (
        b'{"user": "\\u5c71\\u7530"}',
        "山田",
        Place("json", "user"),
        '{"user": "鈴木"}'.encode(),
        "鈴木",
    ),
    "behind a name": (
        b"GET /a?user=u-1&b=2",
        "u-1",
        Place("key", "user"),
        b"GET /b?b=1&user=u-2",
        "u-2",
    ),
    "a word of a line": (
        b'10.0.0.1 - alice [x] "GET /"',
        "alice",
        Place("word", "3"),
        b'10.0.0.2 - bob [y] "GET /"',
        "bob",
    ),
    "nobody": (b'10.0.0.1 - alice [x] "GET /"', "alice", Place("word", "3"), b"10.0.0.2 - - [y]", None),
    "a quoted text": (
        b'1 - - "GET /" 200 "u-1" "x"',
        "u-1",
        Place("quoted", "2"),
        b'2 - - "POST /a b" 200 "u-2" "x"',
        "u-2",
    ),
    "within a quoted text": (b'1 "GET /users/u-1/x"', "u-1", Place("text", ""), b'1 "GET /"', None),
}


@pytest.mark.parametrize(("line", "who", "place", "other", "whose"), PLACES.values(), ids=PLACES)
def test_an_id_is_found_at_its_place_in_a_line(
    line: bytes, who: str, place: Place, other: bytes, whose: str | None
) -> None:
    spelt = places.spellings(who)
    assert [one for _, one in places.lines_with(line + b"\n", spelt)] == [line]
    assert places.places_of(line, who, spelt) == (place,)
    assert places.value_at(other, place) == whose


NOT_WHOLE = (b"xu-1", b"u-12", b"u-1-2", b"a-u-1", "éu-1".encode(), b"u-1_x")


@pytest.mark.parametrize("line", NOT_WHOLE, ids=repr)
def test_part_of_another_word_is_no_id(line: bytes) -> None:
    assert list(places.lines_with(line, places.spellings("u-1"))) == []


@pytest.mark.parametrize(
    ("text", "well"),
    [("ab", False), ("abc", True), ("a" * 200, True), ("a" * 201, False), ("a\nb", False), (" abc", False)],
    ids=repr,
)
def test_an_id_has_a_length(text: str, well: bool) -> None:
    assert places.is_id(text) == well
