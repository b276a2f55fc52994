"""A time to come → the lines that the site goes on writing in it, each with the moment at which it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from tabiji.demo import jobs, site, web
from tabiji.demo.site import DAY_S, JOB_SHARE, LEARNERS, ZONE_S
from tabiji.demo.stories import STORIES, Window


@dataclass(frozen=True, slots=True)
class Coming:
    """A line that is written to a log at a moment, in epoch milliseconds."""

    at_ms: int
    path: Path
    text: str


def coming(folder: Path, started: int, ended: int, per_day: float, seed: int) -> list[Coming]:
    """The lines of [started, ended), sorted; whole minutes of one local day, in epoch seconds.

    `per_day` are the events of an average day. What still went wrong when the month ended, goes on.
    """
    day, second = divmod(started + ZONE_S, DAY_S)
    weights = site.minute_weights(LEARNERS, day, second // 60, (second + ended - started) // 60)
    share = sum(weights) / _average_day()
    going_on = tuple(_going_on(started, ended))
    requests = max(int(per_day * (1 - JOB_SHARE) * share), 1)
    plan = web.WebDay(seed + started, day, started, ended, requests, 60, going_on, ())
    month = jobs.JobMonth(
        seed + started, started, ended, max(int(per_day * JOB_SHARE * share), 1), going_on, ()
    )
    found = [
        *(
            Coming((plan.midnight * 1000) + ms, folder / "logs" / "nginx" / "access.log", line)
            for ms, line in web.timed(plan)
        ),
        *(Coming(ms, folder / "logs" / "sidekiq.log", line) for ms, line in jobs.lines_of(month).lines),
    ]
    found.sort(key=lambda one: one.at_ms)
    return found


def periods(started: int, minutes: int) -> Iterator[tuple[int, int]]:
    """From a full minute on, one time after the other, none longer than some minutes or over midnight."""
    while True:
        midnight = (started + ZONE_S) // DAY_S * DAY_S + DAY_S - ZONE_S
        ended = min(started + minutes * 60, midnight)
        yield started, ended
        started = ended


def _average_day() -> float:
    week = [sum(site.minute_weights(LEARNERS, day, 0, 1440)) for day in range(7)]
    return list(accumulate(week))[-1] / 7


def _going_on(started: int, ended: int) -> Iterator[Window]:
    for story in STORIES:
        if story.minutes is None:
            for effect in story.effects:
                yield Window(story.name, story.title, started, ended, effect)
