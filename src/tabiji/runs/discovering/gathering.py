"""Counted pieces of one source → its operations. Holds sums by series: memory does not grow with the files."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tabiji import logs
from tabiji.counting import Account, Series
from tabiji.definitions import Source
from tabiji.definitions.sites import SERIES_MAX
from tabiji.discovery import Found, Operation, Outcome, Rejected, merged
from tabiji.engines import Chunk, Counted, Task
from tabiji.errors import UsageError
from tabiji.language import N_, _
from tabiji.logs import Reading
from tabiji.routes import NO_PATH, path_of
from tabiji.runs.classifying import Classifier, Expressions, expressions
from tabiji.runs.discovering.recognising import Read, Run, told
from tabiji.sources import Piece

SUMMED_MAX = 20_000  # series; ten times what `ingest` keeps by default: here they are summed up, not stored
EXAMPLES_MAX = 3  # paths shown for an operation
EXAMPLES_BYTES = 1 << 18  # of each piece, looked at for examples
REJECTED_MAX = 3  # lines shown for a reason

ELAPSED = N_("latency is that of the last attempt, for the lines do not say when a job was enqueued")
GRAPHQL = N_("GraphQL requests can't be told apart: log the operation's name, for example as a header")

_EXAMPLE = "example"


@dataclass(slots=True)
class Gathering:
    """What one source has added up to so far."""

    source: Source
    reading: Reading
    made_of: Expressions
    classifier: Classifier
    reads: list[Read] = field(default_factory=list)
    account: Account = field(default_factory=Account)
    numbers: dict[Series, int] = field(default_factory=dict)
    series: list[Series] = field(
        default_factory=list
    )  # by number, with those that have become part of others
    histograms: dict[int, dict[int, int]] = field(default_factory=dict)  # by series; bucket -1: no duration
    examples: dict[int, dict[str, None]] = field(default_factory=dict)  # by series
    rejected: list[Rejected] = field(default_factory=list)
    first_minute: int | None = None
    last_minute: int | None = None

    @classmethod
    def of(cls, name: str, read: Read) -> Gathering:
        how = read.how
        fields = dict(how.fields) if how.fields is not None else None
        try:
            reading = logs.reading(how.format, log_format=how.log_format, fields=fields, latency=how.latency)
        except logs.LogFormatError as error:
            shown = f"\n    {how.log_format}\n    {' ' * (error.column - 1)}^" if how.log_format else ""
            raise UsageError(f"{how.format}: {error.message}{shown}") from None
        operation, error_text = told(reading)
        source = Source(
            name=name,
            format=how.format,
            paths=(),
            log_format=how.log_format,
            fields=how.fields,
            operation=operation,
            error=error_text,
            latency="elapsed" if how.latency == "elapsed" else None,
            series_max=SUMMED_MAX,
        )
        return cls(source, reading, expressions(source, reading), Classifier(source, None, {}, ()))

    def count(self, piece: Piece, run: Run) -> Counted | Future[Counted] | None:
        """Begins to count a piece; None for a line that is not even looked at."""
        if piece.rejected:
            return None
        chunk = Chunk(
            None if piece.content is not None else piece.path, piece.start, piece.end, piece.content
        )
        return run(Task(chunk, self.reading, self.made_of.fields))

    def look(self, piece: Piece, run: Run) -> Counted | Future[Counted] | None:
        """Begins to look at the first lines of a piece with their paths as they are."""
        if piece.rejected or self.reading.target is None:
            return None
        if piece.content is not None:
            head = piece.content[:EXAMPLES_BYTES]
        else:
            with Path(piece.path).open("rb") as file:
                file.seek(piece.start)
                head = file.read(min(EXAMPLES_BYTES, piece.end - piece.start))
        head = head[: head.rfind(b"\n") + 1]
        if not head:
            return None
        reading = replace(self.reading, fields=(*self.reading.fields, (_EXAMPLE, self.reading.target)))
        return run(Task(Chunk(None, 0, 0, head), reading, (*self.made_of.fields, _EXAMPLE)))

    def add(self, piece: Piece, counted: Counted) -> None:
        """Adds a counted piece."""
        sorted_ = self.classifier.sort(counted, self.made_of)
        for number, wider in sorted_.merges.items():
            self._fold(number, self._number(wider))
        numbers = [self._number(series) for series in sorted_.series]
        every = [*sorted_.series, *sorted_.merges.values()]
        self.classifier.committed(every, map(self._number, every), sorted_.merges)
        cells = sorted_.cells
        if len(cells.minute):
            first, last = int(cells.minute.min()), int(cells.minute.max())
            self.first_minute = first if self.first_minute is None else min(self.first_minute, first)
            self.last_minute = last if self.last_minute is None else max(self.last_minute, last)
        distinct, where = np.unique(cells.series * 1024 + cells.bucket + 1, return_inverse=True)
        sums = np.zeros(len(distinct), dtype=np.int64)
        np.add.at(sums, where, cells.events)
        for key, events in zip(distinct.tolist(), sums.tolist(), strict=True):
            histogram = self.histograms.setdefault(numbers[key >> 10], {})
            bucket = (key & 1023) - 1
            histogram[bucket] = histogram.get(bucket, 0) + events
        self.account = self.account + sorted_.account
        shown = Counter(one.reason for one in self.rejected)
        for sample in counted.samples:
            if shown[sample.reason] < REJECTED_MAX:
                shown[sample.reason] += 1
                offset = piece.start + sample.offset
                self.rejected.append(Rejected(sample.reason, piece.path, offset, sample.line))

    def add_rejected(self, reason: str) -> None:
        """Adds a line that was not even looked at."""
        self.account = self.account + Account(read=1, rejected=((reason, 1),))

    def add_examples(self, looked: Counted) -> None:
        """Takes note of paths as they are."""
        for *key, target in looked.keys:
            path = path_of(target) if isinstance(target, str) else NO_PATH
            series = self.classifier.series_of(tuple(key), self.made_of)
            if path == NO_PATH or series not in self.numbers:
                continue
            some = self.examples.setdefault(self.numbers[series], {})
            if len(some) < EXAMPLES_MAX:
                some[path] = None

    def found(self) -> Found:
        """What the source holds, with its operations by how much they are used."""
        paths = tuple(read.path for read in self.reads)
        return Found(
            source=replace(self.source, paths=paths, series_max=SERIES_MAX),
            kind=self.reading.kind,
            why=self.reads[0].why,
            fit=min(read.fit for read in self.reads),
            account=self.account,
            rejected=tuple(self.rejected),
            first_minute=self.first_minute,
            last_minute=self.last_minute,
            operations=self._operations(),
            notes=self._notes(),
            series=len(self.numbers),
        )

    def _notes(self) -> tuple[str, ...]:
        """What a person should know about how the source is read."""
        if self.reading.format == "sidekiq":
            return (_(ELAPSED),) if self.source.latency == "elapsed" else ()
        notes = [*self.reading.notes, *self.reads[0].notes]
        if self.source.operation is None and any(
            (one.route or "").endswith("/graphql") for one in self.numbers
        ):
            notes.append(_(GRAPHQL))
        return tuple(notes)

    def _operations(self) -> tuple[Operation, ...]:
        by_operation: defaultdict[tuple[str, str | None], list[tuple[Series, int]]] = defaultdict(list)
        for series, number in self.numbers.items():
            if number in self.histograms:
                by_operation[series.kind, series.operation].append((series, number))
        operations = [self._operation(*key, some) for key, some in by_operation.items()]
        return tuple(sorted(operations, key=lambda one: (-one.events, one.name or "")))

    def _operation(self, kind: str, name: str | None, some: list[tuple[Series, int]]) -> Operation:
        by_outcome: defaultdict[tuple[int | None, str | None], list[int]] = defaultdict(list)
        examples: dict[str, None] = {}
        for series, number in some:
            by_outcome[series.status, series.error].append(number)
            examples |= self.examples.get(number, {})
        outcomes = []
        for (status, error), numbers in by_outcome.items():
            histogram = merged(self.histograms[number] for number in numbers)
            events = sum(histogram.values())
            histogram.pop(-1, None)
            outcomes.append(Outcome(status, error, events, histogram))
        outcomes.sort(key=lambda one: (-one.events, one.status or 0, one.error or ""))
        commonest = max(some, key=lambda one: (sum(self.histograms[one[1]].values()), str(one[0])))[0]
        return Operation(
            self.source.name,
            kind,
            name,
            commonest.method,
            commonest.route,
            tuple(outcomes),
            tuple(examples)[:EXAMPLES_MAX],
        )

    def _number(self, series: Series) -> int:
        if series not in self.numbers:
            self.numbers[series] = len(self.series)
            self.series.append(series)
        return self.numbers[series]

    def _fold(self, number: int, wider: int) -> None:
        """Adds a series whose route has become part of a wider one to that one."""
        self.histograms[wider] = merged([self.histograms.pop(number, {}), self.histograms.get(wider, {})])
        paths = [*self.examples.get(wider, {}), *self.examples.pop(number, {})]
        self.examples[wider] = dict.fromkeys(paths[:EXAMPLES_MAX])
        del self.numbers[self.series[number]]
