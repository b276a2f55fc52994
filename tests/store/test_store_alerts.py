"""What judging found is recorded whole or not at all, and read back as it was."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from batches import DAY, Cell, batch

from tabiji import alerts, store
from tabiji.alerts import Alert, QuietHour, QuietLimit, Silence
from tabiji.budgets import Tally
from tabiji.journeys import Tier
from tabiji.store import Definitions, Progress, SourceNews, StaleRound, Store, Verdict

TIER = Tier(Fraction(1, 3), 60, "page")
TEXTS = Definitions("a" * 32, {"tabiji.yaml": "timezone: Asia/Tokyo # 東京 \ud800\0"})


def alert(opened: int, closed: int | None = None, objective: str = "j/o", **changes: object) -> Alert:
    opening = alerts.judge(TIER, Fraction(999, 1000), 40_320, Tally(997, 1000), Tally(6, 7))
    made = Alert(objective, TIER, False, "def", opened, opening, closed, "below-short" if closed else None)
    return replace(made, **changes)  # type: ignore[arg-type]


def silence(opened: int, closed: int | None = None, source: str = "web") -> Silence:
    made = Silence(source, QuietLimit(5, learned=True), opened - 5, opened)
    return made if closed is None else made.closed(closed, "events")


def verdict(opened: Store, **changes: object) -> Verdict:
    made = Verdict(opened.judging().round, DAY, 1000, TEXTS, DAY - 10)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_nothing_is_judged_at_first(store_url: str) -> None:
    with store.open(store_url) as opened:
        assert opened.judging() == store.Judging(0, None, None, {}, {}, (), ())
        assert opened.definitions_at(DAY) is None
        assert (opened.alerts(), opened.silences(), opened.quiet_hours("web", 0, DAY)) == ((), (), {})


def test_what_is_recorded_is_read_back(store_url: str) -> None:
    silent = replace(
        alert(DAY + 5), opening=alerts.judge(TIER, Fraction(1, 2), 60, Tally(), Tally(), fired=True)
    )
    with store.open(store_url) as opened:
        progress = {"j/o": Progress("def", DAY - 10, DAY)}
        found = (alert(DAY - 3, DAY), silent, alert(DAY, late=True, provisional=True, objective="j/p"))
        quiet = (silence(DAY), silence(DAY - 9, DAY - 2, "jobs"))
        hours = {"web": {DAY: QuietHour(7, 50), DAY + 60: QuietHour(0, 60)}}
        opened.record(verdict(opened, objectives=progress, alerts=found, silences=quiet, quiet_hours=hours))
        known = opened.alerts()
        assert [replace(one, number=None) for one in known] == [found[0], found[2], found[1]]
        assert [replace(one, number=None) for one in opened.silences()] == [quiet[1], quiet[0]]
        judging = opened.judging()
        assert (judging.round, judging.until_minute, judging.objectives) == (1, DAY, progress)
        assert (judging.alerts, judging.silences) == (known[1:], opened.silences()[1:])
        assert opened.quiet_hours("web", DAY, DAY + 60) == {DAY: QuietHour(7, 50)}
        assert opened.definitions_at(DAY) == replace(TEXTS, first_seen=1000, last_seen=1000)
        closed = known[2].closed(DAY + 9, "tier-gone")
        over = opened.silences()[1].closed(DAY + 8, "late-events")
        opened.record(
            verdict(
                opened,
                alerts=(closed,),
                silences=(over,),
                quiet_hours={"web": {DAY + 60: QuietHour(9, 40)}, "jobs": {}},
                now=2000,
            )
        )
        assert opened.alerts() == (*known[:2], closed)
        assert opened.silences()[1] == over
        assert opened.quiet_hours("web", DAY, DAY + 61) == {DAY: QuietHour(7, 50), DAY + 60: QuietHour(9, 40)}
        assert opened.definitions_at(DAY) == replace(TEXTS, first_seen=1000, last_seen=2000)
        assert opened.judging().objectives == progress


# first, end, only open → which of [10, 20), [20, –), [30, 40)
ASKED = {
    "all": (None, None, False, [10, 20, 30]),
    "open now": (None, None, True, [20]),
    "before all": (None, 10, False, []),
    "up to the first moment of one": (None, 11, False, [10]),
    "from its last moment on": (19, None, False, [10, 20, 30]),
    "from its closing on": (20, None, False, [20, 30]),
    "in between": (25, 30, False, [20]),
    "after all": (100, 200, False, [20]),
}


@pytest.mark.parametrize(("first", "end", "only_open", "found"), ASKED.values(), ids=ASKED)
def test_alerts_of_a_time(
    store_url: str, first: int | None, end: int | None, only_open: bool, found: list[int]
) -> None:
    with store.open(store_url) as opened:
        opened.record(verdict(opened, alerts=(alert(10, 20), alert(20), alert(30, 40))))
        times = [one.opened_minute for one in opened.alerts(None, first, end, only_open=only_open)]
        assert times == found
        assert opened.alerts(["j/o"], first, end, only_open=only_open) == opened.alerts(
            None, first, end, only_open=only_open
        )
        assert opened.alerts(["j/x"], first, end) == ()
        opened.record(verdict(opened, silences=(silence(10, 20), silence(20), silence(30, 40))))
        quiet = opened.silences(["web"], first, end, only_open=only_open)
        assert [one.opened_minute for one in quiet] == found


def test_of_two_that_judge_at_once_one_records(store_url: str) -> None:
    with store.open(store_url) as one, store.open(store_url) as other:
        first = verdict(one, alerts=(alert(DAY),))
        second = verdict(other, alerts=(alert(DAY),), definitions=replace(TEXTS, hash="b" * 32))
        one.record(first)
        with pytest.raises(StaleRound, match="somebody else has judged"):
            other.record(second)
        assert len(other.alerts()) == 1
        assert other.judging().definition == TEXTS.hash


def test_the_definitions_that_a_moment_was_judged_by(store_url: str) -> None:
    with store.open(store_url) as opened:
        for name, since in (("a", 10), ("b", 20), ("b", 25), ("c", 30), ("a", 30), ("d", 40)):
            texts = Definitions(name, {"tabiji.yaml": name})
            opened.record(verdict(opened, definitions=texts, from_minute=since, now=since))

        def at(minute: int) -> str:
            found = opened.definitions_at(minute)
            assert found is not None
            return found.hash

        # a moment is judged on the minutes before it: the moment at which others came was judged by the old ones
        assert [at(minute) for minute in (5, 10, 11, 20, 21, 30, 31, 40, 41)] == list("aaaabbaad")
        known = opened.definitions_at(31)
        assert known == Definitions("a", {"tabiji.yaml": "a"}, 10, 30)


def test_what_came_since_judging_is_known_by_source(store_url: str) -> None:
    with store.open(store_url) as opened:
        file = opened.commit(batch([Cell(DAY + 5, "a"), Cell(DAY + 9, "a")])).file
        assert opened.judging().sources == {"web": SourceNews(1, DAY + 5, DAY + 5, DAY + 9, None)}
        file = opened.commit(batch([Cell(DAY + 7, "a")], file)).file
        seen = opened.judging()
        assert seen.sources == {"web": SourceNews(2, DAY + 5, DAY + 5, DAY + 9, None)}
        file = opened.commit(batch([Cell(DAY + 2, "a")], file)).file  # while somebody judges
        opened.record(verdict(opened, sources={"web": 2}, quiet_until={"web": DAY + 9}))
        assert opened.judging().sources == {"web": SourceNews(3, DAY + 2, DAY + 2, DAY + 9, DAY + 9)}
        opened.record(verdict(opened, sources={"web": 3}))
        assert opened.judging().sources == {"web": SourceNews(3, None, DAY + 2, DAY + 9, DAY + 9)}
        opened.commit(batch([], file))
        assert opened.judging().sources["web"].unjudged_minute is None


def test_the_minutes_in_which_a_source_has_events(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.commit(batch([Cell(DAY + m, name) for m in (0, 3, 4, 90) for name in ("a", "b")]))
        opened.commit(batch([Cell(DAY + 1, "a")], source="jobs"))
        assert opened.busy_minutes("web", DAY, DAY + 90).tolist() == [DAY, DAY + 3, DAY + 4]
        assert opened.busy_minutes("web", DAY + 1, DAY + 91).tolist() == [DAY + 3, DAY + 4, DAY + 90]
        assert opened.busy_minutes("nobody", DAY, DAY + 91).tolist() == []
        assert opened.last_busy_minute("web", DAY + 90) == DAY + 4
        assert opened.last_busy_minute("web", DAY) is None
