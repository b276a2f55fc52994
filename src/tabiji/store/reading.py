"""Files, ledger, series and rollups → values and arrays. Everything runs inside one reading transaction."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa

from tabiji.counting import Account, Integers, Series
from tabiji.histograms import BITS
from tabiji.store import rollups, schema, sqlite
from tabiji.store.facts import LedgerEntry, LogFile, Sample, Sums, Within
from tabiji.store.rollups import DAY, HOUR, Rows
from tabiji.store.segments import GRAINS, Kept, Plan, plan
from tabiji.store.writing import BULK, retention

COARSER = {1: DAY, HOUR: DAY}
FEW = 6  # on SQLite, fewer than one series of six are looked up, each by itself
PAGE = 50_000  # rows of rollups held in memory at a time
PAGE_OF_LATENCIES = 12_500  # whose histograms may have hundreds of buckets each


def files(connection: sa.Connection, source: str) -> list[LogFile]:
    query = sa.select(schema.files).where(schema.files.c.source == source).order_by(schema.files.c.id)
    return [_file(row) for row in connection.execute(query)]


def series(connection: sa.Connection, source: str | None) -> dict[int, Series]:
    query = sa.select(schema.series).order_by(schema.series.c.id)
    if source is not None:
        query = query.where(schema.series.c.source == source)
    return {
        row.id: Series(
            row.source,
            row.service,
            row.kind,
            row.operation,
            row.method,
            row.route,
            row.status,
            row.error,
            row.host,
            tuple(sorted(json.loads(row.labels).items())),
        )
        for row in connection.execute(query)
    }


def marks(connection: sa.Connection, source: str) -> tuple[str, ...]:
    columns = schema.route_marks.c
    query = sa.select(columns.mark).where(columns.source == source)
    return tuple(sorted(connection.execute(query).scalars()))


def accounts(connection: sa.Connection) -> dict[str, Account]:
    ledger = schema.ledger.c
    totals = connection.execute(
        sa.select(
            schema.files.c.source,
            *(
                sa.cast(sa.func.sum(column), schema.Number).label(column.name)
                for column in (
                    ledger.lines_read,
                    ledger.lines_counted,
                    ledger.lines_filtered,
                    ledger.lines_duplicate,
                )
            ),
        )
        .join_from(schema.ledger, schema.files)
        .group_by(schema.files.c.source)
    ).all()
    # rows with the same reasons and numbers are common (most: none), so this reads few
    rejected: dict[str, dict[str, int]] = {}
    for source, text, times in connection.execute(
        sa.select(schema.files.c.source, ledger.lines_rejected, sa.func.count())
        .join_from(schema.ledger, schema.files)
        .group_by(schema.files.c.source, ledger.lines_rejected)
    ):
        reasons = rejected.setdefault(source, {})
        for reason, lines in json.loads(text).items():
            reasons[reason] = reasons.get(reason, 0) + lines * times
    return {
        row.source: Account(
            row.lines_read,
            row.lines_counted,
            tuple(sorted(rejected[row.source].items())),
            row.lines_filtered,
            row.lines_duplicate,
        )
        for row in sorted(totals, key=lambda row: str(row.source))
    }


def chunks(
    connection: sa.Connection, source: str | None, from_minute: int | None, to_minute: int | None
) -> list[LedgerEntry]:
    query = (
        sa.select(schema.ledger, *(column.label(f"file_{column.name}") for column in schema.files.c))
        .join_from(schema.ledger, schema.files)
        .order_by(schema.ledger.c.id)
    )
    if source is not None:
        query = query.where(schema.files.c.source == source)
    if from_minute is not None:
        query = query.where(schema.ledger.c.last_minute >= from_minute)
    if to_minute is not None:
        query = query.where(schema.ledger.c.first_minute < to_minute)
    return [
        LedgerEntry(
            number=row.id,
            file=_file(row, "file_"),
            start=row.start_byte,
            end=row.end_byte,
            first_minute=row.first_minute,
            last_minute=row.last_minute,
            account=Account(
                row.lines_read,
                row.lines_counted,
                tuple(sorted(json.loads(row.lines_rejected).items())),
                row.lines_filtered,
                row.lines_duplicate,
            ),
            samples=tuple(Sample(*sample) for sample in json.loads(row.samples)),
            committed_at=row.committed_at,
        )
        for row in connection.execute(query)
    ]


def extent(connection: sa.Connection, source: str | None) -> tuple[int, int] | None:
    columns = schema.sources.c
    query = sa.select(sa.func.min(columns.first_minute), sa.func.max(columns.last_minute))
    if source is not None:
        query = query.where(columns.name == source)
    first, last = connection.execute(query).one()
    return None if first is None else (first, last)


def busy_minutes(connection: sa.Connection, source: str, first: int, end: int) -> Integers:
    table = schema.ROLLUPS[1].c
    query = (
        sa.select(table.minute)
        .where(table.minute >= first, table.minute < end, table.series.in_(_of(source)))
        .distinct()
        .order_by(table.minute)
    )
    return np.array([row[0] for row in connection.execute(query).all()], dtype=np.int64)


def last_busy_minute(connection: sa.Connection, source: str, before: int) -> int | None:
    table = schema.ROLLUPS[1].c
    query = sa.select(table.minute).where(table.minute < before, table.series.in_(_of(source)))
    return connection.execute(query.order_by(table.minute.desc()).limit(1)).scalar()


def _of(source: str) -> sa.Select[tuple[int]]:
    """The numbers of a source's series."""
    return sa.select(schema.series.c.id).where(schema.series.c.source == source)


