"""What happened since a day ago: what changed state, and what was recorded, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tabiji.alerts import Alert, Silence
from tabiji.budgets import State
from tabiji.definitions import JOURNEYS, Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey, Objective
from tabiji.marks import Mark
from tabiji.policies import Change, Policy
from tabiji.runs.viewing.home import Standings
from tabiji.store import Store

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Moved:
    """A journey whose state is another than a day ago."""

    journey: Journey
    before: State | None
    state: State | None


@dataclass(frozen=True, slots=True)
class IncidentNews:
    """An incident that opened or closed; `journey` is None where it is not defined any more."""

    minute: int
    incident: Incident
    journey: Journey | None


@dataclass(frozen=True, slots=True)
class AlertNews:
    """An alert that opened, and belongs to no incident."""

    minute: int
    alert: Alert
    journey: Journey
    objective: Objective


@dataclass(frozen=True, slots=True)
class SilenceNews:
    """A source that was silent."""

    minute: int
    silence: Silence


@dataclass(frozen=True, slots=True)
class MarkNews:
    """Something that happened besides."""

    minute: int
    mark: Mark
    journeys: tuple[Journey, ...]


@dataclass(frozen=True, slots=True)
class PolicyNews:
    """What a policy did."""

    minute: int
    change: Change
    policy: Policy | None
    journey: Journey | None


@dataclass(frozen=True, slots=True)
class DefinitionNews:
    """Other definitions came into force: journeys that are new, changed or gone, and whether others changed too."""

    minute: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    others: bool


News = IncidentNews | AlertNews | SilenceNews | MarkNews | PolicyNews | DefinitionNews


@dataclass(frozen=True, slots=True)
class Happened:
    """Since `since_minute`; `moved` compares that moment with the last one, the worst first."""

    since_minute: int
    moved: tuple[Moved, ...]
    news: tuple[News, ...]


def happened(site: Site, store: Store, found: Standings, since_minute: int, now_minute: int) -> Happened:
    """All that is worth a sentence."""
    journeys = {journey.name: journey for journey in site.journeys}
    moved = [
        Moved(row.journey, row.before, row.state)
        for row in found.rows
        if row.before != row.state and row.before is not None
    ]
    news: list[News] = [
        *_incidents(store, journeys, since_minute),
        *_alerts(site, store, since_minute, now_minute),
        *_marks(store, journeys, since_minute, now_minute),
        *_policies(site, store, journeys, since_minute),
        *definitions_since(store, since_minute),
        *(
            SilenceNews(_latest(silence, since_minute), silence)
            for silence in store.silences(None, since_minute, now_minute + 1)
        ),
    ]
    news.sort(key=lambda one: -one.minute)
    return Happened(since_minute, tuple(moved), tuple(news))


def _latest(one: Silence, since: int) -> int:
    return one.opened_minute if one.closed_minute is None else max(one.closed_minute, since)


def _incidents(store: Store, journeys: Mapping[str, Journey], since: int) -> Iterator[IncidentNews]:
    for one in store.incidents():
        if one.merged_into is not None or one.verdict == "false":
            continue
        if one.closed_minute is not None and one.closed_minute >= since:
            yield IncidentNews(one.closed_minute, one, journeys.get(one.journey))
        elif one.closed_minute is None and one.known_minute >= since:
            yield IncidentNews(one.known_minute, one, journeys.get(one.journey))


def _alerts(site: Site, store: Store, since: int, now: int) -> Iterator[AlertNews]:
    """Those of incidents are told by their incidents."""
    folded = {number for incident in store.incidents() for number in incident.alerts}
    known = {
        objective.id: (journey, objective) for journey in site.journeys for objective in journey.objectives
    }
    for alert in store.alerts(None, since, now + 1):
        if alert.provisional or alert.number in folded or alert.objective not in known:
            continue
        if alert.opened_minute >= since:
            yield AlertNews(alert.opened_minute, alert, *known[alert.objective])


def _marks(store: Store, journeys: Mapping[str, Journey], since: int, now: int) -> Iterator[MarkNews]:
    for mark in store.marks.between(since * SECONDS, (now + 1) * SECONDS):
        named = tuple(journeys[name] for name in mark.journeys if name in journeys)
        yield MarkNews(mark.from_second // SECONDS, mark, named)


def _policies(site: Site, store: Store, journeys: Mapping[str, Journey], since: int) -> Iterator[PolicyNews]:
    for recorded in store.policy_ledger(since):
        change = recorded.change
        policy = next((one for one in site.policies if one.name == change.episode.policy), None)
        yield PolicyNews(change.minute, change, policy, journeys.get(change.episode.objective.split("/")[0]))


def definitions_since(store: Store, since_minute: int) -> Iterator[DefinitionNews]:
    """What other definitions came into force; the first of all are no news."""
    known = store.defined.in_force()
    texts: dict[str, Mapping[str, str]] = {}
    for before, after in pairwise(known):
        if after.since < since_minute * SECONDS:
            continue
        for one in (before, after):
            if one.definition not in texts:
                texts[one.definition] = store.defined.texts(one.definition)
        yield compared(texts[before.definition], texts[after.definition], after.since // SECONDS)


def compared(before: Mapping[str, str], after: Mapping[str, str], minute: int) -> DefinitionNews:
    """Which files of journeys are new, changed or gone."""
    added = [path for path in after if path not in before]
    changed = [path for path, text in after.items() if path in before and before[path] != text]
    gone = [path for path in before if path not in after]
    others = any(not _is_journey(path) for path in [*added, *changed, *gone])
    return DefinitionNews(minute, _named(added), _named(changed), _named(gone), others)


def _is_journey(path: str) -> bool:
    return path.startswith(f"{JOURNEYS}/")


def _named(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        path.removeprefix(f"{JOURNEYS}/").removesuffix(".yaml") for path in sorted(paths) if _is_journey(path)
    )
