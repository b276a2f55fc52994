"""Sources that are quiet: for longer than ever at that hour, or than was set; by their events, and by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tabiji import store
from tabiji.alerts import QuietHour, Silence
from tabiji.runs.recording import judge_until
from tabiji.store import Store
from test_alerts_recording import DAY, JOURNEY, count, site_of, times

OTHERS = "sources: {web: {}, jobs: {quiet_after: 30d}}\n"  # `jobs` go on, and are nobody's concern
HOURS = 24 * 60
LATER = (DAY + 10 * HOURS + 100_000) * 60  # long after all events


def busy(opened: Store, minutes: Iterable[int], source: str = "web") -> None:
    count(opened, {DAY + minute: (1, 0) for minute in minutes}, source)


def daytime(first_day: int, end_day: int) -> list[int]:
    """Every minute from 8 to 20, none at night."""
    return [day * HOURS + m for day in range(first_day, end_day) for m in range(8 * 60, 20 * 60)]


def silences(opened: Store, source: str = "web") -> list[Silence]:
    return list(opened.silences([source]))


def test_a_night_is_usual_and_a_silent_morning_is_not(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path, site=OTHERS)
    with store.open(store_url) as opened:
        busy(opened, daytime(0, 8))
        busy(opened, range(0, 9 * HOURS, 30), "jobs")
        judge_until(site, opened, LATER)
        # every night was as silent; on the ninth day nothing comes at 8, and it always did
        assert times(silences(opened)) == [(8 * HOURS + 8 * 60 + 1, None, None)]
        (silence,) = silences(opened)
        assert (silence.quiet_since - DAY, silence.limit.minutes) == (7 * HOURS + 20 * 60, 5)
        busy(opened, range(8 * HOURS + 9 * 60, 8 * HOURS + 20 * 60))
        judge_until(site, opened, LATER)
        assert times(silences(opened)) == [(8 * HOURS + 8 * 60 + 1, 8 * HOURS + 9 * 60 + 1, "events")]


def test_a_short_silence_in_a_busy_hour(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path, site=OTHERS)
    with store.open(store_url) as opened:
        busy(opened, set(range(8 * HOURS)) - set(range(7 * HOURS + 600, 7 * HOURS + 610)))
        judge_until(site, opened, LATER)
        assert times(silences(opened)) == [(7 * HOURS + 605, 7 * HOURS + 611, "events")]
        assert (silences(opened)[0].limit.learned, silences(opened)[0].limit.severity) == (True, "ticket")


def test_less_than_a_week_is_not_enough_to_learn_from(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path, site=OTHERS)
    with store.open(store_url) as opened:
        busy(opened, set(range(8 * HOURS)) - set(range(6 * HOURS + 600, 6 * HOURS + 700)))
        judge_until(site, opened, LATER)
        assert silences(opened) == []


def test_what_was_set_holds_at_once_and_at_any_hour(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path, site="sources: {web: {quiet_after: 30m}, jobs: {}}\n")
    with store.open(store_url) as opened:
        busy(opened, [0, *range(30, 60), 91, 300])
        judge_until(site, opened, LATER)
        # 29 minutes are not long enough, 31 are; at 300 the newest minute is not over yet
        assert times(silences(opened)) == [(90, 92, "events"), (122, None, None)]
        assert silences(opened)[0].limit.severity == "page"


# minutes of the clock after the newest event → is there an alert?
CLOCK = {
    "just now": (1, False),
    "a minute too early": (30, False),
    "long enough, and nothing else goes on either": (31, True),
    "a day later": (HOURS, True),
    "more than a day later: these are logs of the past": (HOURS + 1, False),
}


@pytest.mark.parametrize(("after", "found"), CLOCK.values(), ids=CLOCK)
def test_a_site_that_is_silent_altogether_is_noticed_by_the_clock(
    store_url: str, tmp_path: Path, after: int, found: bool
) -> None:
    site = site_of(tmp_path, site="sources: {web: {quiet_after: 30m}, jobs: {}}\n")
    with store.open(store_url) as opened:
        busy(opened, range(100))
        judge_until(site, opened, (DAY + 99 + after) * 60 + 59)
        assert bool(silences(opened)) == found
        busy(opened, range(100, 200))  # they come after all
        judge_until(site, opened, (DAY + 200) * 60)
        assert [one.ending for one in silences(opened)] == (["late-events"] if found else [])


def test_however_often_it_is_judged_the_silences_are_the_same(tmp_path: Path) -> None:
    minutes = [*daytime(0, 8), *range(8 * HOURS + 9 * 60, 8 * HOURS + 11 * 60, 7), 9 * HOURS]
    site = site_of(tmp_path, site="sources: {web: {}, jobs: {quiet_after: 20m}}\n")
    found = []
    for cuts in ([], [1], [7 * HOURS, 8 * HOURS + 500, 8 * HOURS + 501, 8 * HOURS + 545, 9 * HOURS]):
        with store.open(f"sqlite:///{tmp_path}/{len(found)}.db") as opened:
            for first, end in zip([0, *cuts], [*cuts, 10 * HOURS], strict=True):
                busy(opened, [minute for minute in minutes if first <= minute < end])
                busy(
                    opened, [minute for minute in minutes if first <= minute < end and minute % 9 < 5], "jobs"
                )
                judge_until(site, opened, LATER)
            found.append([times(silences(opened, source)) for source in ("web", "jobs")])
            assert opened.quiet_hours("web", DAY + 7 * HOURS, DAY + 8 * HOURS)[
                DAY + 7 * HOURS + 480
            ] == QuietHour(0, 60)
    assert found[0] == found[1] == found[2]
    assert all(found[0])


def test_a_source_that_is_gone_closes_its_silence(store_url: str, tmp_path: Path) -> None:
    with store.open(store_url) as opened:
        busy(opened, [0, 1, 2])
        busy(opened, range(200), "jobs")
        judge_until(site_of(tmp_path, site="sources: {web: {quiet_after: 30m}, jobs: {}}\n"), opened, LATER)
        assert times(silences(opened)) == [(33, None, None)]
        journey = JOURNEY.replace("'web'", "'jobs'")
        judge_until(site_of(tmp_path, journey, "sources: {jobs: {}}\n"), opened, LATER)
        assert times(silences(opened)) == [(33, 199, "source-gone")]


def test_silence_closes_no_alert_and_an_alert_of_silence_is_beside_it(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path, site="sources: {web: {quiet_after: 30m}, jobs: {}}\n")
    with store.open(store_url) as opened:
        count(opened, {DAY + m: (100, 0) if m < 90 else (0, 100) for m in range(100)})
        busy(opened, range(300), "jobs")
        judge_until(site, opened, LATER)
        assert {one.closed_minute for one in opened.alerts()} == {None}
        assert times(silences(opened)) == [(130, None, None)]
