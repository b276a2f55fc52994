"""A chunk in memory → what a query makes of all its lines; in parts, where it needs more memory than there is."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import duckdb

from tabiji.engines.cleaning import attempts
from tabiji.engines.memory import MemoryFile
from tabiji.engines.relations import REFUSED, Rows
from tabiji.engines.singly import singly
from tabiji.logs.reading import Reading

LINES_MAX = 1_000_000  # at once
PARTS = 4  # of what is too much

Result = TypeVar("Result")
Query = Callable[[Rows], tuple[Result, list[int]]]
"""From rows to a result, and the numbers of lines that are to be looked at by themselves.

Raises one of REFUSED where a line can't be read or a row is missing, TooMuchError where the result is too large."""


class TooMuchError(Exception):
    """A result that is too large to hold."""


@dataclass(slots=True)
class Rejected:
    """Lines that are not counted: how many by reason, and some by number, to be shown."""

    lines: Counter[str] = field(default_factory=Counter)
    examples: dict[int, str] = field(default_factory=dict)

    def add(self, reason: str, number: int, lines: int = 1) -> None:
        """Adds lines, the first of which has this number."""
        if self.lines[reason] < EXAMPLES_MAX:
            self.examples[number] = reason
        self.lines[reason] += lines


EXAMPLES_MAX = 3  # of each reason


@dataclass(frozen=True, slots=True)
class Part(Generic[Result]):
    """Some lines of a chunk: the number of the first one and its offset in the chunk, and what was made of them."""

    memory: MemoryFile
    number: int
    offset: int
    results: Sequence[Result] = ()
    rejected: Rejected = field(default_factory=Rejected)


def parts(
    reading: Reading, fields: Sequence[str], memory: MemoryFile, query: Query[Result]
) -> Iterator[Part[Result]]:
    """The parts of a chunk in order, most often a single one; each can be used until the next one is asked for."""
    waiting: list[tuple[MemoryFile, int, int]] = [(memory, 0, 0)]
    while waiting:
        held, number, offset = waiting.pop()
        try:
            if held.lines > LINES_MAX:
                raise TooMuchError
            results, rejected = _results(reading, fields, held, query)
            yield Part(held, number, offset, results, rejected)
        except (TooMuchError, duckdb.OutOfMemoryException):
            cuts = held.cuts(PARTS)
            if len(cuts) < 3:
                raise
            smaller = []
            for start, end in itertools.pairwise(cuts):
                part = _copied(held, start, end)
                smaller.append((part, number, offset + start))
                number += part.lines
            waiting += reversed(smaller)
        finally:
            if held is not memory:
                held.close()


def _copied(memory: MemoryFile, start: int, end: int) -> MemoryFile:
    part = MemoryFile()
    part.copy_from(memory.descriptor, start, end)
    part.done()
    return part


def _results(
    reading: Reading, fields: Sequence[str], memory: MemoryFile, query: Query[Result]
) -> tuple[list[Result], Rejected]:
    """What the query makes of the lines, first of most of them together, then of those that are left."""
    results: list[Result] = []
    rejected = Rejected()
    left: Sequence[int] = range(memory.lines)
    for attempt in attempts(reading, fields, memory) if memory.lines else ():
        try:
            result, odd = query(attempt.rows)
        except REFUSED:
            continue
        results.append(result)
        left = sorted([*attempt.aside, *odd])
        for number, lines in attempt.blank:
            rejected.add("blank", number, lines)
        break
    if left:
        rows_of_left = singly(reading, fields, memory, left, rejected.add)
        if rows_of_left:
            results.append(query(rows_of_left)[0])
    return results, rejected
