"""Sources → rollups: what is new in the files is counted side by side and committed piece by piece."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tabiji import engines, logs, sources
from tabiji.counting import Account
from tabiji.definitions import Source
from tabiji.engines import Counted
from tabiji.errors import OutsideError, reason
from tabiji.language import _
from tabiji.logs import Reading
from tabiji.runs import committing
from tabiji.runs.classifying import Classifier, Expressions, Sorted
from tabiji.runs.committing import Made
from tabiji.sources import CompressionError, Moved, Piece, Problem, Seen
from tabiji.store import Lease, LogFile, Store

AHEAD = 8  # pieces for each worker, at most, that are counted before the first of them is committed
ROUNDS_MAX = 5  # of looking again, where files are moved while they are read


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
    moved: dict[str, None] = field(
        default_factory=dict
    )  # paths where another file took a file's place, this round


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
    followed: bool = False,
    lease: Lease | None = None,
    unchanged: Collection[Path] = (),
) -> Outcome:
    """Counts all that is new in a source, once. `paths` are read instead of the source's own where given.

    Of sources that are `followed`, the ledger has longer entries than one for each time. Files that are `unchanged`
    since they were counted are not opened.

    `now` is in seconds since the epoch. Pieces are counted by the executor, in this process without one, and are
    committed in the order of the files. Files that can't be read are `problems`; all others are counted.
    Raises StoreError, StaleOffset where somebody else counts the same source, StaleLease where another process has
    taken its `lease` over, UsageError where no format fits.
    """
    progress = _Progress()
    classifier = committing.classifier(source, store)
    readings = _Readings(source, progress)
    count = _counting(executor)
    for _again in range(ROUNDS_MAX):
        progress.moved.clear()
        commits = _Commits(store, classifier, now, progress, advance, reached, followed, lease)
        waiting: deque[tuple[Piece, Expressions, Future[Counted] | Counted]] = deque()
        for piece in _pieces(source, paths, store.files(source.name), now, progress, unchanged):
            made = readings.of(piece)
            if made is None:
                commits.leave(piece)
                continue
            counted = count(piece, made)
            if piece.content:
                piece = replace(piece, content=b"")  # the worker has it
            waiting.append((piece, made[0], counted))
            while _is_enough(waiting, workers):
                commits.add(*waiting.popleft())
        while waiting:
            commits.add(*waiting.popleft())
        if not progress.moved:
            break
        unchanged = ()
    progress.problems += [
        Problem(path, _("was moved again and again; run this again")) for path in progress.moved
    ]
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


def _is_enough(waiting: Collection[tuple[Piece, object, object]], workers: int) -> bool:
    """Whether so much is being counted that it is time to commit. Of small pieces many go ahead, for a commit
    of sparse minutes takes as long as counting them, and no worker should wait for it."""
    if len(waiting) <= workers:
        return False
    ahead = sum(piece.end - piece.start for piece, *_ in waiting)
    return len(waiting) > AHEAD * workers or ahead > workers * sources.PIECE_BYTES


def _pieces(
    source: Source,
    paths: Sequence[str] | None,
    known: list[LogFile],
    now: int,
    progress: _Progress,
    unchanged: Collection[Path],
) -> Iterator[Piece]:
    """The new pieces of all files; `known` is kept up to date, so that a twin read in the same run is recognised."""
    recorded = {file.number: file for file in known}
    matched = sources.matching(paths or source.paths)
    standing = sources.places(matched)
    known[:] = sources.relocated(known, standing)
    for path in matched:
        if path in unchanged:
            continue
        with _problems(str(path), progress):
            seen = sources.identified(source.name, path, known, now)
            if seen is not None:
                yield from _new(seen, known, recorded, now, progress)
    for seen in sources.left_behind(known, standing, now) if paths is None else ():
        with _problems(seen.path, progress):
            yield from _new(seen, known, recorded, now, progress)


@contextmanager
def _problems(path: str, progress: _Progress) -> Iterator[None]:
    """Notes why a file can't be read, or not to its end; the others still are."""
    try:
        yield
    except Moved:
        progress.moved[path] = None
    except (OSError, CompressionError) as error:
        problem = Problem(path, reason(error) if isinstance(error, OSError) else str(error))
        if problem not in progress.problems:
            progress.problems.append(problem)


def _new(
    seen: Seen, known: list[LogFile], recorded: dict[int | None, LogFile], now: int, progress: _Progress
) -> Iterator[Piece]:
    """What there is to be committed of a file: its new place, if it has one, and its new lines."""
    if seen.file.number is None:
        # Below zero until its first commit gives it a number.
        seen = replace(seen, file=replace(seen.file, number=-1 - len(known)))
    _remember(known, seen.file)
    for piece in _with_place(seen, recorded, now):
        before = recorded.get(piece.file.number)
        progress.truncations += piece.file.truncations - (before.truncations if before else 0)
        recorded[piece.file.number] = piece.file
        _remember(known, piece.file)
        yield piece


