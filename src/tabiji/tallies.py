"""Sums of each series, and which series each objective selects → one sum per objective and segment.

Sum first, choose after: the database has added up every series once per segment; ten thousand objectives are
then sums over a few of these numbers, and need no database at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tabiji.counting import Integers

BLOCK = 4096  # selections unpacked at a time, so that memory is bounded by 8 · BLOCK · series bytes


def tally(selected: Sequence[int], events: Integers) -> Integers:
    """Adds up, for each selection, the events of its series in each segment.

    `selected` are bit sets: bit i stands for the series at index i of `events[segments, series]`. The result
    is `[len(selected), segments]`, exact in 64-bit integers. A bit beyond the last series, or a negative set,
    is a ValueError.
    """
    segments, series = events.shape
    result = np.zeros((len(selected), segments), dtype=np.int64)
    if not series:
        if any(selected):
            raise ValueError("a selection names series, and there are none")
        return result
    by_series = np.ascontiguousarray(events.T)
    for start in range(0, len(selected), BLOCK):
        block = selected[start : start + BLOCK]
        result[start : start + len(block)] = unpacked(block, series) @ by_series
    return result


def unpacked(selected: Sequence[int], series: int) -> npt.NDArray[np.int64]:
    """Bit sets → a matrix of 0 and 1, `[len(selected), series]`."""
    length = (series + 7) // 8
    try:
        packed = b"".join([bits.to_bytes(length, "little") for bits in selected])
    except OverflowError:
        raise ValueError(f"a selection is negative, or goes beyond the {series} series") from None
    rows = np.frombuffer(packed, dtype=np.uint8).reshape(len(selected), length)
    unpacked = np.unpackbits(rows, axis=1, bitorder="little")
    if unpacked[:, series:].any():
        raise ValueError(f"a selection goes beyond the {series} series")
    return unpacked[:, :series].astype(np.int64)
