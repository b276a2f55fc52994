"""Marks in the database: kept once per key, found by time and journey, forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tabiji import store
from tabiji.errors import UsageError
from tabiji.marks import Mark, faults

RELEASE = Mark("deployment", "v1.42", 1000, link="https://example.com/1", author="Sato", key="ci-7")
SALE = Mark("push", "春のセール", 2000, 2600, ("buy", "watch"), author="Ito")


def test_what_is_kept_comes_back_as_it_was(store_url: str) -> None:
    with store.open(store_url) as opened:
        assert opened.marks.add(RELEASE, 1001) == replace(RELEASE, number=1)
        assert opened.marks.add(SALE, 2001) == replace(SALE, number=2)
        assert opened.marks.between(0, 9999) == [replace(RELEASE, number=1), replace(SALE, number=2)]


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        pytest.param(RELEASE, RELEASE, id="the very same, sent twice"),
        pytest.param(
            replace(RELEASE, from_second=1500, until_second=1600, link=None, author="ci"),
            replace(RELEASE, until_second=1600),
            id="an end said later: beginning, link and author stay",
        ),
        pytest.param(
            replace(RELEASE, title="v1.42.1", journeys=("buy",), link="https://example.com/2"),
            replace(RELEASE, title="v1.42.1", journeys=("buy",), link="https://example.com/2"),
            id="said anew: what is said last holds",
        ),
    ],
)
def test_the_same_key_is_the_same_mark(store_url: str, again: Mark, kept: Mark) -> None:
    with store.open(store_url) as opened:
        opened.marks.add(RELEASE, 1001)
        assert opened.marks.add(again, 1700) == replace(kept, number=1)
        assert opened.marks.between(0, 9999) == [replace(kept, number=1)]


def test_an_end_stays_when_the_first_word_comes_again(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.marks.add(replace(RELEASE, until_second=1600), 1001)
        assert opened.marks.add(RELEASE, 1700).until_second == 1600


def test_an_end_before_the_beginning_said_first_is_refused(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.marks.add(RELEASE, 1001)
        with pytest.raises(UsageError, match="began later than that end"):
            opened.marks.add(replace(RELEASE, from_second=500, until_second=1000), 1700)
        assert opened.marks.between(0, 9999) == [replace(RELEASE, number=1)]


def test_many_that_set_one_key_at_once_set_one_mark(store_url: str) -> None:
    with store.open(store_url) as opened, ThreadPoolExecutor(8) as threads:
        numbers = set(threads.map(lambda now: opened.marks.add(RELEASE, now).number, range(1001, 1025)))
        assert len(numbers) == 1
        assert len(opened.marks.between(0, 9999)) == 1


@pytest.mark.parametrize(
    ("first", "end", "journey", "titles"),
    [
        pytest.param(1000, 1001, None, ["v1.42"], id="a moment, from its second on"),
        pytest.param(900, 1000, None, [], id="the end of the time asked for does not belong to it"),
        pytest.param(1001, 1500, None, [], id="a second after a moment"),
        pytest.param(2599, 2600, None, ["春のセール"], id="the last second of one that lasts"),
        pytest.param(2600, 2700, None, [], id="its end does not belong to it"),
        pytest.param(0, 9999, "watch", ["v1.42", "春のセール"], id="of a journey, with those for all"),
        pytest.param(0, 9999, "learn", ["v1.42"], id="those of other journeys left out"),
    ],
)
def test_marks_are_found_by_time_and_journey(
    store_url: str, first: int, end: int, journey: str | None, titles: list[str]
) -> None:
    with store.open(store_url) as opened:
        opened.marks.add(SALE, 1001)
        opened.marks.add(RELEASE, 2001)
        assert [mark.title for mark in opened.marks.between(first, end, journey)] == titles


def test_a_removed_mark_is_gone_and_its_number_is_not_given_again(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.marks.add(SALE, 1001)
        assert opened.marks.remove(1)
        assert not opened.marks.remove(1)
        assert opened.marks.add(SALE, 1001).number == 2


@pytest.mark.parametrize(
    ("mark", "found"),
    [
        pytest.param(replace(RELEASE, title="春 の　セール"), [], id="wide spaces are spaces"),
        pytest.param(replace(RELEASE, title="x" * 200), [], id="the longest title"),
        pytest.param(
            replace(RELEASE, title="x" * 201),
            [("title", "the title has 201 characters; 200 are the most")],
            id="one character more",
        ),
        pytest.param(replace(RELEASE, title=" "), [("title", "the title is empty")], id="no title"),
        pytest.param(
            replace(RELEASE, title="a\x1b[31mb"),
            [
                (
                    "title",
                    "the title holds characters that can't be printed, such as a line break; leave them out",
                )
            ],
            id="an escape sequence",
        ),
        pytest.param(
            replace(RELEASE, kind="deploy"),  # type: ignore[arg-type] # as it comes from outside
            [
                (
                    "kind",
                    "`deploy` is no kind of mark; there are deployment, push, campaign, maintenance, other",
                )
            ],
            id="an unknown kind",
        ),
        pytest.param(
            replace(RELEASE, link="javascript:alert(1)"),
            [("link", "a link begins with `https://` or `http://`")],
            id="a link that runs a script",
        ),
        pytest.param(
            replace(RELEASE, until_second=1000),
            [("until", "the end is not after the beginning; without an end it is a moment")],
            id="an end at the beginning",
        ),
        pytest.param(replace(RELEASE, until_second=1001), [], id="the shortest"),
        pytest.param(
            replace(RELEASE, from_second=10**10),
            [("at", "the time is before 1970 or after 2286")],
            id="milliseconds",
        ),
        pytest.param(
            replace(RELEASE, journeys=("buy", "wach")),
            [("journeys", "`wach` is not a journey; there are buy, watch")],
            id="an unknown journey",
        ),
    ],
)
def test_what_is_wrong_with_a_mark_is_said(mark: Mark, found: list[tuple[str, str]]) -> None:
    assert faults(mark, ["watch", "buy"]) == found
