"""The store → all that stages of practices are made of, read once; as it stood at a moment it is told by `evidence`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tabiji import actions, agreements, postmortems, practice, reviews
from tabiji.acts import Act
from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey, Objective
from tabiji.marks import Mark
from tabiji.practice import DAYS
from tabiji.reports.ledger import Told
from tabiji.runs import recalling, suggesting
from tabiji.runs.practising.defined import Described, described
from tabiji.runs.practising.lived import Left, lived
from tabiji.runs.viewing.incidents import by_incident
from tabiji.runs.viewing.operations import chosen, group_left_out
from tabiji.runs.viewing.standing import pairs
from tabiji.store import IncidentFact, Store

MINUTE, DAY = 60, 86_400
MONTH = 30 * DAY  # of evidence; 90 days are three of them
ALL = reviews.ALL  # who has all journeys, where no team has any


@dataclass(frozen=True, slots=True)
class Seen:
    """An operation: its events in each month of 30 days, the newest last, and how many any objective counts of them."""

    source: str
    name: str
    events: tuple[int, ...]
    covered: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that was recorded until `at`, in seconds since the epoch; `begins` is the time of the first event of all.

    `sres` are the names of the SREs as they stand in what was recorded, folded.
    """

    site: Site
    at: int
    begins: int | None
    sres: frozenset[str]
    described: Described
    lived: Mapping[str, Left]
    incidents: Sequence[Incident]
    facts: Mapping[int, Sequence[IncidentFact]]
    told: Sequence[Told]
    deployments: Sequence[Mark]
    seen: Sequence[Seen]
    sources: Mapping[str, frozenset[str]]  # by journey: those whose events it counts
    acts: Mapping[str, Sequence[Act]]  # by kind

    def acts_of(self, kind: str, before: int) -> list[Act]:
        """The acts of a kind before a moment, in the order of their numbers."""
        return [one for one in self.acts.get(kind, ()) if one.at < before]

    def is_sre(self, who: str) -> bool:
        """Whether somebody is of the SREs."""
        return who.casefold() in self.sres


KINDS = (reviews.KIND, postmortems.KIND, actions.KIND, agreements.KIND, suggesting.KIND, practice.KIND)


def know(site: Site, store: Store, at: int, environment: Mapping[str, str], months: int) -> Known:
    """Reads all that stages at a moment and at the ends of some months of 30 days before it are made of."""
    wanted = pairs(site)
    days_back = DAYS + (months - 1) * MONTH // DAY
    extent = store.extent()
    found = [one for one in store.incidents() if one.merged_into is None and one.number is not None]
    numbers = [one.number for one in found if one.number is not None]
    acts: dict[str, list[Act]] = {kind: [] for kind in KINDS}
    for act in store.acts.of(*KINDS, until_second=at):
        acts[act.kind].append(act)
    stored = store.series()
    picked = chosen(site, stored, wanted)
    counts = [one.counts for one in picked]
    return Known(
        site=site,
        at=at,
        begins=None if extent is None else extent[0] * MINUTE,
        sres=_sres(site, store, at),
        described=described(site, store, at, environment),
        lived=lived(site, store, wanted, at // MINUTE, days_back),
        incidents=found,
        facts=by_incident(one for one in store.notices.said(numbers) if one.at < at),
        told=recalling.ledger(site, store, environment),
        deployments=[one for one in store.marks.between(0, at) if one.kind == "deployment"],
        seen=_seen(store, stored, counts, at, months),
        sources=_sources(stored, [journey for journey, _ in wanted], counts),
        acts=acts,
    )


def _sres(site: Site, store: Store, at: int) -> frozenset[str]:
    """The names of those who are of a team of SREs: as the definitions say, or as they have signed in."""
    teams = {one.name for one in site.teams if one.is_sre}
    if not teams:
        return frozenset()
    found = {person for team, some in site.access.members if team in teams for person in some}
    names = {one.removeprefix("user:").casefold() for one in found}
    for session in store.sessions.valid(at):
        person = session.person
        theirs = set(person.teams) if person.role else site.access.role_of(person.who, person.groups)[1]
        if theirs & teams:
            names.add(person.who.casefold())
    return frozenset(names)


def _seen(
    store: Store, stored: Mapping[int, Series], counts: Iterable[int], at: int, months: int
) -> tuple[Seen, ...]:
    """The operations that users came for; static files, health checks and the like are left out, as in `discover`."""
    if not stored:
        return ()
    covered = 0
    for one in counts:
        covered |= one
    cuts = [(at - back * MONTH) // MINUTE for back in range(months + DAYS * DAY // MONTH - 1, -1, -1)]
    events = store.sums(cuts, tuple(stored)).events
    groups: dict[tuple[str, str | None], list[int]] = {}
    for place, series in enumerate(stored.values()):
        groups.setdefault((series.source, series.operation), []).append(place)
    every, found = list(stored.values()), []
    for (source, name), places in groups.items():
        totals = events[:, places].sum(axis=1)
        if not totals.any() or group_left_out([(every[one], int(events[:, one].sum())) for one in places]):
            continue
        ours = [one for one in places if covered >> one & 1]
        found.append(
            Seen(source, name or "", tuple(totals.tolist()), tuple(events[:, ours].sum(axis=1).tolist()))
        )
    return tuple(found)


def _sources(
    stored: Mapping[int, Series], journeys: Sequence[Journey], counts: Sequence[int]
) -> Mapping[str, frozenset[str]]:
    every = list(stored.values())
    found: dict[str, set[str]] = {}
    for journey, bits in zip(journeys, counts, strict=True):
        mine = {one.source for place, one in enumerate(every) if bits >> place & 1}
        found.setdefault(journey.name, set()).update(mine)
    return {name: frozenset(some) for name, some in found.items()}


def teams(site: Site) -> list[str]:
    """Whose practices there are: of each team but the SREs; of all journeys together, where there is no team."""
    sre = {one.name for one in site.teams if one.is_sre}
    declared = [one.name for one in site.teams if one.name not in sre]
    owning = sorted({one.team for one in site.journeys if one.team and one.team not in {*declared, *sre}})
    return [*declared, *owning] or [ALL]


def journeys_of(site: Site, team: str) -> list[Journey]:
    """A team's journeys."""
    return [one for one in site.journeys if team in (ALL, one.team)]


def agreed(known: Known, team: str, before: int) -> list[Objective]:
    """What a team had agreed to at a moment, of what it has agreed to now."""
    past = known.described.objectives
    return [
        one
        for journey in journeys_of(known.site, team)
        for one in journey.objectives
        if one.state == "agreed" and (since := past[one.id].agreed) is not None and since < before
    ]
