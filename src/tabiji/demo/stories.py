"""The end of the month → what went wrong in it: the stories hidden in the logs, at their times."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.demo.site import DAY_S, REPORT, SUSPEND, ZONE_S, Outcome

SYSTEM_ERROR = "INTERNAL_SERVER_ERROR"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a story does to one operation or one class of jobs; None leaves it as it was."""

    operation: str
    outcomes: tuple[Outcome, ...] | None = None  # its failures, instead of the usual ones
    p50_ms: float | None = None
    p95_ms: float | None = None
    failing_attempts: float | None = None  # jobs: share of attempts, 0–1
    waiting_p50_ms: float | None = None  # jobs
    waiting_p95_ms: float | None = None  # jobs


@dataclass(frozen=True, slots=True)
class Story:
    """Starts `days_before` the last local day at `clock` (hour, minute). `minutes` None: until the end."""

    name: str
    title: str
    days_before: int
    clock: tuple[int, int]
    minutes: int | None
    effects: tuple[Effect, ...] = ()


# At most one story at a time changes an operation.
STORIES: tuple[Story, ...] = (
    Story(
        name="loud",
        title="The video service falls over in the evening: nearly half of all attempts to play fail.",
        days_before=9,
        clock=(20, 52),
        minutes=38,
        effects=(Effect("PlayVideo", (Outcome(502, 0.25), Outcome(200, 0.2, SYSTEM_ERROR)), 190, 2_100),),
    ),
    Story(
        name="slow",
        title="A deployment makes the course page slow: three times the old p95.",
        days_before=6,
        clock=(11, 5),
        minutes=4 * 24 * 60 + 275,  # until it is partly reverted
        effects=(Effect("CourseDetail", p50_ms=340, p95_ms=920),),
    ),
    Story(
        name="quiet",
        title="A lock in the database loses progress behind answers of 200; by breakfast it heals itself.",
        days_before=4,
        clock=(4, 10),
        minutes=184,
        effects=(
            Effect("RecordProgress", (Outcome(200, 0.12, SYSTEM_ERROR),), 60, 900),
            Effect("ProgressWorker", failing_attempts=0.5, waiting_p50_ms=95_000, waiting_p95_ms=840_000),
        ),
    ),
    Story(
        name="partly-reverted",
        title="Half of the slow deployment is taken back.",
        days_before=2,
        clock=(15, 40),
        minutes=None,
        effects=(Effect("CourseDetail", p50_ms=160, p95_ms=450),),
    ),
)
# One request each, answered with a 500. Of so few requests it is a terrible share, and it means nothing.
SINGLE_FAILURES: tuple[tuple[str, int, tuple[int, int]], ...] = (
    (REPORT.name, 16, (10, 20)),
    (SUSPEND.name, 5, (14, 10)),
    (REPORT.name, 1, (11, 30)),
)
# A deployment restarts Sidekiq.
DEPLOYMENTS: tuple[tuple[int, tuple[int, int]], ...] = (
    (20, (10, 30)),
    (13, (14, 15)),
    (6, (11, 5)),
    (2, (15, 40)),
)


# What people of the site would have told its monitoring of: kind, title in English and Japanese, when, how long.
MARKS: tuple[tuple[str, str, str, int, tuple[int, int], int | None], ...] = (
    ("deployment", "web 2026.21", "web 2026.21", 20, (10, 30), None),
    ("deployment", "web 2026.22", "web 2026.22", 13, (14, 15), None),
    ("push", "“Ten minutes a day” to all learners", "「1日10分」を全受講者にプッシュ配信", 9, (20, 45), None),
    ("deployment", "web 2026.23: a new course page", "web 2026.23: コース画面の刷新", 6, (11, 5), None),
    ("campaign", "First month at half price", "初月半額キャンペーン", 5, (0, 0), 3 * 24 * 60),
    (
        "deployment",
        "web 2026.23.1: half of it taken back",
        "web 2026.23.1: 刷新の一部を切り戻し",
        2,
        (15, 40),
        None,
    ),
)


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened besides, at a time in epoch seconds; without an end it is a moment."""

    kind: str
    title: dict[str, str]  # by language
    at: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """What one story did to one operation: the truth that a reader of the logs should find again.

    Times are epoch seconds, half-open and inside the written month. `events` are the operation's requests
    finished in that time, or its jobs enqueued in it; `bad` are those that failed (jobs: for good).
    """

    story: str
    title: str
    operation: str
    start: int
    end: int
    events: int
    bad: int


@dataclass(frozen=True, slots=True)
class Window:
    """A story's effect on one operation at its time, in epoch seconds, half-open."""

    story: str
    title: str
    start: int
    end: int
    effect: Effect


def moment(ended: int, days_before: int, clock: tuple[int, int]) -> int:
    """The epoch second at that time of the day `days_before` the local day in which the month ends."""
    last_day = (ended - 1 + ZONE_S) // DAY_S
    return (last_day - days_before) * DAY_S - ZONE_S + clock[0] * 3600 + clock[1] * 60


def windows(started: int, ended: int) -> tuple[Window, ...]:
    """The effects of all stories that happen at least in part in [started, ended), cut to it."""
    found = []
    for story in STORIES:
        start = moment(ended, story.days_before, story.clock)
        end = ended if story.minutes is None else start + story.minutes * 60
        start, end = max(start, started), min(end, ended)
        if start < end:
            found += [Window(story.name, story.title, start, end, effect) for effect in story.effects]
    return tuple(found)


def happened(started: int, ended: int) -> tuple[Happened, ...]:
    """What happened besides in [started, ended)."""
    found = []
    for kind, en, ja, days_before, clock, minutes in MARKS:
        at = moment(ended, days_before, clock)
        if started <= at < ended:
            found.append(
                Happened(kind, {"en": en, "ja": ja}, at, None if minutes is None else at + minutes * 60)
            )
    return tuple(found)