def sums(connection: sa.Connection, cuts: Sequence[int], chosen: Sequence[int] | None) -> Sums:
    planned, numbers = _planned(connection, cuts, chosen)
    by_piece = np.zeros((2, len(planned.pieces), len(numbers)), dtype=np.int64)
    bulk = BULK[connection.dialect.name]
    asked = (
        chosen if 2 * len(numbers) < _every(connection) else None
    )  # to look for most costs more than to read all
    for indexes, table in _grains(planned):
        stretches = [(planned.pieces[i].first, planned.pieces[i].end) for i in indexes]
        piece, number, events, duration_us = bulk.sums(connection, table, stretches, asked)
        column, known = _columns(numbers, number)
        place = (np.array(indexes)[piece[known]], column[known])
        by_piece[0][place] = events[known]
        by_piece[1][place] = duration_us[known]
    events, duration_us = planned.signs() @ by_piece
    return Sums(planned.cuts, tuple(numbers.tolist()), events, duration_us, planned.cuts != tuple(cuts))


def within(
    connection: sa.Connection, cuts: Sequence[int], chosen: Sequence[int], limit_buckets: Sequence[int]
) -> Within:
    planned, numbers = _planned(connection, cuts, chosen)
    limits = np.array(sorted(set(limit_buckets)), dtype=np.int64)
    classes = len(limits) + 1  # the smallest limit that a bucket keeps, or none
    smallest = np.searchsorted(limits, np.arange(1 << BITS))  # [bucket]
    by_piece = np.zeros((len(planned.pieces), len(numbers), classes), dtype=np.int64)
    for index, cell, bucket, events in _buckets(connection, planned, numbers, chosen):
        cell *= classes
        cell += smallest[bucket]
        by_piece[index] = _added(cell, events, by_piece[index].shape)
    by_limit = np.cumsum(by_piece, axis=2)[:, :, :-1]
    events = np.tensordot(planned.signs(), by_limit, axes=1)  # [segment, series, limit]
    order = np.searchsorted(limits, np.array(limit_buckets, dtype=np.int64))
    return Within(
        planned.cuts,
        tuple(numbers.tolist()),
        np.ascontiguousarray(np.moveaxis(events, 2, 0)[order]),
        planned.cuts != tuple(cuts),
    )


def histograms(
    connection: sa.Connection, from_minute: int, to_minute: int, chosen: Sequence[int]
) -> dict[int, dict[int, int]]:
    planned, numbers = _planned(connection, [from_minute, to_minute], chosen)
    counts = np.zeros((len(numbers), 1 << BITS), dtype=np.int64)
    for index, cell, bucket, events in _buckets(connection, planned, numbers, chosen):
        for piece, sign in enumerate(planned.signs()[0][index].tolist()):
            of_piece = cell // len(numbers) == piece
            key = (cell[of_piece] % len(numbers)) << BITS | bucket[of_piece]
            counts += sign * _added(key, events[of_piece], counts.shape)
    merged = {}
    for number, row in zip(numbers.tolist(), counts, strict=True):
        filled = np.flatnonzero(row)
        if len(filled):
            merged[number] = dict(zip(filled.tolist(), row[filled].tolist(), strict=True))
    return merged


