"""Sources → rollups: what is new in the files is counted side by side and committed piece by piece."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from tabiji import engines, logs, sources
from tabiji.counting import Account
from tabiji.definitions import Source
from tabiji.engines import Chunk, Counted, Task
from tabiji.errors import UsageError
from tabiji.logs import Reading
from tabiji.routes import RouteError
from tabiji.runs.classifying import Classifier, ExpressionError, Expressions, declared_routes, expressions
from tabiji.sources import CompressionError, Piece, Problem
from tabiji.store import Batch, LogFile, Sample, Store

ALONE_BYTES = 8 << 20  # below this, starting a pool takes longer than counting


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one source gave in a run."""

    source: str
    account: Account
    files: int  # that held something new
    recognised: tuple[tuple[str, str], ...] = ()  # (format, why), where the definitions name no format
    notes: tuple[str, ...] = ()  # what a person should know
    problems: tuple[Problem, ...] = ()
    beyond_cap: int = 0
    truncations: int = 0


@dataclass
class _Progress:
    """What a run has added up so far."""

    account: Account = field(default_factory=Account)
    files: set[str] = field(default_factory=set)
    recognised: dict[tuple[str, str], None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    beyond_cap: int = 0
    truncations: int = 0


Advance = Callable[[str, int], None]  # path, bytes of it that are done


def bytes_ahead(source: Source, store: Store, paths: Sequence[str], now: int) -> int:
    """How many bytes on disk are about to be read: what a progress bar needs."""
    known = store.files(source.name)
    total = 0
    for path in sources.matching(paths):
        try:
            seen = sources.identified(source.name, path, known, now)
        except OSError:
            continue
        if seen and not seen.finished:
            total += seen.size - (0 if seen.file.compression else seen.file.offset)
    return total


def ingest(
    source: Source,
    store: Store,
    *,
    now: int,
    workers: int,
    executor: Executor | None = None,
    paths: Sequence[str] | None = None,
    advance: Advance | None = None,
    reached: Callable[[str], None] | None = None,
) -> Outcome:
    """Counts all that is new in a source, once. `paths` are read instead of the source's own where given.

    `now` is in seconds since the epoch. Pieces are counted by the executor, in this process without one, and are
    committed in the order of the files. Files that can't be read are `problems`; all others are counted.
    Raises StoreError, StaleOffset where somebody else counts the same source, UsageError where no format fits.
    """
    known = store.files(source.name)
    progress = _Progress()
    numbers: dict[int, int] = {}  # of files met for the first time: those given here → those of the database
    try:
        declared = declared_routes(source)
    except (OSError, RouteError) as error:
        raise UsageError(f"source `{source.name}`: its routes can't be read: {error}") from None
    classifier = Classifier(source, declared, store.series(source.name), store.marks(source.name))
    readings = _Readings(source, progress)
    waiting: deque[tuple[Piece, Expressions, str, Future[Counted] | Counted]] = deque()
    for piece in _pieces(source, paths or source.paths, known, now, progress):
        reading = readings.of(piece.file)
        if reading is None:
            continue
        made_of, how = reading
        chunk = Chunk(
            None if piece.content is not None else piece.file.path, piece.start, piece.end, piece.content
        )
        counted: Future[Counted] | Counted
        if piece.rejected:
            counted = _one_rejected(piece)
        elif executor is None:
            counted = engines.count(Task(chunk, how, made_of.fields))
        else:
            counted = executor.submit(engines.count, Task(chunk, how, made_of.fields))
        waiting.append((piece, made_of, how.kind, counted))
        while len(waiting) > workers:
            _commit(store, classifier, *waiting.popleft(), now, numbers, progress, advance, reached)
    while waiting:
        _commit(store, classifier, *waiting.popleft(), now, numbers, progress, advance, reached)
    return Outcome(
        source.name,
        progress.account,
        len(progress.files),
        tuple(progress.recognised),
        tuple(progress.notes),
        tuple(progress.problems),
        progress.beyond_cap,
        progress.truncations,
    )


def _pieces(
    source: Source, paths: Sequence[str], known: list[LogFile], now: int, progress: _Progress
) -> Iterator[Piece]:
    """The new pieces of all files; `known` is kept up to date, so that a twin read in the same run is recognised."""
    for path in sources.matching(paths):
        try:
            seen = sources.identified(source.name, path, known, now)
            if seen is None:
                continue
            if seen.file.number is None:
                # Below zero until its first commit gives it a number.
                seen = replace(seen, file=replace(seen.file, number=-1 - len(known)))
                progress.truncations += seen.file.truncations > 0
            _remember(known, seen.file)
            for piece in sources.pieces(seen, now):
                _remember(known, piece.file)
                yield piece
        except (OSError, CompressionError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            progress.problems.append(Problem(str(path), reason))


def _remember(known: list[LogFile], file: LogFile) -> None:
    for at, other in enumerate(known):
        if other.number == file.number:
            known[at] = file
            return
    known.append(file)


class _Readings:
    """How each file of a source is read: as the definitions say, or as its first lines look."""

    def __init__(self, source: Source, progress: _Progress) -> None:
        self._source = source
        self._progress = progress
        self._by_path: dict[str, tuple[Expressions, Reading] | None] = {}

    def of(self, file: LogFile) -> tuple[Expressions, Reading] | None:
        if self._source.format is not None:
            return self._made("", self._defined())
        if file.path not in self._by_path:
            self._by_path[file.path] = self._made(file.path, self._recognised(file))
        return self._by_path[file.path]

    def _defined(self) -> Reading | None:
        source = self._source
        if "" in self._by_path or source.format is None:
            return None
        fields = dict(source.fields) if source.fields else None
        return logs.reading(
            source.format, log_format=source.log_format, fields=fields, latency=source.latency
        )

    def _recognised(self, file: LogFile) -> Reading | None:
        recognised = logs.recognised(sources.first_lines(Path(file.path)))
        if recognised is None:
            message = (
                "its format is not recognised; say `format:` (and `log_format:` or `fields:`) in tabiji.yaml"
            )
            self._progress.problems.append(Problem(file.path, message))
            return None
        self._progress.recognised[recognised.format, recognised.why] = None
        fields = dict(recognised.fields) if recognised.fields else None
        return logs.reading(
            recognised.format, log_format=recognised.log_format, fields=fields, latency=self._source.latency
        )

    def _made(self, key: str, reading: Reading | None) -> tuple[Expressions, Reading] | None:
        if key in self._by_path:
            return self._by_path[key]
        made = None
        if reading is not None:
            try:
                made = expressions(self._source, reading), reading
            except ExpressionError as error:
                raise UsageError(f"source `{self._source.name}`: {error}") from None
            self._progress.notes |= dict.fromkeys(reading.notes)
        self._by_path[key] = made
        return made


def _one_rejected(piece: Piece) -> Counted:
    """A line that is not even looked at: longer than a piece, or the rest of one already counted."""
    empty = engines.count(Task(Chunk(None, 0, 0, b""), NO_READING, ()))
    return replace(empty, account=Account(read=1, rejected=((piece.rejected or "", 1),)))


NO_READING = Reading(format="none", shape="json", columns=(), time_us="NULL")


def _commit(
    store: Store,
    classifier: Classifier,
    piece: Piece,
    made_of: Expressions,
    kind: str,
    counted: Future[Counted] | Counted,
    now: int,
    numbers: dict[int, int],
    progress: _Progress,
    advance: Advance | None,
    reached: Callable[[str], None] | None,
) -> None:
    if isinstance(counted, Future):
        counted = counted.result()
    sorted_ = classifier.sort(counted, made_of, kind)
    minutes = sorted_.cells.minute
    number = piece.file.number or 0
    file = replace(piece.file, last_seen=now, number=numbers.get(number) if number < 0 else number)
    batch = Batch(
        source=classifier.source.name,
        file=file,
        offset_before=piece.offset_before,
        start=piece.start,
        end=piece.end,
        account=sorted_.account,
        first_minute=int(minutes.min()) if len(minutes) else None,
        last_minute=int(minutes.max()) if len(minutes) else None,
        series=sorted_.series,
        cells=sorted_.cells,
        merges=sorted_.merges,
        marks=sorted_.marks,
        samples=tuple(Sample(s.reason, piece.start + s.offset, s.line) for s in counted.samples),
        now=now,
    )
    committed = store.commit(batch, reached) if reached else store.commit(batch)
    if number < 0:
        numbers[number] = committed.file.number or 0
    classifier.committed(sorted_.series, committed.series, sorted_.merges)
    progress.account = added(progress.account, sorted_.account)
    if sorted_.account.read:
        progress.files.add(piece.file.path)
    progress.beyond_cap += sorted_.beyond_cap
    if advance:
        advance(piece.file.path, piece.progress)


def added(first: Account, second: Account) -> Account:
    """Two accounts as one."""
    rejected = Counter(dict(first.rejected))
    rejected.update(dict(second.rejected))
    return Account(
        first.read + second.read,
        first.counted + second.counted,
        tuple(sorted(rejected.items())),
        first.filtered + second.filtered,
        first.duplicate + second.duplicate,
    )
