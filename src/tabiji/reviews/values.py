"""Weekly reviews as values: who led one, what was found, what was decided; their weeks; what a drop is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal, get_args

from tabiji.acts import Act
from tabiji.budgets import State
from tabiji.language import _
from tabiji.windows import time_zone

KIND = "review"  # of the acts
ALL = "all"  # a review of all journeys, whosever they are
MINUTES = 20  # that a meeting takes
Step = Literal["before", "dropped", "why", "users", "decide", "end"]
STEPS: tuple[Step, ...] = get_args(Step)
Led = Literal["team", "sre"]
LED: tuple[Led, ...] = get_args(Led)
Suffered = Literal["yes", "no", "unknown"]
SUFFERED: tuple[Suffered, ...] = get_args(Suffered)
Choice = Literal["mend", "watch", "loosen", "tighten", "correct", "agree", "drop", "nothing"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
Outcome = Literal["done", "carried", "dropped"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
Reason = Literal["spent", "state"]
NAME_LONGEST = 60  # characters
TEXT_LONGEST = 4000
DROP_MIN = Fraction(1, 4)  # of what a week may spend; more of it is a drop
_WORSE: Mapping[State, int] = {"healthy": 0, "at-risk": 1, "burning": 2, "exhausted": 3}  # no data is neither
FIRST, LAST = date(1970, 1, 1), date(2286, 1, 1)


@dataclass(frozen=True, slots=True)
class Word:
    """Who says something, and when (seconds since the epoch)."""

    who: str
    at: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a drop of an objective: its cause, and whether users suffered."""

    objective: str
    cause: str = ""
    suffered: Suffered | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be decided about an objective; `owner` and `due` are needed unless nothing is to be done."""

    objective: str
    choice: Choice
    why: str
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. `ordinal` counts within its review; `withdrawn` says why it holds no more, None: it holds."""

    review: str
    ordinal: int
    decided: Decided
    word: Word
    changed: str = ""  # why it was changed since
    withdrawn: str | None = None

    @property
    def name(self) -> str:
        """What it is called elsewhere: `learning/2026-06-01#2`."""
        return f"{self.review}#{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that worries somebody, and that all should know."""

    ordinal: int
    text: str
    owner: str
    due: date | None
    word: Word


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of something that an earlier review had decided; `due` is its new day, if it has one."""

    name: str
    outcome: Outcome
    text: str
    word: Word
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it stands; `acts` is its whole history, the oldest first. `held_at` is None until it is closed."""

    team: str
    week: date  # its Monday
    acts: tuple[Act, ...] = ()
    leader: str | None = None
    led_by: Led | None = None
    present: tuple[str, ...] = ()
    began_at: int | None = None
    step: Step = "before"
    findings: Mapping[str, Finding] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    concerns: tuple[Concern, ...] = ()
    followed: Mapping[str, Followed] = field(default_factory=dict)
    held_at: int | None = None

    @property
    def subject(self) -> str:
        """What its acts are about: `learning/2026-06-01`."""
        return subject(self.team, self.week)

    @property
    def last(self) -> int:
        """The number of its newest act, 0 for none."""
        return self.acts[-1].number if self.acts else 0

    @property
    def standing(self) -> tuple[Decision, ...]:
        """The decisions that hold."""
        return tuple(one for one in self.decisions if one.withdrawn is None)

    @property
    def lasted_minutes(self) -> int | None:
        """How long it took, in whole minutes; None until it is held."""
        if self.began_at is None or self.held_at is None:
            return None
        return (self.held_at - self.began_at) // 60


def subject(team: str, week: date) -> str:
    """What the acts of a review are about."""
    return f"{team}/{week.isoformat()}"


def monday(second: int, zone: str) -> date:
    """The Monday of the week that a moment lies in, where the site is."""
    day = datetime.fromtimestamp(second, UTC).astimezone(time_zone(zone)).date()
    return day - timedelta(days=day.weekday())


def week_of(text: str) -> date:
    """The Monday that somebody wrote. Raises ValueError for what is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("`{text}` is not a day; write for example `2026-06-01`", text=text[:60])) from None
    if not FIRST <= found < LAST:
        raise ValueError(_("the time is before 1970 or after 2286"))
    if found.weekday():
        message = _(
            "`{text}` is not a Monday; a review is called by the Monday of its week: `{monday}`",
            text=text[:60],
            monday=(found - timedelta(days=found.weekday())).isoformat(),
        )
        raise ValueError(message)
    return found


def drop(
    spent: Fraction | None, spent_before: Fraction | None, state: State, state_before: State
) -> Reason | None:
    """Why the week of an objective is a drop, None where it is none.

    `spent` is the week's burn rate: 1 spends exactly what a week may. It is a drop where more than a quarter of that
    was spent, and more than in the week before; or where the state at the week's end is worse than at its beginning.
    Weeks without events are no drops, and a state without data is neither worse nor better.
    """
    if spent is None:
        return None
    if spent > DROP_MIN and spent > (spent_before or 0):
        return "spent"
    if state in _WORSE and state_before in _WORSE and _WORSE[state] > _WORSE[state_before]:
        return "state"
    return None
