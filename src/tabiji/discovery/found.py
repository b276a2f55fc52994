"""What was found in log files, as plain values: sources, operations, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tabiji.counting import Account
from tabiji.definitions import Source


@dataclass(frozen=True, slots=True)
class Outcome:
    """Events of an operation that ended alike; `histogram` maps buckets to those that have a duration."""

    status: int | None
    error: str | None
    events: int
    histogram: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Operation:
    """What users (or schedules) asked for, and how it ended; the commonest outcome first.

    `examples` are paths as they stood in the lines, without their query strings.
    """

    source: str
    kind: str
    name: str | None
    method: str | None
    route: str | None
    outcomes: tuple[Outcome, ...]
    examples: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        return sum(outcome.events for outcome in self.outcomes)

    @property
    def histogram(self) -> dict[int, int]:
        """Of all events with a duration."""
        return merged(outcome.histogram for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not counted: why, where it stands, and its beginning."""

    reason: str
    path: str
    offset: int
    line: str


@dataclass(frozen=True, slots=True)
class Found:
    """One source: files that are read alike, and what they hold.

    `source` is its definition, with the files as they were named. `fit` is the share of the sampled lines that
    fit the format. The first and last minutes are since the epoch, None without events. `operations` come in
    the order of their events, the most used first.
    """

    source: Source
    kind: str
    why: str
    fit: float
    account: Account
    rejected: tuple[Rejected, ...]
    first_minute: int | None
    last_minute: int | None
    operations: tuple[Operation, ...]
    notes: tuple[str, ...] = ()
    series: int = 0

    @property
    def events(self) -> int:
        return sum(operation.events for operation in self.operations)


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A file that no format fits: the nearest formats with the share of lines that fit them, and its first line."""

    path: str
    nearest: tuple[tuple[str, float], ...]
    first_line: str
    keys: tuple[str, ...] = ()  # of its objects, where it is JSON
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A file that could be read only up to some point, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that is known about some files, before anybody has defined anything."""

    found: tuple[Found, ...]
    unrecognised: tuple[Unrecognised, ...] = ()
    empty: tuple[str, ...] = ()
    cut: tuple[Cut, ...] = ()

    @property
    def events(self) -> int:
        return sum(found.events for found in self.found)


def merged(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Histograms added up."""
    counts: dict[int, int] = {}
    for histogram in histograms:
        for bucket, events in histogram.items():
            counts[bucket] = counts.get(bucket, 0) + events
    return counts