def rows(
    connection: sa.Connection,
    grain: int,
    from_minute: int,
    to_minute: int,
    chosen: Sequence[int] | None,
    latencies: bool,
    durations: bool,
) -> Iterator[Rows]:
    floor = retention(connection).of(grain)
    after = (from_minute if floor is None else max(from_minute, floor), -1)
    bulk = BULK[connection.dialect.name]
    size = PAGE_OF_LATENCIES if latencies else PAGE
    coarse = COARSER.get(grain)
    if coarse and chosen and bulk is sqlite and FEW * len(chosen) < _every(connection):
        # the coarser rows say where there are any
        begins = sqlite.begins(
            connection, schema.ROLLUPS[coarse].name, after[0] // coarse * coarse, to_minute, chosen
        )
        minutes = [range(begin, begin + coarse, grain) for begin in begins]
        step, bounds = max(size * grain // (coarse * len(chosen)), 1), (after[0], to_minute)
        for start in range(0, len(minutes), step):
            some = minutes[start : start + step]
            page = sqlite.looked_up(
                connection, schema.ROLLUPS[grain].name, some, bounds, chosen, latencies, durations
            )
            if len(page):
                yield page
        return
    while True:
        page = bulk.page(
            connection, schema.ROLLUPS[grain].name, after, to_minute, chosen, latencies, durations, size
        )
        if len(page):
            yield page
        if len(page) < size:
            return
        after = (int(page.minute[-1]), int(page.series[-1]))


def _every(connection: sa.Connection) -> int:
    """How many series there are."""
    return connection.execute(sa.select(sa.func.count()).select_from(schema.series)).scalar_one()


def _planned(
    connection: sa.Connection, cuts: Sequence[int], chosen: Sequence[int] | None
) -> tuple[Plan, Integers]:
    """The plan, and the numbers of the series in the order of the result's columns."""
    if chosen is None:
        chosen = list(
            connection.execute(sa.select(schema.series.c.id).order_by(schema.series.c.id)).scalars()
        )
    elif len(set(chosen)) < len(chosen):
        raise ValueError("a series is asked for twice")
    kept: Kept = retention(connection)
    return plan(cuts, kept), np.array(chosen, dtype=np.int64)


def _grains(planned: Plan) -> Iterator[tuple[list[int], str]]:
    """For each grain that is read: the indexes of its pieces, and its table."""
    for grain in GRAINS:
        indexes = [i for i, piece in enumerate(planned.pieces) if piece.grain == grain]
        if indexes:
            yield indexes, schema.ROLLUPS[grain].name


def _buckets(
    connection: sa.Connection, planned: Plan, numbers: Integers, chosen: Sequence[int]
) -> Iterator[tuple[list[int], Integers, Integers, Integers]]:
    """Per grain: the indexes of its pieces; and for every pair its cell (index among these pieces · number of
    series + index of the series), its bucket and its events."""
    bulk = BULK[connection.dialect.name]
    for indexes, table in _grains(planned):
        stretches = [(planned.pieces[i].first, planned.pieces[i].end) for i in indexes]
        piece, number, lengths, pairs = bulk.histograms(connection, table, stretches, chosen)
        column, _known = _columns(numbers, number)
        bucket, events = rollups.split(pairs)
        yield indexes, np.repeat(piece * len(numbers) + column, lengths), bucket, events


def _columns(numbers: Integers, found: Integers) -> tuple[Integers, Integers]:
    """Where each number found stands among those asked for, and the indexes of those that do."""
    order = np.argsort(numbers)
    place = np.minimum(np.searchsorted(numbers, found, sorter=order), max(len(numbers) - 1, 0))
    column = order[place] if len(numbers) else place
    return column, np.flatnonzero(numbers[column] == found) if len(numbers) else place[:0]


def _added(key: Integers, events: Integers, shape: tuple[int, ...]) -> Integers:
    """Adds up events by key. The sums are below 2⁵³, so that floating point holds them exactly."""
    size = int(np.prod(shape))
    return np.bincount(key, weights=events, minlength=size).astype(np.int64).reshape(shape)


def _file(row: sa.Row[tuple[object, ...]], prefix: str = "") -> LogFile:
    columns = row._mapping
    return LogFile(
        source=columns[prefix + "source"],
        path=os.fsdecode(bytes(columns[prefix + "path"])),
        device=int(columns[prefix + "device"]),
        inode=int(columns[prefix + "inode"]),
        generation=columns[prefix + "generation"],
        head_length=columns[prefix + "head_length"],
        head_hash=columns[prefix + "head_hash"],
        tail_hash=columns[prefix + "tail_hash"],
        offset=columns[prefix + "offset_bytes"],
        compression=columns[prefix + "compression"],
        size=columns[prefix + "size_bytes"],
        torn=bool(columns[prefix + "torn"]),
        truncations=columns[prefix + "truncations"],
        first_seen=columns[prefix + "first_seen"],
        last_seen=columns[prefix + "last_seen"],
        number=columns[prefix + "id"],
    )