def _with_place(seen: Seen, recorded: dict[int | None, LogFile], now: int) -> Iterator[Piece]:
    before = recorded.get(seen.file.number)
    if before is None and seen.file.offset:
        yield sources.nothing(seen, 0)
    elif before is not None and _place(before) != _place(seen.file):
        yield sources.nothing(seen, before.offset)
    yield from sources.pieces(seen, now)


def _place(file: LogFile) -> tuple[object, ...]:
    return file.path, file.device, file.inode, file.generation, file.compression


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
        self._by_path: dict[str, Made | None] = {}

    def of(self, piece: Piece) -> Made | None:
        is_defined = self._source.format is not None
        key = "" if is_defined else f"{piece.file.device} {piece.file.inode} {piece.path}"
        if key not in self._by_path:
            reading = committing.defined(self._source) if is_defined else self._recognised(piece.path)
            self._by_path[key] = committing.made(self._source, reading) if reading is not None else None
            self._progress.notes |= dict.fromkeys(reading.notes if reading is not None else ())
        return self._by_path[key]

    def _recognised(self, path: str) -> Reading | None:
        recognised = logs.recognised(sources.first_lines(Path(path)))
        if recognised is None:
            message = _(
                "its format is not recognised; say `format:` (and `log_format:` or `fields:`) in tabiji.yaml"
            )
            self._progress.problems.append(Problem(path, message))
            return None
        self._progress.recognised[recognised.format, recognised.why] = None
        return committing.as_recognised(self._source, recognised)


def _counting(executor: Executor | None) -> Callable[[Piece, Made], Future[Counted] | Counted]:
    def count(piece: Piece, made: Made) -> Future[Counted] | Counted:
        task = committing.task(piece, made)
        if task is None:
            return committing.uncounted(piece)
        if executor is not None:
            return executor.submit(engines.count, task)
        try:
            return engines.count(task)
        except OSError as error:
            failed: Future[Counted] = Future()
            failed.set_exception(error)
            return failed

    return count


class _Commits:
    """The commits of a round, in the order of the pieces."""

    def __init__(
        self,
        store: Store,
        classifier: Classifier,
        now: int,
        progress: _Progress,
        advance: Advance | None,
        reached: Callable[[str], None] | None,
        followed: bool,
        lease: Lease | None,
    ) -> None:
        self._followed = followed
        self._lease = lease
        self._store = store
        self._classifier = classifier
        self._now = now
        self._progress = progress
        self._advance = advance
        self._reached = reached
        self._numbers: dict[
            int, int
        ] = {}  # of files met for the first time: those given here → those of the store
        self._left: set[int | None] = set()  # files whose pieces can't be committed any more in this round

    def leave(self, piece: Piece) -> None:
        """Commits nothing more of a piece's file in this round: what follows would not follow what is stored."""
        self._left.add(piece.file.number)

    def add(self, piece: Piece, made_of: Expressions, result: Future[Counted] | Counted) -> None:
        """Commits a counted piece, unless another file had taken its place when it was read."""
        try:
            counted = result.result() if isinstance(result, Future) else result
        except OSError:
            counted = None
        except BrokenExecutor:
            message = _(
                "a process that counts was killed; is there enough memory? Nothing is lost: run this again, "
                "perhaps with fewer `--workers`"
            )
            raise OutsideError(message) from None
        if piece.file.number in self._left:
            return
        if counted is None:
            self._progress.moved[piece.path] = None
            self.leave(piece)
            return
        self._commit(piece, self._classifier.sort(counted, made_of), counted)

    def _commit(self, piece: Piece, by_series: Sorted, counted: Counted) -> None:
        progress, now = self._progress, self._now
        number = piece.file.number or 0
        file = replace(piece.file, last_seen=now, number=self._numbers.get(number) if number < 0 else number)
        batch = committing.batch(
            piece, file, by_series, counted, now, lengthens=self._followed, lease=self._lease
        )
        committed = self._store.commit(batch, self._reached) if self._reached else self._store.commit(batch)
        if number < 0:
            self._numbers[number] = committed.file.number or 0
        self._classifier.committed(by_series.series, committed.series, by_series.merges)
        progress.account = progress.account + by_series.account
        if by_series.account.read:
            progress.files.add(piece.file.path)
        progress.beyond_cap += by_series.beyond_cap
        if self._advance:
            self._advance(piece.file.path, piece.progress)
