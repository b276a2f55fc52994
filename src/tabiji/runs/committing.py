"""A piece of lines → how it is read, and the batch that is committed; the same for files and for what is pushed."""

from __future__ import annotations

from dataclasses import replace

from tabiji import engines, logs
from tabiji.counting import Account
from tabiji.definitions import Source
from tabiji.engines import Chunk, Counted, Origin, Task
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.logs import Reading, Recognised
from tabiji.routes import RouteError
from tabiji.runs.classifying import (
    Classifier,
    ExpressionError,
    Expressions,
    Sorted,
    declared_routes,
    expressions,
)
from tabiji.sources import Piece
from tabiji.store import Batch, Lease, LogFile, Sample, Store

Made = tuple[Expressions, Reading]

NO_READING = Reading(format="none", shape="json", columns=(), time_us="NULL")


def defined(source: Source) -> Reading | None:
    """How the definitions say that lines are read; None where that is to be recognised."""
    if source.format is None:
        return None
    fields = dict(source.fields) if source.fields else None
    return logs.reading(source.format, log_format=source.log_format, fields=fields, latency=source.latency)


def as_recognised(source: Source, recognised: Recognised) -> Reading:
    """How lines of a recognised format are read."""
    fields = dict(recognised.fields) if recognised.fields else None
    return logs.reading(
        recognised.format, log_format=recognised.log_format, fields=fields, latency=source.latency
    )


def made(source: Source, reading: Reading) -> Made:
    """A reading with the source's expressions over it. Raises UsageError where these don't go together."""
    try:
        return expressions(source, reading), reading
    except ExpressionError as error:
        raise UsageError(_("source `{source}`: {error}", source=source.name, error=error)) from None


def classifier(source: Source, store: Store) -> Classifier:
    """What sorts the source's lines, as things stand in the store. Raises UsageError where its routes can't be read."""
    try:
        declared = declared_routes(source)
    except (OSError, RouteError) as error:
        message = _("source `{source}`: its routes can't be read: {error}", source=source.name, error=error)
        raise UsageError(message) from None
    return Classifier(source, declared, store.series(source.name), store.route_marks(source.name))


def task(piece: Piece, of: Made) -> Task | None:
    """What a worker is to count; None where nothing of the piece is even looked at."""
    if piece.rejected or piece.start == piece.end:
        return None
    expressions_made, reading = of
    return Task(_chunk(piece), reading, expressions_made.fields)


def uncounted(piece: Piece) -> Counted:
    """No line, or one that is not even looked at: longer than a piece, or the rest of one already counted."""
    empty = engines.count(Task(Chunk(None, 0, 0, b""), NO_READING, ()))
    return (
        replace(empty, account=Account(read=1, rejected=((piece.rejected, 1),))) if piece.rejected else empty
    )


def batch(
    piece: Piece,
    file: LogFile,
    by_series: Sorted,
    counted: Counted,
    now: int,
    *,
    lengthens: bool,
    lease: Lease | None = None,
    received: tuple[str, ...] = (),
) -> Batch:
    """What is committed of a counted piece, whose file is as `file` says once it is; `now` is in seconds."""
    minutes = by_series.cells.minute
    return Batch(
        source=file.source,
        file=file,
        offset_before=piece.offset_before,
        start=piece.start,
        end=piece.end,
        account=by_series.account,
        first_minute=int(minutes.min()) if len(minutes) else None,
        last_minute=int(minutes.max()) if len(minutes) else None,
        series=by_series.series,
        cells=by_series.cells,
        merges=by_series.merges,
        marks=by_series.marks,
        samples=tuple(Sample(s.reason, piece.start + s.offset, s.line) for s in counted.samples),
        now=now,
        lengthens=lengthens,
        lease=lease,
        received=received,
    )


def _chunk(piece: Piece) -> Chunk:
    if piece.content is not None:
        return Chunk(None, piece.start, piece.end, piece.content)
    origin = Origin(piece.file.device, piece.file.inode, piece.tail_length, piece.file.tail_hash)
    return Chunk(piece.path, piece.start, piece.end, origin=origin)
