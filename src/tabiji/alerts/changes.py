"""Tiers at a moment, and which of them fired before → what changes; fired tiers over time → alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

from tabiji import windows
from tabiji.alerts.silences import Silence
from tabiji.alerts.tiers import Reason, TierStanding, judge, short_minutes
from tabiji.budgets import Tally
from tabiji.journeys import Objective, Tier

Ending = Literal["below-short", "below-long", "below-both", "tier-gone", "objective-gone", "late-events"]
ENDINGS: tuple[Ending, ...] = get_args(Ending)  # why an alert closes: a closed list


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one tier of an objective, also where nothing changes.

    `standing` is None, and `reason` "tier-gone", for a tier that fired and is no longer defined.
    """

    tier: Tier
    standing: TierStanding | None
    fired: bool
    firing: bool
    reason: Reason | Literal["tier-gone"]

    @property
    def change(self) -> Literal["opens", "closes"] | None:
        if self.fired == self.firing:
            return None
        return "opens" if self.firing else "closes"


def decide(
    objective: Objective, recent: Mapping[int, Tally], fired: Collection[Tier], now_minute: int
) -> tuple[Decision, ...]:
    """Decides about each tier of an objective, and about those that fired the minute before and are gone.

    `recent` has the tally of the minutes before now, by length, for both windows of each tier. Raises KeyError
    where one is missing.
    """
    length = windows.length_minutes(objective.window, now_minute)
    decisions = []
    for tier in objective.tiers:
        tallies = recent[tier.long_minutes], recent[short_minutes(tier)]
        standing = judge(tier, objective.target, length, *tallies, fired=tier in fired)
        decisions.append(Decision(tier, standing, tier in fired, standing.firing, standing.reason))
    gone = [tier for tier in fired if tier not in objective.tiers]
    return (*decisions, *(Decision(tier, None, True, False, "tier-gone") for tier in gone))


@dataclass(frozen=True, slots=True)
class Alert:
    """A tier that fires, from its first minute to its last: `[opened_minute, closed_minute)`.

    At the opened minute the events before it made it fire, as `opening` says; `ending` is why it closed.
    `definition` is the hash of the objective's definition that it opened by. `late`: it was over when
    it was found, because its events came late. `number` is that of the store. A provisional one never notifies.
    """

    objective: str
    tier: Tier
    provisional: bool
    definition: str
    opened_minute: int
    opening: TierStanding
    closed_minute: int | None = None
    ending: Ending | None = None
    late: bool = False
    number: int | None = None

    def open_at(self, minute: int) -> bool:
        """Whether it fires at a moment."""
        return self.opened_minute <= minute and (self.closed_minute is None or minute < self.closed_minute)

    @property
    def subject(self) -> tuple[str, Tier]:
        """What it is about: one alert at a time is open about the same."""
        return self.objective, self.tier

    def closed(self, minute: int, ending: Ending) -> Alert:
        """The same alert, closed."""
        return replace(self, closed_minute=minute, ending=ending)

    def again(self, minute: int) -> Alert:
        """A new alert that fires from a later minute on."""
        return replace(self, opened_minute=minute, number=None)


Episode = TypeVar("Episode", Alert, Silence)


def merged(
    recorded: Iterable[Episode], judged: Iterable[Episode], judged_until: int, until_minute: int
) -> tuple[Episode, ...]:
    """What is to be recorded once moments up to `until_minute` are judged: new and closed alerts.

    Those up to `judged_until` may be judged again, because events had come late. `recorded` are the alerts of
    that time as they stand in the store, `judged` those that the same time gives now, both in order. What was
    recorded stays: it was told. So

    - an alert that is closed stays as it is, and one that is open closes when the judged one does;
    - one that is open, and was none as it turns out, closes now ("late-events");
    - a judged alert that meets none that is recorded is new;
    - one that fires still although the recorded one has closed is new from that moment on.
    """
    changed: list[Episode] = []
    old, new = _by_subject(recorded), _by_subject(judged)
    for subject, alerts in old.items():
        for place, alert in enumerate(alerts):
            if alert.closed_minute is None:
                told = [one for one in new.get(subject, ()) if one.opened_minute <= judged_until]
                closed = _closed(alert, _meeting(alert, told), min(judged_until + 1, until_minute))
                if closed is not None:
                    changed.append(closed)
                    alerts[place] = closed
    for subject, alerts in new.items():
        for alert in alerts:
            known = _meeting(alert, old.get(subject, ()))
            if not known:
                changed.append(alert)
            elif alert.closed_minute is None and known[-1].closed_minute is not None:
                changed.append(alert.again(known[-1].closed_minute))
    return tuple(changed)


def _by_subject(alerts: Iterable[Episode]) -> dict[object, list[Episode]]:
    found: dict[object, list[Episode]] = {}
    for alert in alerts:
        found.setdefault(alert.subject, []).append(alert)
    return found


def _closed(alert: Episode, meeting: Sequence[Episode], now_minute: int) -> Episode | None:
    """An open alert as the judged ones that it met close it; None where it goes on."""
    if not meeting:
        return alert.closed(now_minute, "late-events")
    last = meeting[-1]
    if last.closed_minute is None or last.ending is None:
        return None
    return alert.closed(last.closed_minute, last.ending)


def _meeting(alert: Episode, others: Iterable[Episode]) -> list[Episode]:
    """The others that share a minute with an alert, in order."""
    return [
        other
        for other in others
        if (other.closed_minute is None or alert.opened_minute < other.closed_minute)
        and (alert.closed_minute is None or other.opened_minute < alert.closed_minute)
    ]
