"""Log files that nobody has described → what is in them. No workspace, no database, bounded memory.

Files are counted as `ingest` would count them, and summed up by series instead of by series and minute.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path

from tabiji import engines, sources
from tabiji.discovery import Cut, Discovery, Unrecognised
from tabiji.engines import Counted, Task
from tabiji.errors import FileError, UsageError, reason
from tabiji.language import _
from tabiji.runs.discovering.gathering import Gathering
from tabiji.runs.discovering.placing import ROTATION, placed
from tabiji.runs.discovering.recognising import How, Read, Run, nearest, recognise, result
from tabiji.runs.ingesting import Advance
from tabiji.sources import CompressionError, Piece
from tabiji.store import LogFile

__all__ = ["How", "Read", "discover", "files", "placed", "recognise", "size", "with_nearest"]

# A half last line is read as it stands: the file may be all that there is.
_EVENTUALLY = 1 << 40

_NAMES = {"sidekiq": "jobs", "alb": "balancer"}  # of sources, by format; anything else is the web


def files(paths: Iterable[str]) -> list[Path]:
    """The files that paths and patterns name, each once. Raises UsageError for a folder, FileError for nothing."""
    found: dict[str, Path] = {}
    for written in paths:
        path = Path(written)
        if path.is_dir():
            message = _(
                "{path} is a folder; name the files in it, such as {example}",
                path=written,
                example=path / "*.log",
            )
            raise UsageError(message)
        some = [path] if path.exists() else [one for one in sources.matching([written]) if one.exists()]
        if not some:
            raise FileError(_("{path}: there is no such file", path=written))
        found |= {str(one): one for one in some}
    return list(found.values())


def size(paths: Iterable[Path]) -> int:
    """Bytes on disk, for a progress bar."""
    return sum(path.stat().st_size for path in paths if path.exists())


def with_nearest(one: Unrecognised, run: Run = engines.count) -> Unrecognised:
    """An unrecognised file with the formats that are nearest to it."""
    return replace(one, nearest=nearest(Path(one.path), run))


def discover(
    paths: Iterable[Path],
    *,
    workers: int,
    executor: Executor | None = None,
    advance: Advance | None = None,
    given: How | None = None,
) -> Discovery:
    """What is in some files. Those that are read alike are one source; where their formats are not known, they
    are recognised one by one, unless all are read as `given`.

    Chunks are counted by the executor, in this process without one. With an executor nothing is counted in this
    process, so that workers can be forked from it. Raises FileError for a file that can't be read, UsageError
    for a format that makes no sense.
    """
    unrecognised: list[Unrecognised] = []
    empty: list[str] = []
    readable: list[Read] = []
    paths = list(paths)
    for path, read in zip(paths, recognise(paths, given), strict=True):
        if read is None:
            empty.append(str(path))
        elif isinstance(read, Unrecognised):
            unrecognised.append(read)
        else:
            readable.append(read)
    gatherings: dict[How, Gathering] = {}
    for read, name in zip(readable, _named(readable), strict=True):
        if read.how not in gatherings:
            gatherings[read.how] = Gathering.of(name, read)
        gatherings[read.how].reads.append(read)
    cut: list[Cut] = []
    waiting: deque[_Waiting] = deque()
    run: Run = engines.count
    if executor is not None:
        submit = executor.submit

        def run(task: Task) -> Future[Counted]:
            return submit(engines.count, task)

    for read, piece in _pieces(readable, cut):
        gathering = gatherings[read.how]
        waiting.append(_Waiting(gathering, piece, gathering.count(piece, run), gathering.look(piece, run)))
        while len(waiting) > workers:
            waiting.popleft().take(advance)
    while waiting:
        waiting.popleft().take(advance)
    unfit = [with_nearest(one, run) for one in unrecognised]
    found = tuple(gathering.found() for gathering in gatherings.values())
    return Discovery(found, tuple(unfit), tuple(empty), tuple(cut))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A piece that is being counted."""

    gathering: Gathering
    piece: Piece
    counted: Counted | Future[Counted] | None
    looked: Counted | Future[Counted] | None

    def take(self, advance: Advance | None) -> None:
        if self.counted is None:
            self.gathering.add_rejected(self.piece.rejected or "")
        else:
            self.gathering.add(self.piece, result(self.counted))
        if self.looked is not None:
            self.gathering.add_examples(result(self.looked))
        if advance:
            advance(self.piece.path, self.piece.progress)


def _pieces(reads: Sequence[Read], cut: list[Cut]) -> Iterator[tuple[Read, Piece]]:
    """All pieces of all files; a file that is the copy or the compressed twin of one before it has none."""
    known: list[LogFile] = []
    for read in reads:
        try:
            seen = sources.identified("", Path(read.path), known, _EVENTUALLY)
            if seen is None:
                continue
            file = replace(seen.file, number=-1 - len(known))  # none is stored, but each is told apart
            for piece in sources.pieces(replace(seen, file=file), _EVENTUALLY):
                file = piece.file
                yield read, piece
            known.append(file)
        except OSError as error:
            raise FileError(f"{read.path}: {reason(error)}") from None
        except CompressionError as error:
            cut.append(Cut(read.path, str(error)))


def _named(reads: Sequence[Read]) -> list[str]:
    """A name for the source that each file belongs to: by its format, and where that is not enough, by its file."""
    names: dict[How, str] = {}
    for read in reads:
        if read.how in names:
            continue
        base = _NAMES.get(read.how.format, "web")
        stem = ROTATION.sub("", Path(read.path).name).partition(".")[0].lower()
        stem = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")
        candidates = [base, *([stem, f"{base}-{stem}"] if stem else [])]
        candidates += [f"{base}-{number}" for number in range(2, len(reads) + 2)]
        names[read.how] = next(name for name in candidates if name not in names.values())
    return [names[read.how] for read in reads]
