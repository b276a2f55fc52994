"""Clocks that jump, nights of summer time, lines of the future, lines that come late (T10, T17)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from followers import JOURNEY, eventually, following, said, workspace
from ids import FORMAT, STATUSES, Books, append, books, total

from tabiji import definitions, store
from tabiji.runs.following import Following
from tabiji.store import Store

START = 1_800_000_000  # 2027-01-15
HOUR, DAY = 3600, 86_400


class Site:
    """A workspace with a log of 30 good requests a minute, and what follows it."""

    def __init__(
        self, folder: Path, opened: Store, zone: str = "UTC", quiet: str = "quiet_after: 10m, "
    ) -> None:
        (folder / "journeys").mkdir()
        (folder / "journeys" / "j.yaml").write_text(JOURNEY)
        (folder / "tabiji.yaml").write_text(
            f"timezone: {zone}\nsources:\n  web: {{format: nginx, paths: [access.log], {quiet}"
            f"log_format: '{FORMAT}'}}\n"
        )
        self.log, self.opened = folder / "access.log", opened
        site = definitions.load(folder, {})
        self.following = Following(site, opened, site.sources, 1)
        self.written = 0

    def write(self, at: int, status: int = 200) -> None:
        """Thirty requests that ended at this second."""
        when = datetime.fromtimestamp(at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        with self.log.open("a") as file:
            file.write(f'192.0.2.1 [{when}] "GET /a HTTP/1.1" {status} 0.010 "-"\n' * 30)
        self.written += 30

    def live(self, first: int, minutes: int, *, ahead: int = 0, status: int = 200, look: int = 1) -> int:
        """Minutes that are looked at every so often; the log's clock may be ahead of ours. Gives the second after."""
        for minute in range(minutes):
            self.write(first + 60 * minute + ahead, status)
            if minute % look == look - 1:
                self.following.tick(first + 60 * minute + 30)
        return first + 60 * minutes


@pytest.fixture
def opened(store_url: str) -> Iterator[Store]:
    with store.open(store_url) as one:
        yield one


@pytest.mark.parametrize(
    ("jump", "both"),
    [
        pytest.param(HOUR, True, id="+1 h, and the log's clock too"),
        pytest.param(-HOUR, True, id="-1 h, and the log's clock too"),
        pytest.param(30 * DAY, True, id="+30 d, and the log's clock too"),
        pytest.param(-30 * DAY, True, id="-30 d, and the log's clock too"),
        pytest.param(HOUR, False, id="+1 h, only ours"),
        pytest.param(-HOUR, False, id="-1 h, only ours"),
        pytest.param(30 * DAY, False, id="+30 d, only ours"),
    ],
)
def test_a_clock_that_jumps_and_jumps_back_gives_no_alert(
    opened: Store, tmp_path: Path, jump: int, both: bool
) -> None:
    # A source may be silent for longer than the jump: what is missing from an hour that was skipped is no silence.
    site = Site(tmp_path, opened, quiet="quiet_after: 2h, " if abs(jump) == HOUR else "")
    now = site.live(START, 15)
    now = site.live(now + jump, 5, ahead=0 if both else -jump) - jump
    now = site.live(now, 15)
    assert (opened.alerts(), opened.silences()) == ((), ())
    assert opened.accounts()["web"].counted == site.written
    site.live(now, 10, status=500)
    assert {one.tier.severity for one in opened.alerts(only_open=True)} >= {"page"}


def test_lines_of_the_future_wait_for_their_time(opened: Store, tmp_path: Path) -> None:
    site = Site(tmp_path, opened)
    now = site.live(START, 15)
    for minute in range(10, 15):
        site.write(now + 60 * minute, 500)
    now = site.live(now, 5)
    assert opened.alerts() == ()
    assert opened.accounts()["web"].counted == site.written  # counted, in their own minutes
    judged = opened.judging().until_minute
    assert judged is not None
    assert judged <= now // 60
    site.live(now, 15)
    assert {one.opened_minute >= START // 60 + 25 for one in opened.alerts()} == {True}


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        pytest.param("Europe/Berlin", (2027, 3, 28), id="Berlin, an hour less"),
        pytest.param("Europe/Berlin", (2027, 10, 31), id="Berlin, an hour more"),
        pytest.param("America/New_York", (2027, 3, 14), id="New York, an hour less"),
        pytest.param("America/New_York", (2027, 11, 7), id="New York, an hour more"),
        pytest.param("Australia/Lord_Howe", (2027, 4, 4), id="Lord Howe, half an hour more"),
        pytest.param("Australia/Lord_Howe", (2027, 10, 3), id="Lord Howe, half an hour less"),
    ],
)
def test_a_night_in_which_the_clocks_are_changed_gives_no_alert(
    opened: Store, tmp_path: Path, zone: str, night: tuple[int, int, int]
) -> None:
    site = Site(tmp_path, opened, zone)
    midnight = int(datetime(*night, tzinfo=UTC).timestamp())
    offset = {"Europe/Berlin": 0, "America/New_York": 5, "Australia/Lord_Howe": -10}[zone]
    site.live(midnight + offset * HOUR, 180, look=10)
    assert (opened.alerts(), opened.silences()) == ((), ())
    assert opened.accounts()["web"].counted == site.written


def test_lines_out_of_order_and_weeks_late_count_in_their_own_minutes(store_url: str, tmp_path: Path) -> None:
    folder, chance = workspace(tmp_path, store_url), random.Random(1)
    log = folder / "logs" / "access.log"
    days = 39 * 1440 * STATUSES  # minutes are kept for 40
    ids = [days + minute * STATUSES + more for minute in range(180) for more in range(5)]
    late = [minute * STATUSES for minute in range(20)]
    chance.shuffle(ids)
    with following(folder):
        append(log, ids[:500])
        eventually(lambda: total(store_url) == 500, why=lambda: said(folder))
        append(log, [*ids[500:], *late])
        eventually(lambda: total(store_url) == len(ids) + len(late), why=lambda: said(folder))
    assert books(store_url, [*ids, *late]) == Books()
