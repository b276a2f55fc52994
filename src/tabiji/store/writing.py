"""A counted batch → files, ledger, series and rollups, in one transaction.

The offset of the file advances by compare-and-set before anything else is written: whoever comes second
with the same bytes writes nothing. A lock on the source's row keeps two writers of one source apart for the
rest of the transaction, because histograms are read, merged and written back.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import sqlalchemy as sa

from tabiji.counting import Integers, Series
from tabiji.language import _
from tabiji.store import leases, postgresql, received, rollups, schema, sqlite
from tabiji.store.facts import Batch, Committed, StaleOffset
from tabiji.store.rollups import DAY, HOUR, Rows
from tabiji.store.segments import Kept

ENTRY_BYTES_MAX = (
    4 << 20
)  # of an entry of the ledger that is made longer: what is read to find one of its lines
SAMPLES_MAX = 12  # of rejected lines that such an entry holds

BULK: Mapping[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgresql}


def commit(connection: sa.Connection, batch: Batch, reached: Callable[[str], None]) -> Committed:
    """Writes a batch inside a transaction. Raises StaleOffset when it is not the next one, StaleLease, KnownBatch."""
    leases.check(connection, batch.lease)
    first, last = _locked(connection, batch.source)
    received.enter(connection, batch)
    number = _advanced(connection, batch)
    reached("offset-advanced")
    _ledger(connection, batch, number)
    numbers = _numbers(connection, batch.source, [*batch.series, *batch.merges.values()])
    reached("series-written")
    kept = retention(connection, locked=True)
    merges = _ends(dict(zip(batch.merges, numbers[len(batch.series) :], strict=True)))
    _merge(connection, merges)
    own = [merges.get(one, one) for one in numbers[: len(batch.series)]]
    rows = rollups.fold(batch.cells, np.array(own, dtype=np.int64))
    written = _add(connection, rows, first, last, kept)
    _extend(connection, batch.source, rows)
    _marks(connection, batch)
    reached("rollups-written")
    return Committed(replace(batch.file, number=number), tuple(own), written)


def retention(connection: sa.Connection, *, locked: bool = False) -> Kept:
    """From when on minutes and hours are kept; `locked`: and nobody changes it during this transaction."""
    query = sa.select(schema.retention.c.minutes_from, schema.retention.c.hours_from)
    row = connection.execute(query.with_for_update(read=True) if locked else query).one()
    return Kept(row.minutes_from, row.hours_from)


def raise_floor(connection: sa.Connection, minutes_from: int, hours_from: int) -> Kept:
    """Lets minutes and hours begin here, unless they begin later already; nothing is deleted yet."""
    query = sa.select(schema.retention.c.minutes_from, schema.retention.c.hours_from)
    row = connection.execute(query.with_for_update()).one()
    kept = Kept(
        max(minutes_from, row.minutes_from if row.minutes_from is not None else minutes_from),
        max(hours_from, row.hours_from if row.hours_from is not None else hours_from),
    )
    if kept != Kept(row.minutes_from, row.hours_from):
        connection.execute(
            sa.update(schema.retention).values(minutes_from=kept.minutes_from, hours_from=kept.hours_from)
        )
    return kept


def delete_day(connection: sa.Connection, grain: int, floor: int) -> int:
    """Deletes the oldest day's rows of a grain below its floor; returns how many (0: none are left)."""
    table = schema.ROLLUPS[grain]
    oldest = connection.execute(sa.select(sa.func.min(table.c.minute))).scalar()
    if oldest is None or oldest >= floor:
        return 0
    end = min(floor, oldest // DAY * DAY + DAY)
    return connection.execute(sa.delete(table).where(table.c.minute < end)).rowcount


def digest(series: Series) -> bytes:
    """What makes a series unique: 128 bits of all its columns."""
    return hashlib.blake2b(json.dumps(series, ensure_ascii=True).encode(), digest_size=16).digest()


def storable(series: Series) -> Series:
    """The series in text that both databases hold: PostgreSQL has no NUL, neither has surrogates."""
    return series._replace(
        service=_text(series.service),
        kind=_text(series.kind) or "",
        operation=_text(series.operation),
        method=_text(series.method),
        route=_text(series.route),
        error=_text(series.error),
        host=_text(series.host),
        labels=tuple((_text(name) or "", _text(value) or "") for name, value in series.labels),
    )


@lru_cache(maxsize=4096)
def _identity(series: Series) -> tuple[Series, bytes]:
    """As it is stored, and its digest: the same few series come with every batch."""
    stored = storable(series)
    return stored, digest(stored)


def _text(text: str | None) -> str | None:
    if text is None or text.isprintable():
        return text
    return text.replace("\0", "\u2400").encode("utf-8", "replace").decode()


def _locked(connection: sa.Connection, source: str) -> tuple[int | None, int | None]:
    """Makes sure of the source's row and locks it; gives the minutes of its first and last event."""
    query = sa.select(schema.sources.c.first_minute, schema.sources.c.last_minute)
    query = query.where(schema.sources.c.name == source).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        connection.exec_driver_sql(
            f"INSERT INTO sources (name) VALUES ({_holder(connection)}) ON CONFLICT DO NOTHING", (source,)
        )
        row = connection.execute(query).one()
    return row.first_minute, row.last_minute


def _advanced(connection: sa.Connection, batch: Batch) -> int:
    """Advances the file's offset by compare-and-set, or adds the file; gives its number."""
    file = batch.file
    values = {
        "source": batch.source,
        "path": os.fsencode(file.path),
        "device": str(file.device),
        "inode": str(file.inode),
        "generation": file.generation,
        "head_length": file.head_length,
        "head_hash": file.head_hash,
        "tail_hash": file.tail_hash,
        "offset_bytes": file.offset,
        "compression": file.compression,
        "size_bytes": file.size,
        "torn": int(file.torn),
        "truncations": file.truncations,
        "first_seen": file.first_seen,
        "last_seen": file.last_seen,
    }
    same_place = (
        sa.select(schema.files.c.id)
        .where(schema.files.c.source == batch.source)
        .where(schema.files.c.device == str(file.device))
        .where(schema.files.c.inode == str(file.inode))
        .where(schema.files.c.generation == file.generation)
    )
    occupant = connection.execute(same_place).scalar()
    if occupant is not None and occupant != file.number:
        message = _("{path} has been entered by another writer; read the files again", path=file.path)
        raise StaleOffset(message)
    if file.number is None:
        if batch.offset_before:
            raise ValueError("a new file is counted from its beginning")
        inserted = sa.insert(schema.files).values(values).returning(schema.files.c.id)
        return int(connection.execute(inserted).scalar_one())
    update = (
        sa.update(schema.files)
        .where(schema.files.c.id == file.number)
        .where(schema.files.c.offset_bytes == batch.offset_before)
        .values(values)
    )
    if connection.execute(update).rowcount != 1:
        message = _(
            "{path} has been counted further than byte {byte} by another writer",
            path=file.path,
            byte=batch.offset_before,
        )
        raise StaleOffset(message)
    return file.number


def _ledger(connection: sa.Connection, batch: Batch, number: int) -> None:
    """Enters a range, or makes the entry longer that ends where it begins: of a file that is followed, there would
    be one for each second."""
    account = batch.account
    if batch.end == batch.start and not account.read:
        return  # a new name or a new time of a file, and no line
    table = schema.ledger
    first, last = batch.first_minute, batch.last_minute
    rejected, samples, start = (
        Counter(dict(account.rejected)),
        [list(one) for one in batch.samples],
        batch.start,
    )
    before = _entry_before(connection, batch, number) if batch.lengthens else None
    sums = {
        "lines_read": account.read,
        "lines_counted": account.counted,
        "lines_filtered": account.filtered,
        "lines_duplicate": account.duplicate,
    }
    if before is not None:
        start = before.start_byte
        first = min((one for one in (before.first_minute, first) if one is not None), default=None)
        last = max((one for one in (before.last_minute, last) if one is not None), default=None)
        rejected.update(json.loads(before.lines_rejected))
        samples = [*json.loads(before.samples), *samples][:SAMPLES_MAX]
        sums = {name: value + before._mapping[name] for name, value in sums.items()}
    values = {
        **sums,
        "file": number,
        "start_byte": start,
        "end_byte": batch.end,
        "first_minute": first,
        "last_minute": last,
        "lines_rejected": json.dumps(rejected, sort_keys=True),
        "samples": json.dumps(samples),
        "committed_at": batch.now,
    }
    if before is not None:
        connection.execute(sa.update(table).where(table.c.id == before.id).values(values))
    else:
        connection.execute(sa.insert(table).values(values))


def _entry_before(connection: sa.Connection, batch: Batch, number: int) -> sa.Row[tuple[Any, ...]] | None:
    """The short entry that ends where the batch begins."""
    columns = schema.ledger.c
    return connection.execute(
        sa.select(schema.ledger)
        .where(columns.file == number, columns.end_byte == batch.start)
        .where(columns.start_byte >= batch.end - ENTRY_BYTES_MAX)
        .order_by(columns.id.desc())
        .limit(1)
    ).one_or_none()


def _numbers(connection: sa.Connection, source: str, wanted: Sequence[Series]) -> list[int]:
    """The number of each series; those that are new are added."""
    if not wanted:
        return []
    stored, keys = zip(*map(_identity, wanted), strict=True)
    known = _known(connection, source)
    missing = [(key, one) for key, one in dict(zip(keys, stored, strict=True)).items() if key not in known]
    if missing:
        connection.execute(
            sa.insert(schema.series),
            [
                {
                    **one._asdict(),
                    "source": source,
                    "digest": key,
                    "labels": json.dumps(dict(one.labels), ensure_ascii=False),
                }
                for key, one in missing
            ],
        )
        known = _known(connection, source)
    return [known[key] for key in keys]


def _known(connection: sa.Connection, source: str) -> dict[bytes, int]:
    query = sa.select(schema.series.c.digest, schema.series.c.id).where(schema.series.c.source == source)
    return {bytes(key): number for key, number in connection.execute(query)}


def _add(connection: sa.Connection, rows: Rows, first: int | None, last: int | None, kept: Kept) -> int:
    """Adds rows of minutes to all three grains; returns the rows of minutes. Only what lies between the
    source's first and last minute can meet rows that exist, and only that is looked up."""
    bulk = BULK[connection.dialect.name]
    written = 0
    for grain, table in schema.ROLLUPS.items():
        if grain > 1:
            rows = rollups.coarser(rows, grain)
        floor = kept.of(grain)
        kept_rows = rows if floor is None else rollups.chosen(rows, rows.minute >= floor)
        if grain == 1:
            written = len(kept_rows)
        if first is None or last is None:
            bulk.append(connection, table.name, kept_rows)
            continue
        meets = (kept_rows.minute >= first // grain * grain) & (kept_rows.minute <= last)
        _meet(connection, table.name, rollups.chosen(kept_rows, meets))
        bulk.append(connection, table.name, rollups.chosen(kept_rows, ~meets))
    return written


def _meet(connection: sa.Connection, table: str, rows: Rows) -> None:
    """Adds rows to those that may exist already."""
    if not len(rows):
        return
    bulk = BULK[connection.dialect.name]
    existing = bulk.found(connection, table, rows.minute, rows.series)
    if not len(existing):
        bulk.append(connection, table, rows)
        return
    summed = rollups.add(rows, existing)  # its keys are those of `rows`, in the same order
    lowest = summed.minute.min()
    there = np.isin(_key(summed, lowest), _key(existing, lowest))
    bulk.replace(connection, table, rollups.chosen(summed, there))
    bulk.append(connection, table, rollups.chosen(summed, ~there))


def _key(rows: Rows, lowest: int) -> Integers:
    return (rows.minute - lowest) << 31 | rows.series


def _ends(merges: Mapping[int, int]) -> dict[int, int]:
    """Each series that goes → the one that stays, through merges of merges. A circle is a ValueError."""
    ends = {}
    for number in merges:
        end = number
        passed: set[int] = set()
        while end in merges and merges[end] != end:
            if end in passed:
                raise ValueError(f"series {sorted(passed)} are merged in a circle")
            passed.add(end)
            end = merges[end]
        if end != number:
            ends[number] = end
    return ends


def _merge(connection: sa.Connection, merges: Mapping[int, int]) -> None:
    """Moves all rows of the series that are keys to those that are values, and deletes the former.

    Days say where a series has rows, so that hours and minutes are found by their keys and not by a scan.
    """
    old = sorted(merges)
    if not old:
        return
    bulk = BULK[connection.dialect.name]
    days = schema.ROLLUPS[DAY]
    found = connection.execute(sa.select(days.c.minute, days.c.series).where(days.c.series.in_(old))).all()
    minute = np.array([row.minute for row in found], dtype=np.int64)
    series = np.array([row.series for row in found], dtype=np.int64)
    targets = np.arange(max(*old, *merges.values()) + 1)
    targets[old] = [merges[number] for number in old]
    for grain, finer in ((DAY, DAY), (HOUR, DAY // HOUR), (1, HOUR)):
        if grain != DAY:
            minute = (minute[:, None] + np.arange(finer) * grain).ravel()
            series = np.repeat(series, finer)
        name = schema.ROLLUPS[grain].name
        rows = bulk.found(connection, name, minute, series)
        minute, series = rows.minute, rows.series
        if len(rows):
            bulk.remove(connection, name, minute, series)
            _meet(connection, name, rollups.renumbered(rows, lambda numbers: targets[numbers]))
    connection.execute(sa.delete(schema.series).where(schema.series.c.id.in_(old)))


def _extend(connection: sa.Connection, source: str, rows: Rows) -> None:
    """Widens the source's first and last minute to those of the rows, and notes that these are to be judged."""
    if not len(rows):
        return
    earliest, latest = int(rows.minute.min()), int(rows.minute.max())
    columns = schema.sources.c
    connection.execute(
        sa.update(schema.sources)
        .where(columns.name == source)
        .values(
            first_minute=sa.case((columns.first_minute <= earliest, columns.first_minute), else_=earliest),
            last_minute=sa.case((columns.last_minute >= latest, columns.last_minute), else_=latest),
            unjudged_minute=sa.case(
                (columns.unjudged_minute <= earliest, columns.unjudged_minute), else_=earliest
            ),
            commits=columns.commits + 1,
        )
    )


def _marks(connection: sa.Connection, batch: Batch) -> None:
    marks = sorted({_text(mark) or "" for mark in batch.marks})
    if not marks:
        return
    known = set(
        connection.execute(
            sa.select(schema.route_marks.c.mark).where(schema.route_marks.c.source == batch.source)
        ).scalars()
    )
    new = [{"source": batch.source, "mark": mark} for mark in marks if mark not in known]
    if new:
        connection.execute(sa.insert(schema.route_marks), new)


def _holder(connection: sa.Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"
