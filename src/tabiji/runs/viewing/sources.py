"""Sources → how each does: how far it is, how fast it comes, where its lines went, what is wrong with its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from tabiji.alerts import Silence
from tabiji.counting import Account
from tabiji.definitions import Probe, Site, Source
from tabiji.runs.health import Health
from tabiji.store import LogFile, Store
from tabiji.store.checking import Rejected
from tabiji.windows import DAY

SAMPLES_MAX = 20
FILES_MAX = 200
RECENT_MINUTES = 10
WEEK = 7 * DAY
PROBED_MINUTES = DAY  # so far back the last answer of a probe is looked for
_END = 2**31  # minutes: beyond any event

State = Literal["problem", "unbalanced", "quiet", "waiting", "ahead", "fine"]
STATES: tuple[State, ...] = ("problem", "unbalanced", "quiet", "ahead", "waiting", "fine")


@dataclass(frozen=True, slots=True)
class Facts:
    """A source. `source` is None where it is not defined any more. Times are in minutes, but `committed_at`, which is
    in seconds, all since the epoch.

    `recent` and `day` are the events of the last 10 minutes and 24 hours. `in_rollups` are the events that the books
    must find there. `unnamed` have no operation, `beyond_cap` are counted as `other`. `longest_quiet` is the longest
    silence of the last 7 days, None where that is not known.
    """

    name: str
    source: Source | None
    account: Account
    in_rollups: int
    first_minute: int | None
    last_minute: int | None
    committed_at: int | None
    looked_at: float | None
    ahead: int
    recent: int
    day: int
    series: int
    beyond_cap: int
    unnamed: int
    files: int
    truncations: int
    problems: tuple[str, ...]
    silence: Silence | None
    longest_quiet: int | None

    @property
    def rejected(self) -> int:
        return sum(lines for _, lines in self.account.rejected)

    @property
    def balanced(self) -> bool:
        """Whether each line that was read is accounted for, and each that counts is in the rollups."""
        one = self.account
        explained = one.counted + self.rejected + one.filtered + one.duplicate
        return one.read == explained and one.counted == self.in_rollups

    @property
    def state(self) -> State:
        """What matters most."""
        if self.problems:
            return "problem"
        if not self.balanced:
            return "unbalanced"
        if self.silence is not None:
            return "quiet"
        if self.ahead:
            return "ahead"
        return "waiting" if not self.account.read else "fine"

    @property
    def rejected_share(self) -> Fraction | None:
        return Fraction(self.rejected, self.account.read) if self.account.read else None

    @property
    def unnamed_share(self) -> Fraction | None:
        return Fraction(self.unnamed, self.in_rollups) if self.in_rollups else None

    @property
    def beyond_share(self) -> Fraction | None:
        return Fraction(self.beyond_cap, self.in_rollups) if self.in_rollups else None


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file, how far it is counted, and how large it is now (None where another stands there, or none)."""

    file: LogFile
    bytes_now: int | None

    @property
    def left(self) -> int | None:
        """Bytes that are not counted yet; None for a compressed one, whose content may be of any length."""
        if self.bytes_now is None or self.file.compression is not None:
            return None
        return max(0, self.bytes_now - self.file.offset)


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe, and what it found last: when, status and error. None: nothing for a day."""

    probe: Probe
    minute: int | None
    status: int | None
    error: str | None
    bad: int
    total: int  # of the last 24 hours


@dataclass(frozen=True, slots=True)
class Detail:
    """A source in full."""

    facts: Facts
    files: tuple[FileSeen, ...]
    more_files: int
    samples: tuple[Rejected, ...] = field(repr=False)
    silences: tuple[Silence, ...]
    probes: tuple[Probed, ...]


def sources(site: Site, store: Store, health: Health, now: int) -> tuple[Facts, ...]:
    """All sources that are defined, and those of which something was counted; what is wrong comes first."""
    stored, accounts = store.series(), store.accounts()
    names = [source.name for source in site.sources]
    every = [*names, *sorted({*accounts, *(one.source for one in stored.values())} - {*names})]
    return tuple(_facts(site, store, health, now, every))


def _facts(site: Site, store: Store, health: Health, now: int, names: Sequence[str]) -> list[Facts]:
    stored, accounts, vitals = store.series(), store.accounts(), store.vitals.sources()
    minute = now // 60
    news, ahead = store.judging().sources, store.vitals.ahead(minute)
    numbers = tuple(stored)
    cuts = [0, minute - DAY, minute - RECENT_MINUTES, minute + 1, _END]
    sums = store.sums(cuts, numbers).events if numbers else None
    open_silences = {one.source: one for one in store.silences(only_open=True)}
    seen = {one.name: one for one in health.sources}
    defined = {source.name: source for source in site.sources}
    found = []
    for name in names:
        mine = [place for place, number in enumerate(numbers) if stored[number].source == name]
        parts = [0, 0, 0, 0] if sums is None else sums[:, mine].sum(axis=1).tolist()
        whole = [0] * len(mine) if sums is None else sums[:, mine].sum(axis=0).tolist()
        by_series = list(zip((stored[numbers[place]] for place in mine), whole, strict=True))
        last = news[name].last_minute if name in news else None
        hours = store.quiet_hours(name, minute - WEEK, minute)
        found.append(
            Facts(
                name=name,
                source=defined.get(name),
                account=accounts.get(name, Account()),
                in_rollups=sum(parts),
                first_minute=news[name].first_minute if name in news else None,
                last_minute=last,
                committed_at=vitals[name].committed_at if name in vitals else None,
                looked_at=seen[name].looked_at if name in seen else None,
                ahead=ahead.get(name, 0),
                recent=parts[2],
                day=parts[1] + parts[2],
                series=len(mine),
                beyond_cap=sum(events for one, events in by_series if one.is_other),
                unnamed=sum(events for one, events in by_series if one.operation is None),
                files=vitals[name].files if name in vitals else 0,
                truncations=vitals[name].truncations if name in vitals else 0,
                problems=seen[name].problems if name in seen else (),
                silence=open_silences.get(name),
                longest_quiet=max((one.quiet_minutes for one in hours.values()), default=None),
            )
        )
    return found


def detail(site: Site, store: Store, health: Health, now: int, name: str) -> Detail | None:
    """A source with its files, rejected lines, silences and probes; None where there is no such source."""
    files = store.files(name)
    if not files and all(source.name != name for source in site.sources):
        return None
    (facts,) = _facts(site, store, health, now, [name])
    files.sort(key=lambda one: (-one.last_seen, one.path))
    minute = now // 60
    silences = store.silences([name], minute - 4 * WEEK)
    return Detail(
        facts,
        tuple(FileSeen(one, _bytes(one)) for one in files[:FILES_MAX]),
        max(0, len(files) - FILES_MAX),
        tuple(store.vitals.rejected(name, SAMPLES_MAX)),
        tuple(sorted(silences, key=lambda one: -one.opened_minute)),
        tuple(_probed(store, name, facts.source.probes if facts.source else (), minute)),
    )


def _bytes(file: LogFile) -> int | None:
    """How large a file is now."""
    try:
        status = Path(file.path).stat()
    except OSError:
        return None
    return status.st_size if (status.st_dev, status.st_ino) == (file.device, file.inode) else None


def _probed(store: Store, source: str, probes: Sequence[Probe], minute: int) -> list[Probed]:
    if not probes:
        return []
    stored = store.series(source)
    last: dict[str | None, tuple[int, int]] = {}  # minute and series, by the probe's name
    for page in store.rows(
        "minute", minute - PROBED_MINUTES, minute + 1, tuple(stored), latencies=False, durations=False
    ):
        for at, number in zip(page.minute.tolist(), page.series.tolist(), strict=True):
            last[stored[number].operation] = max(last.get(stored[number].operation, (0, 0)), (at, number))
    sums = store.sums([minute - DAY, minute + 1], tuple(stored)).events[0].tolist() if stored else []
    found = []
    for probe in probes:
        mine = [
            (one, events)
            for one, events in zip(stored.values(), sums, strict=True)
            if one.operation == probe.name
        ]
        at, number = last.get(probe.name, (None, None))
        of = stored[number] if number is not None else None
        found.append(
            Probed(
                probe,
                at,
                of.status if of else None,
                of.error if of else None,
                sum(events for one, events in mine if one.error is not None),
                sum(events for _, events in mine),
            )
        )
    return found
