"""An incident → how many users it hit, by the lines of its failures, where these say whose they are.

Only the ranges of files that hold its minutes are read. Who they were is forgotten at once: what is given is a number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tabiji import engines
from tabiji.definitions import Site, Source
from tabiji.engines import Chunk, Task
from tabiji.incidents import Incident
from tabiji.postmortems import Users
from tabiji.runs import impacting, places
from tabiji.runs.impacting import Watched
from tabiji.runs.places import Place
from tabiji.runs.searching import Reader
from tabiji.store import LedgerEntry, Store

BYTES_MAX = 256 << 20  # of lines that are read: what is more takes longer than anybody waits


def users(
    site: Site, store: Store, incident: Incident, until_minute: int, bytes_max: int = BYTES_MAX
) -> Users:
    """How many different users had an event that failed, or took too long, by what the incident is about.

    The field that tells them apart is the one that the most of these lines have. `until_minute` is where an incident
    ends that goes on.
    """
    measured = incident.measured
    about = set(measured.times.objectives) if measured else set()
    chosen = tuple(
        one
        for one in impacting.watched(site, incident.journey)
        if f"{one.journey.name}/{one.objective.name}" in about
    )
    first = incident.started_minute
    end = max(until_minute if incident.ended_minute is None else incident.ended_minute, first + 1)
    ranges = list(_ranges(site, store, first, end)) if chosen else []
    if sum(entry.end - entry.start for _, some in ranges for entry in some) > bytes_max:
        return Users("too-much")
    found, failed = _Found(), 0
    for source, entries in ranges:
        reader = Reader(site, store, source, chosen)
        for entry in entries:
            for line in _failures(reader, entry, first, end, chosen):
                failed += 1
                found.add(line)
    if not failed:
        return Users("gone" if _is_known_to_fail(incident) else "nothing-failed")
    place = found.best()
    if place is None:
        return Users("no-ids", failed=failed)
    return Users("counted", len(found.values[place]), place.name, failed, found.counts[place])


def _is_known_to_fail(incident: Incident) -> bool:
    return incident.worst is not None and incident.worst.bad > 0


def _ranges(site: Site, store: Store, first: int, end: int) -> Iterator[tuple[Source, list[LedgerEntry]]]:
    for source in site.sources:
        entries = store.chunks(source.name, first, end)
        if entries and not source.probes:
            yield source, entries


def _failures(
    reader: Reader, entry: LedgerEntry, first: int, end: int, chosen: tuple[Watched, ...]
) -> Iterator[bytes]:
    for piece, made_of, reading in reader.pieces(entry):
        task = Task(Chunk(None, 0, len(piece), piece), reading, made_of.fields)
        for one, _, good in reader.judged(engines.trace(task, first, end), made_of):
            if any(is_good is False for is_good in good):
                yield one.line


class _Found:
    """Values by the place that they stood at, and how many lines had it."""

    def __init__(self) -> None:
        self.values: dict[Place, set[str]] = defaultdict(set)
        self.counts: Counter[Place] = Counter()

    def add(self, line: bytes) -> None:
        for place, value in places.whose(line):
            self.values[place].add(value)
            self.counts[place] += 1

    def best(self) -> Place | None:
        """The place that the most lines have; of several, the one with the most different values."""
        return min(
            self.counts, key=lambda one: (-self.counts[one], -len(self.values[one]), one), default=None
        )
