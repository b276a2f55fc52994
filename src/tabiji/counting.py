"""A chunk of lines → cells: what is counted, and the query that counts it. Built here, run by `engines`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


class Series(NamedTuple):
    """What events are counted under; the columns of expressions. `labels` are sorted by name."""

    source: str
    service: str | None
    kind: str
    operation: str | None
    method: str | None
    route: str | None
    status: int | None
    error: str | None
    host: str | None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums of a chunk at the finest grain; five arrays of one length, in no order, keys may repeat.

    `minute` is minutes since the epoch (UTC), `series` an index into a list of series kept beside the cells,
    `bucket` a bucket of `histograms` or -1 for events without a duration, `duration_us` the sum of their
    durations in microseconds.
    """

    minute: Integers
    series: Integers
    bucket: Integers
    events: Integers
    duration_us: Integers


@dataclass(frozen=True, slots=True)
class Account:
    """Where lines went: `read = counted + Σ rejected + filtered + duplicate`, always."""

    read: int = 0
    counted: int = 0
    rejected: tuple[tuple[str, int], ...] = ()  # (reason, lines), sorted
    filtered: int = 0
    duplicate: int = 0
