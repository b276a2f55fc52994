"""A customer's id and some minutes → the events of that customer, from the lines themselves, through the ledger.

Only the ranges of files that hold these minutes are read, and only lines with the id in them are taken apart. The id is
kept by whoever asks, for as long as they ask: nothing of it is logged or stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tabiji import engines, sources
from tabiji.budgets import Tally
from tabiji.counting import Series
from tabiji.definitions import Site, Source
from tabiji.discovery import Outcome, is_failure
from tabiji.engines import Chunk, Found, Task
from tabiji.incidents import impact
from tabiji.incidents.impact import Own
from tabiji.logs import Reading
from tabiji.runs import judging, places, rereading
from tabiji.runs.classifying import Classifier, Expressions, declared_routes, expressions
from tabiji.runs.impacting import Watched
from tabiji.runs.places import Place
from tabiji.store import LedgerEntry, Store

WIDER_BEFORE, WIDER_AFTER = 30, 15  # minutes around a moment in which a customer's events are looked for
EVENTS_MAX = 2_000  # of one customer: what has more is no id
SHOWN_MAX = 200
OTHERS_BYTES_MAX = 256 << 20  # of lines, that are read for how many customers were hit
PIECE_BYTES = 8 << 20  # that are taken apart at once


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose events are looked for, in which minutes, and of which steps."""

    id: str = field(repr=False)
    moment: int
    now_minute: int
    watched: tuple[Watched, ...]
    everything: bool  # also events that belong to no step
    others: bool  # whether to find out how many customers were hit

    @property
    def first(self) -> int:
        return self.moment - WIDER_BEFORE

    @property
    def end(self) -> int:
        return max(min(self.moment + WIDER_AFTER, self.now_minute + 1), self.first)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the customer's; `journey` and `step` are None where it belongs to none that was asked for."""

    source: str
    path: str
    offset: int
    minute: int
    duration_us: int | None
    operation: str | None
    status: int | None
    error: str | None
    journey: str | None
    step: str | None
    failed: bool
    slow: bool
    place: Place
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Search:
    """What was found so far. Bytes are those of the ranges that hold the minutes.

    `own` are the customer's events, `wide` and `near` those of them around the moment, a tally for each of the things
    that steps are watched for. `customers` are the distinct ones with a failure around the moment, where lines say
    whose they are, at `place`. `gone` are files that can't be read any more; `stopped`: it did not come to its end.
    """

    done_bytes: int = 0
    all_bytes: int = 0
    own: Own = field(default_factory=lambda: Own(0, 0, 0, whole=False))
    tallies: tuple[tuple[Tally, Tally], ...] = ()
    events: tuple[Event, ...] = ()
    places: tuple[tuple[Place, int], ...] = ()
    place: Place | None = None
    customers: int | None = None
    gone: tuple[str, ...] = ()
    finished: bool = False
    stopped: bool = False
    too_many: bool = False


GoesOn = Callable[[Search], bool]


def search(site: Site, store: Store, sought: Sought, goes_on: GoesOn) -> Search:
    """All events of a customer; `goes_on` is told how far it is, after every range, and ends it by False."""
    spelt = places.spellings(sought.id)
    ranges = list(_ranges(site, store, sought))
    total = sum(entry.end - entry.start for _, some in ranges for entry in some)
    found, state = _Found(sought), Search(all_bytes=total)
    for source, entries in ranges:
        reader = Reader(site, store, source, sought.watched)
        for entry in entries:
            if not goes_on(state) or len(found.events) >= EVENTS_MAX:
                return found.told(replace(state, stopped=True))
            for event in reader.events(entry, spelt, found):
                found.add(*event)
            state = found.told(replace(state, done_bytes=state.done_bytes + entry.end - entry.start))
    state = found.told(state)
    if sought.others and state.place is not None:
        customers = _customers(site, store, sought, ranges, state, goes_on)
        state = replace(state, customers=customers)
    return replace(state, finished=True)


def _ranges(site: Site, store: Store, sought: Sought) -> Iterator[tuple[Source, list[LedgerEntry]]]:
    for source in site.sources:
        entries = store.chunks(source.name, sought.first, sought.end)
        if entries and not source.probes:
            yield source, entries


