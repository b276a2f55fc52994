"""What goes into the store and what comes out of it: frozen values, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tabiji.counting import Account, Cells, Integers, Series
from tabiji.errors import StoreError
from tabiji.store.leases import Lease
from tabiji.store.rollups import Rows

COMMIT_POINTS = (
    "before-begin",
    "offset-advanced",
    "series-written",
    "rollups-written",
    "before-commit",
    "after-commit",
)


class StaleOffset(StoreError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """Someone else has counted these bytes: the batch was not written, and must be dropped."""


class KnownBatch(StoreError):  # noqa: N818 - likewise
    """A pushed batch is counted already: nothing was written; look again which ones are."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log file, and how far it has been counted. Times are whole seconds since the epoch.

    `number` is None until the file's first commit. `generation` tells apart files that had the same device
    and inode one after the other: 0 for the first that a source saw there, then 1 …; the caller sets it from
    the files it knows, so that two writers who meet the same new file contend for the same row. `offset`
    counts uncompressed bytes. `torn`: the last counted line had no newline. `compression` is None for plain
    files; `size` is the size on disk of a compressed file that was read to its end, else 0.
    """

    source: str
    path: str
    device: int
    inode: int
    generation: int = 0
    head_length: int = 0
    head_hash: str = ""
    tail_hash: str = ""
    offset: int = 0
    compression: str | None = None
    size: int = 0
    torn: bool = False
    truncations: int = 0
    first_seen: int = 0
    last_seen: int = 0
    number: int | None = None


class Sample(NamedTuple):
    """A rejected line: why, where (uncompressed bytes into the file), and its beginning."""

    reason: str
    offset: int
    line: str


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A counted range of a file, to be committed whole or not at all.

    `file` holds the new values (its `offset` is where counting goes on); `offset_before` is what the store
    must hold for the batch to be taken (0 for a new file). `start` and `end` are the range in uncompressed
    bytes; the minutes are those of its first and last counted event, both inclusive, None without any.
    `cells.series` are indexes into `series`. `merges` maps numbers of series to the series they become part
    of; `marks` are route marks learned. `now` is in seconds since the epoch. With `lengthens`, an entry of the
    ledger that ends where this range begins becomes longer, as long as it is short. It is taken only while the
    `lease`, if any, has not passed to another process. `received` are the ids of the pushed batches in it, none of
    which may have been counted before.
    """

    source: str
    file: LogFile
    offset_before: int
    start: int
    end: int
    account: Account
    first_minute: int | None
    last_minute: int | None
    series: tuple[Series, ...]
    cells: Cells
    now: int
    merges: Mapping[int, Series] = field(default_factory=dict)
    marks: Iterable[str] = ()
    samples: tuple[Sample, ...] = ()
    lengthens: bool = False
    received: tuple[str, ...] = ()
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit wrote: the file with its number, the numbers of the batch's series, rows of minutes."""

    file: LogFile
    series: tuple[int, ...]
    minute_rows: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A range of a file that is in the rollups: the way from a minute back to its lines."""

    number: int
    file: LogFile
    start: int
    end: int
    first_minute: int | None
    last_minute: int | None
    account: Account
    samples: tuple[Sample, ...]
    committed_at: int


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Events and durations of each series in each segment `[cuts[i], cuts[i + 1])`.

    Arrays are `[segment, index into series]`; durations in microseconds. `coarse`: some cut lay where its
    minutes are trimmed, and `cuts` are those used instead (see `segments.plan`); the sums are exact for them.
    """

    cuts: tuple[int, ...]
    series: tuple[int, ...]
    events: Integers
    duration_us: Integers
    coarse: bool


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Events at or below limits: `[limit, segment, index into series]`; cuts as in `Sums`."""

    cuts: tuple[int, ...]
    series: tuple[int, ...]
    events: Integers
    coarse: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One fact about the store, and what to do about it if it is not well. `hint` is empty when it is."""

    name: str
    value: str
    hint: str = ""


__all__ = [
    "COMMIT_POINTS",
    "Batch",
    "Check",
    "Committed",
    "KnownBatch",
    "LedgerEntry",
    "LogFile",
    "Rows",
    "Sample",
    "StaleOffset",
    "Sums",
    "Within",
]
