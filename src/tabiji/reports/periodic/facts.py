"""What is known of a week or a month, as of its end: the document of a report, whole numbers and exact texts only.

Nothing here is rounded, and nothing depends on when it was made: so the same period gives the same document, to the
byte, as long as nobody corrects the past and no event comes late.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tabiji.actions import Origin
from tabiji.actions import Sort as ActionSort
from tabiji.actions import State as ActionState
from tabiji.alerts import LUCK, evidence_p, is_evident
from tabiji.budgets import State
from tabiji.incidents import Cause as Opened
from tabiji.incidents import Detector, Verdict
from tabiji.journeys import Text
from tabiji.reports.periodic.periods import Kind, Period

VERSION = 1
Sort = Literal["failed", "slow", "minutes", "errors"]  # as charts know it; no promise is about errors alone


@dataclass(frozen=True, slots=True)
class Sum:
    """`bad` of `total` events, or of minutes."""

    bad: int
    total: int

    @property
    def share(self) -> Fraction | None:
        """The share of bad ones; None without any."""
        return Fraction(self.bad, self.total) if self.total else None

    @property
    def good(self) -> Fraction | None:
        """The share of good ones; None without any."""
        return 1 - Fraction(self.bad, self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of the period: `bad` of `total` in the minutes `[from_minute, to_minute)`."""

    from_minute: int
    to_minute: int
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Why events were bad: an error, a status, or that they took too long; and how many of them were."""

    kind: Literal["error", "status", "slow"]
    value: str
    bad: int


@dataclass(frozen=True, slots=True)
class Failing:
    """A step or an operation: `bad` of its `total` events; why, the most frequent first."""

    name: str
    title: Text
    bad: int
    total: int
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrected:
    """Minutes that count otherwise, by whom and why; `without` is what the period would be without corrections."""

    minutes: int
    names: tuple[str, ...]
    without: Sum


@dataclass(frozen=True, slots=True)
class Promise:
    """An objective over the period, and the period before.

    `budget` is what its own window up to the end of the period says, `budget_before` that of the period before;
    None where the minutes of so long ago are not kept. `estimated`: its window was not over. `months` are the last
    ones, the oldest first, of a monthly report.
    """

    id: str
    name: str
    title: Text
    agreed: bool
    sort: Sort
    target: str
    window: str
    state: State
    period: Sum
    before: Sum
    budget: Sum | None
    budget_before: Sum | None
    estimated: bool
    pages: int
    tickets: int
    corrected: Corrected | None
    steps: tuple[Failing, ...]
    operations: tuple[Failing, ...]
    bars: tuple[Bar, ...]
    months: tuple[Sum | None, ...]

    @property
    def kept(self) -> bool | None:
        """Whether the period alone was as good as promised; None without events."""
        good = self.period.good
        return None if good is None else good >= Fraction(self.target)

    @property
    def luck(self) -> bool:
        """Whether it was not kept, and so few events were bad that it could be luck."""
        if self.kept is not False or self.sort == "minutes":
            return False
        p = evidence_p(self.period.bad, self.period.total, 1 - Fraction(self.target))
        return not is_evident(p, LUCK["ticket"])

    @property
    def left(self) -> Fraction | None:
        """What was left of the budget at the end of the period."""
        return left(self.budget, self.target)

    @property
    def left_before(self) -> Fraction | None:
        """What was left of it at the end of the period before."""
        return left(self.budget_before, self.target)

    def kept_in(self, month: Sum | None) -> bool | None:
        """Whether a month was as good as promised; None where nothing is known of it."""
        good = None if month is None else month.good
        return None if good is None else good >= Fraction(self.target)


def left(of: Sum | None, target: str) -> Fraction | None:
    """The share of a budget that is left; negative where it is overspent, None without events."""
    if of is None or not of.total:
        return None
    return 1 - of.bad / ((1 - Fraction(target)) * of.total)


@dataclass(frozen=True, slots=True)
class Voices:
    """What users said and did apart from the logs in the period, and how many in the period before."""

    enquiries: int
    enquiries_before: int
    churn: int
    churn_before: int
    voices: int
    words: tuple[str, ...]  # of the last voices


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """A journey, its promises, and what its users said."""

    name: str
    title: Text
    team: str | None
    why: Text | None
    promises: tuple[Promise, ...]
    voices: Voices


@dataclass(frozen=True, slots=True)
class Marked:
    """What happened besides; without journeys it concerned all."""

    at_minute: int
    kind: str
    title: str
    journeys: tuple[str, ...]
    link: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody did or said about an incident."""

    at_minute: int
    author: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """An incident as it was known at the end of the period.

    `recovered_minute` is None where it went on; then what it cost is not told yet. `allowed` is what its window may
    have of bad events, of the objective that it cost the most; in full.
    """

    number: int
    journey: str
    cause: Opened
    started_minute: int
    detected_minute: int | None
    detected_by: Detector | None
    recovered_minute: int | None
    verdict: Verdict | None
    objective: str | None
    bad: int | None
    total: int | None
    allowed: str | None
    steps: tuple[Failing, ...]
    operations: tuple[Failing, ...]
    marks: tuple[Marked, ...]
    said: tuple[Said, ...]

    @property
    def share(self) -> Fraction | None:
        """The share of the budget that it cost."""
        if self.bad is None or self.allowed is None or not Fraction(self.allowed):
            return None
        return self.bad / Fraction(self.allowed)

    @property
    def to_detect(self) -> int | None:
        return None if self.detected_minute is None else self.detected_minute - self.started_minute

    @property
    def to_recover(self) -> int | None:
        return None if self.recovered_minute is None else self.recovered_minute - self.started_minute


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What fired in the period, and its incidents: those told of rightly, for nothing, and not at all."""

    pages: int
    tickets: int
    useful: int
    false: int
    missed: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """A source that was silent for too long; None: it still was at the end."""

    source: str
    since_minute: int
    opened_minute: int
    closed_minute: int | None


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation that was never seen before the period; `promised`: an objective counts it."""

    source: str
    operation: str
    events: int
    promised: bool


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What a policy did at a minute of the period, as its ledger has it."""

    at_minute: int
    policy: str
    title: Text
    step: str
    step_title: Text
    objective: str
    change: str
    reason: str
    actions: tuple[str, ...]
    owners: tuple[str, ...]
    exception_by: str | None
    exception_reason: str | None


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What is to be done, or a concern, as it stood at the end of the period; days are ISO dates of the site."""

    number: int
    title: str
    sort: ActionSort
    state: ActionState
    team: str | None
    owner: str | None
    supporter: str | None
    due: str | None
    journey: str | None
    origin: Origin
    which: str
    opened_minute: int
    opened_by: str
    ended_minute: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """A month of the trend: in how many minutes each incident was noticed, and over; and what was missed."""

    from_minute: int
    to_minute: int
    incidents: int
    detect_minutes: tuple[int, ...]
    recover_minutes: tuple[int, ...]
    missed: int
    false: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the events of a source some objective looked at."""

    source: str
    events: int
    covered: int


@dataclass(frozen=True, slots=True)
class Report:
    """A week of a team or a month of the business. `team` is None for all of them.

    All is as of `until_minute`: the end of the period, or earlier where it goes on or was not judged to its end.
    `coarse`: some sums are of whole hours or days at their edges, for no more is kept of that time.
    """

    version: int
    kind: Kind
    team: str | None
    team_title: Text | None
    zone: str
    from_minute: int
    to_minute: int
    until_minute: int
    coarse: bool
    definition: str | None  # hash of the definitions in force at the end
    journeys: tuple[JourneyFacts, ...]
    incidents: tuple[IncidentFacts, ...]
    alerts: AlertFacts
    silences: tuple[Quiet, ...]
    marks: tuple[Marked, ...]
    operations: tuple[NewOperation, ...]
    policies: tuple[PolicyFacts, ...]
    coverage: tuple[Coverage, ...]
    months: tuple[MonthFacts, ...]
    actions: tuple[
        ActionFacts, ...
    ] = ()  # those open at the end, by their days; then those that ended in the period
    unplaced: Voices = Voices(0, 0, 0, 0, 0, ())  # of which nobody knows the journey

    @property
    def period(self) -> Period:
        return Period(self.kind, self.from_minute, self.to_minute, self.zone)

    @property
    def so_far(self) -> bool:
        """Whether the period was not over, or not judged to its end."""
        return self.until_minute < self.to_minute
