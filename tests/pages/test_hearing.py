"""Times as customers say them, and searches that end when nobody asks any more."""

from __future__ import annotations

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tabiji.runs.searching import GoesOn, Search
from tabiji.web import hearing, searches
from tabiji.web.pages.support import QUICK
from tabiji.web.searches import ASKED_SECONDS, HELD_MAX, KEPT_SECONDS, Busy, Searches

ZONE = ZoneInfo("Asia/Tokyo")
NOW = int(datetime(2026, 6, 2, 20, 55, 30, tzinfo=ZONE).timestamp())

SAID = {
    "": "2026-06-02 20:55",
    "now": "2026-06-02 20:55",
    "たった今": "2026-06-02 20:55",
    "10 minutes ago": "2026-06-02 20:45",
    "about 2 hours ago": "2026-06-02 18:55",
    "10分前": "2026-06-02 20:45",
    "約１時間前": "2026-06-02 19:55",
    "2日前": "2026-05-31 20:55",
    "20:55": "2026-06-02 20:55",
    "20:56": "2026-06-01 20:56",  # today's is still to come
    "21時半": "2026-06-01 21:30",
    "9時5分ごろ": "2026-06-02 09:05",
    "yesterday 21:00": "2026-06-01 21:00",
    "昨日 21時": "2026-06-01 21:00",
    "おととい8:00": "2026-05-31 08:00",
    "today 23:00": "2026-06-02 23:00",
    "2026-05-01T09:30": "2026-05-01 09:30",
    "now-7d": "2026-05-26 20:55",
}


@pytest.mark.parametrize(("said", "meant"), SAID.items(), ids=[repr(one) for one in SAID])
def test_a_time_is_understood_as_people_say_it(said: str, meant: str) -> None:
    minute = hearing.minute_of(said, NOW, "Asia/Tokyo")
    assert datetime.fromtimestamp(minute * 60, ZONE).strftime("%Y-%m-%d %H:%M") == meant


@pytest.mark.parametrize("said", ["lately", "25:00", "20:60", "10 parsecs ago", "32時"])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        hearing.minute_of(said, NOW, "Asia/Tokyo")


def test_the_quick_choices_mean_the_same_in_words() -> None:
    for value, words in QUICK:
        assert hearing.minute_of(value, NOW, "UTC") == hearing.minute_of(words, NOW, "UTC")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_search_goes_on_for_whoever_asks_and_for_nobody_else() -> None:
    clock, gate = Clock(), threading.Event()
    some, ended = Searches(clock), threading.Event()

    def search(goes_on: GoesOn) -> Search:
        while goes_on(Search(done_bytes=1, all_bytes=2)):
            gate.wait(10)
        ended.set()
        return Search(stopped=True)

    job = some.start("sato", "now", "u-1", search)
    assert some.of(job.key, "suzuki") is None
    clock.now = ASKED_SECONDS - 1
    assert some.of(job.key, "sato") is job
    clock.now += ASKED_SECONDS - 1
    gate.set()
    assert not ended.wait(0.1)  # it was asked for meanwhile
    clock.now += 2
    assert ended.wait(10)


def test_what_was_found_is_kept_for_a_while_and_there_is_room_for_so_many() -> None:
    clock = Clock()
    some = Searches(clock)
    jobs = [some.start("sato", "now", "u-1", lambda _: Search(finished=True)) for _ in range(HELD_MAX)]
    while not all(job.is_over for job in jobs):
        threading.Event().wait(0.01)
    assert jobs[0].found.finished
    assert some.of(jobs[0].key, "sato") is jobs[0]
    some.start(
        "sato", "now", "u-1", lambda _: Search(finished=True)
    )  # in place of the one asked for last long ago
    clock.now = KEPT_SECONDS
    assert some.of(jobs[0].key, "sato") is None


def test_when_all_are_under_way_there_is_no_room() -> None:
    gate, some = threading.Event(), Searches()

    def search(_: GoesOn) -> Search:
        gate.wait(10)
        return Search(finished=True)

    for _ in range(HELD_MAX):
        some.start("sato", "now", "u-1", search)
    with pytest.raises(Busy):
        some.start("sato", "now", "u-1", search)
    gate.set()


def test_an_id_is_in_no_representation() -> None:
    assert "u-1001" not in repr(searches.Job("key", "sato", "now", "u-1001", 0.0))