@dataclass(slots=True)
class _Found:
    """The events so far, with what each was of the things that are watched."""

    sought: Sought
    events: list[tuple[Event, tuple[bool | None, ...]]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def add(self, event: Event, good: tuple[bool | None, ...]) -> None:
        if len(self.events) < EVENTS_MAX:
            self.events.append((event, good))

    def told(self, state: Search) -> Search:
        """The state with what is known of the customer: of the lines that name them at the likeliest place."""
        counts = Counter(event.place for event, _ in self.events)
        place = _likeliest(counts)
        mine = [one for one in self.events if place is None or not place.says_whom or one[0].place == place]
        asked = [one for one in mine if self.sought.everything or one[0].step is not None]
        events = [event for event, _ in asked]
        whole = not state.stopped and not self.gone and state.done_bytes == state.all_bytes
        own = Own(len(events), sum(one.failed for one in events), sum(one.slow for one in events), whole)
        around = impact.around(self.sought.moment, self.sought.now_minute)
        near = impact.nearest(self.sought.moment, self.sought.now_minute)
        tallies = tuple(
            (_tally(asked, at, around), _tally(asked, at, near)) for at in range(len(self.sought.watched))
        )
        shown = sorted(events, key=lambda one: (one.minute, one.source, one.path, one.offset))
        return replace(
            state,
            own=own,
            tallies=tallies,
            events=tuple(shown[-SHOWN_MAX:]),
            places=tuple(counts.most_common()),
            place=place,
            gone=tuple(self.gone),
            too_many=len(self.events) >= EVENTS_MAX,
        )


def _tally(
    events: Sequence[tuple[Event, tuple[bool | None, ...]]], at: int, minutes: tuple[int, int]
) -> Tally:
    judged = [
        good[at] for event, good in events if good[at] is not None and minutes[0] <= event.minute < minutes[1]
    ]
    return Tally(sum(one is True for one in judged), len(judged))


def _likeliest(counts: Counter[Place]) -> Place | None:
    """The place whose name says that it names a customer; else the commonest."""
    if not counts:
        return None
    return min(counts, key=lambda place: (not place.says_whom, place.kind == "text", -counts[place], place))


class Reader:
    """Lines of one source, found again and judged by what is watched."""

    def __init__(self, site: Site, store: Store, source: Source, watched: Sequence[Watched]) -> None:
        self.source = source
        self._watched = watched
        self._files = rereading.Files(source, store)
        self._unpacked = rereading.Unpacked()
        self._classifier = Classifier(
            source, declared_routes(source), store.series(source.name), store.route_marks(source.name)
        )
        self._columns = judging.columns(site)

    def events(
        self, entry: LedgerEntry, spelt: tuple[bytes, ...], found: _Found
    ) -> Iterator[tuple[Event, tuple[bool | None, ...]]]:
        """The customer's events of a range, each with whether it is good for each watched thing; None: not its."""
        opened = self._opened(entry)
        if isinstance(opened, str):
            found.gone.append(opened)
            return
        path, content, reading = opened
        lines = list(places.lines_with(content, spelt))
        if not lines:
            return
        made_of = expressions(self.source, reading)
        picked = b"".join(line + b"\n" for _, line in lines)
        task = Task(Chunk(None, 0, len(picked), picked), reading, made_of.fields)
        traced = engines.trace(task, found.sought.first, found.sought.end)
        for one, of, good in self.judged(traced, made_of):
            offset, line = lines[one.number]
            event = self._event(path, entry.start + offset, one, of, good, line, found.sought.id, spelt)
            yield event, good

    def pieces(self, entry: LedgerEntry) -> Iterator[tuple[bytes, Expressions, Reading]]:
        """A range in pieces of whole lines, and how they are read; nothing, where it is gone."""
        opened = self._opened(entry)
        if isinstance(opened, str):
            return
        _, content, reading = opened
        made_of = expressions(self.source, reading)
        start = 0
        while start < len(content):
            stop = content.find(b"\n", start + PIECE_BYTES)
            stop = len(content) if stop < 0 else stop + 1
            yield content[start:stop], made_of, reading
            start = stop

    def _opened(self, entry: LedgerEntry) -> tuple[Path, bytes, Reading] | str:
        """Where a range stands now, its bytes, and how they are read; or what is gone."""
        path = self._files.holding(entry)
        if isinstance(path, rereading.Gone):
            return path.path
        reading, compression = rereading.reading(self.source, path), sources.compression(path)
        try:
            if compression:
                content = self._unpacked.between(path, compression, entry.start, entry.end)
            else:
                with path.open("rb") as file:
                    file.seek(entry.start)
                    content = file.read(entry.end - entry.start)
        except OSError:
            return str(path)
        return (
            str(path)
            if reading is None or len(content) < entry.end - entry.start
            else (path, content, reading)
        )

    def judged(
        self, traced: Sequence[Found], made_of: Expressions
    ) -> Iterator[tuple[Found, Series, tuple[bool | None, ...]]]:
        """Lines with their series, and whether each is good for each watched thing."""
        keys = list(dict.fromkeys(one.key for one in traced))
        series = {key: self._classifier.series_of(key, made_of) for key in keys}
        counted = [key for key in keys if series[key] is not None]
        rows = judging.table(known for key in counted if (known := series[key]) is not None)
        chosen = [
            judging.selected(watched.journey, watched.objective, rows, self._columns)
            for watched in self._watched
        ]
        place = {key: at for at, key in enumerate(counted)}
        for one in traced:
            of = series[one.key]
            if of is None:
                continue
            at = place[one.key]
            good = tuple(
                (bool(bits.good >> at & 1) and _in_time(watched, one.duration_us))
                if bits.counts >> at & 1
                else None
                for watched, bits in zip(self._watched, chosen, strict=True)
            )
            yield one, of, good

    def _event(
        self,
        path: Path,
        offset: int,
        one: Found,
        series: Series,
        good: tuple[bool | None, ...],
        line: bytes,
        sought: str,
        spelt: tuple[bytes, ...],
    ) -> Event:
        mine = [
            (watched, is_good)
            for watched, is_good in zip(self._watched, good, strict=True)
            if is_good is not None
        ]
        of_step = mine[0][0] if mine else None
        if mine:
            failed = any(not is_good and watched.concern == "failing" for watched, is_good in mine)
        else:
            failed = is_failure(series.kind, Outcome(series.status, series.error, 1, {}))
        return Event(
            source=self.source.name,
            path=str(path),
            offset=offset,
            minute=one.minute,
            duration_us=one.duration_us,
            operation=series.operation,
            status=series.status,
            error=series.error,
            journey=of_step.journey.name if of_step else None,
            step=of_step.step.name if of_step else None,
            failed=failed,
            slow=any(not is_good and watched.concern == "slow" for watched, is_good in mine),
            place=_preferred(places.places_of(line, sought, spelt)),
            text=line.decode("utf-8", "replace").rstrip("\r"),
        )


def _in_time(watched: Watched, duration_us: int | None) -> bool:
    limit = watched.objective.faster_than_us
    return limit is None or (duration_us is not None and duration_us <= limit)


def _preferred(found: Sequence[Place]) -> Place:
    return min(found, key=lambda place: (not place.says_whom, place.kind == "text"))


def _customers(
    site: Site,
    store: Store,
    sought: Sought,
    ranges: Sequence[tuple[Source, Sequence[LedgerEntry]]],
    state: Search,
    goes_on: GoesOn,
) -> int | None:
    """How many customers had a failure around the moment; None where that is too much to read, or nothing says whose
    lines they are."""
    first, end = impact.around(sought.moment, sought.now_minute)
    place = state.place
    touched = [(source, [one for one in entries if _touches(one, first, end)]) for source, entries in ranges]
    size = sum(entry.end - entry.start for _, entries in touched for entry in entries)
    if place is None or place.kind == "text" or size > OTHERS_BYTES_MAX:
        return None
    customers: set[str] = set()
    for source, entries in touched:
        reader = Reader(site, store, source, sought.watched)
        for entry in entries:
            for piece, made_of, reading in reader.pieces(entry):
                if not goes_on(state):
                    return None
                task = Task(Chunk(None, 0, len(piece), piece), reading, made_of.fields)
                for one, _, good in reader.judged(engines.trace(task, first, end), made_of):
                    if _fails(sought, good):
                        whose = places.value_at(one.line, place)
                        if whose is not None:
                            customers.add(whose)
    return len(customers) if customers else None


def _fails(sought: Sought, good: tuple[bool | None, ...]) -> bool:
    pairs = zip(sought.watched, good, strict=True)
    return any(is_good is False and watched.concern == "failing" for watched, is_good in pairs)


def _touches(entry: LedgerEntry, first: int, end: int) -> bool:
    return (
        entry.first_minute is not None
        and entry.last_minute is not None
        and entry.first_minute < end
        and entry.last_minute >= first
    )
