"""What judging found → alerts, silences, definitions, and how far all is judged: one transaction.

Of two that judge at once, one records: the round advances by compare-and-set, and whoever comes second has
written nothing and reads again. What came while somebody judged is left to be judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from tabiji.alerts import Alert, QuietHour, QuietLimit, Silence, TierStanding
from tabiji.errors import StoreError
from tabiji.journeys import Severity, Tier
from tabiji.language import _
from tabiji.store import schema
from tabiji.store.rollups import DAY

QUIET_HOURS_KEPT = 15 * DAY  # a week before the latest week


class StaleRound(StoreError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """Someone else has judged meanwhile: nothing was written; read again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an objective is judged, and by which definition since when; moments in minutes."""

    definition: str
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class SourceNews:
    """What came from a source since judging: its earliest minute, None without any; and how often it came.

    `first_minute` and `last_minute` are those of all its events, both inclusive; `quiet_until` is the last
    moment at which its silence was judged.
    """

    commits: int
    unjudged_minute: int | None
    first_minute: int | None
    last_minute: int | None
    quiet_until: int | None


@dataclass(frozen=True, slots=True)
class Judging:
    """Where judging stands: its round, the last moment, each objective, what came since, and what is open."""

    round: int
    until_minute: int | None
    definition: str | None  # hash of the texts in force
    objectives: Mapping[str, Progress]
    sources: Mapping[str, SourceNews]
    alerts: tuple[Alert, ...]
    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """The texts of all definitions, by path, under the hash of their content. Times in seconds."""

    hash: str
    files: Mapping[str, str]
    first_seen: int = 0
    last_seen: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judging found, to be recorded whole or not at all.

    `alerts` and `silences` that have a number are closed, the others are new. `sources` maps those whose news
    were judged to the commits that were seen of them; `quiet_until` and `quiet_hours` say, by source, how far
    its silence is judged, and what each hour (by its first minute) was like, from some hour on. `definitions` are
    in force for the moments after `from_minute`. `now` is in seconds.
    """

    round: int
    until_minute: int
    now: int
    definitions: Definitions
    from_minute: int
    objectives: Mapping[str, Progress] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    silences: tuple[Silence, ...] = ()
    quiet_until: Mapping[str, int] = field(default_factory=dict)
    quiet_hours: Mapping[str, Mapping[int, QuietHour]] = field(default_factory=dict)


# Reading


def judging(connection: sa.Connection) -> Judging:
    """All that the next round of judging goes on from."""
    row = connection.execute(sa.select(schema.judging)).one()
    sources = schema.sources.c
    in_force = sa.select(schema.in_force.c.definition).order_by(schema.in_force.c.id.desc()).limit(1)
    return Judging(
        row.round,
        row.until_minute,
        connection.execute(in_force).scalar(),
        {
            one.objective: Progress(one.definition, one.from_minute, one.until_minute)
            for one in connection.execute(sa.select(schema.judged).order_by(schema.judged.c.objective))
        },
        {
            one.name: SourceNews(
                one.commits, one.unjudged_minute, one.first_minute, one.last_minute, one.quiet_until
            )
            for one in connection.execute(sa.select(schema.sources).order_by(sources.name))
        },
        alerts(connection, None, None, None, only_open=True),
        silences(connection, None, None, None, only_open=True),
    )


def alerts(
    connection: sa.Connection,
    objectives: Sequence[str] | None,
    first_minute: int | None,
    end_minute: int | None,
    *,
    only_open: bool = False,
) -> tuple[Alert, ...]:
    query = _meeting(schema.alerts, first_minute, end_minute, only_open)
    if objectives is not None:
        query = query.where(schema.alerts.c.objective.in_(objectives))
    return tuple(_alert(row) for row in connection.execute(query))


def silences(
    connection: sa.Connection,
    sources: Sequence[str] | None,
    first_minute: int | None,
    end_minute: int | None,
    *,
    only_open: bool = False,
) -> tuple[Silence, ...]:
    query = _meeting(schema.silences, first_minute, end_minute, only_open)
    if sources is not None:
        query = query.where(schema.silences.c.source.in_(sources))
    return tuple(_silence(row) for row in connection.execute(query))


def _meeting(
    table: sa.Table, first_minute: int | None, end_minute: int | None, only_open: bool
) -> sa.Select[Any]:
    """Rows open at some moment of `[first_minute, end_minute)`, in the order of their opening."""
    columns = table.c
    query = sa.select(table).order_by(columns.opened_minute, columns.id)
    if only_open:
        query = query.where(columns.closed_minute.is_(None))
    if first_minute is not None:
        query = query.where(sa.or_(columns.closed_minute.is_(None), columns.closed_minute > first_minute))
    if end_minute is not None:
        query = query.where(columns.opened_minute < end_minute)
    return query


def quiet_hours(
    connection: sa.Connection, source: str, first_hour: int, end_hour: int
) -> dict[int, QuietHour]:
    columns = schema.quiet_hours.c
    query = sa.select(columns.hour, columns.quiet_minutes, columns.busy_minutes).where(
        columns.source == source, columns.hour >= first_hour, columns.hour < end_hour
    )
    return {row.hour: QuietHour(row.quiet_minutes, row.busy_minutes) for row in connection.execute(query)}


def definitions(connection: sa.Connection, minute: int) -> Definitions | None:
    """The definitions that moment `minute` was judged by: the last that came in force before it.

    The first ones for moments before all; None where nothing was ever judged.
    """
    force = schema.in_force.c
    found = connection.execute(
        sa.select(force.definition).where(force.from_minute < minute).order_by(force.id.desc()).limit(1)
    ).scalar()
    if found is None:
        found = connection.execute(sa.select(force.definition).order_by(force.id).limit(1)).scalar()
    if found is None:
        return None
    row = connection.execute(sa.select(schema.definitions).where(schema.definitions.c.hash == found)).one()
    return Definitions(row.hash, json.loads(row.files), row.first_seen, row.last_seen)


# Writing


def record(connection: sa.Connection, verdict: Verdict) -> None:
    """Writes what judging found. Raises StaleRound when somebody else has recorded since it was read."""
    table = schema.judging
    advanced = connection.execute(
        sa.update(table)
        .where(table.c.round == verdict.round)
        .values(round=verdict.round + 1, until_minute=verdict.until_minute)
    )
    if advanced.rowcount != 1:
        raise StaleRound(_("somebody else has judged at the same time; run this again"))
    _define(connection, verdict)
    _progress(connection, verdict.objectives)
    _write(connection, schema.alerts, verdict.alerts, verdict.now)
    _write(connection, schema.silences, verdict.silences, verdict.now)
    _judged_sources(connection, verdict)


def _define(connection: sa.Connection, verdict: Verdict) -> None:
    """Remembers the definitions, and that they are in force, where others were."""
    known, force = schema.definitions, schema.in_force
    texts = verdict.definitions
    seen = connection.execute(
        sa.update(known).where(known.c.hash == texts.hash).values(last_seen=verdict.now)
    )
    if not seen.rowcount:
        connection.execute(
            sa.insert(known).values(
                hash=texts.hash,
                files=json.dumps(dict(texts.files)),  # ASCII: there is no text that this can't hold
                first_seen=verdict.now,
                last_seen=verdict.now,
            )
        )
    current = connection.execute(sa.select(force.c.definition).order_by(force.c.id.desc()).limit(1)).scalar()
    if current != texts.hash:
        connection.execute(
            sa.insert(force).values(definition=texts.hash, from_minute=verdict.from_minute, since=verdict.now)
        )


def _write(connection: sa.Connection, table: sa.Table, found: Iterable[Alert | Silence], now: int) -> None:
    new = []
    for one in found:
        if one.number is None:
            new.append(
                {
                    **_columns(one),
                    "closed_minute": one.closed_minute,
                    "ending": one.ending,
                    "recorded_at": now,
                }
            )
            continue
        connection.execute(
            sa.update(table)
            .where(table.c.id == one.number)
            .values(closed_minute=one.closed_minute, ending=one.ending)
        )
    if new:
        connection.execute(sa.insert(table), new)


def _columns(one: Alert | Silence) -> dict[str, Any]:
    if isinstance(one, Silence):
        return {
            "source": one.source,
            "severity": one.limit.severity,
            "quiet_since": one.quiet_since,
            "limit_minutes": one.limit.minutes,
            "learned": int(one.limit.learned),
            "opened_minute": one.opened_minute,
        }
    return {
        "objective": one.objective,
        "definition": one.definition,
        "provisional": int(one.provisional),
        "share": str(one.tier.share),
        "long_minutes": one.tier.long_minutes,
        "severity": one.tier.severity,
        "opened_minute": one.opened_minute,
        "opening": _opening(one.opening),
        "late": int(one.late),
    }


def _judged_sources(connection: sa.Connection, verdict: Verdict) -> None:
    columns = schema.sources.c
    for source, commits in verdict.sources.items():
        connection.execute(
            sa.update(schema.sources)
            .where(columns.name == source, columns.commits == commits)
            .values(unjudged_minute=None)
        )
    for source, until in verdict.quiet_until.items():
        connection.execute(sa.update(schema.sources).where(columns.name == source).values(quiet_until=until))
    for source, hours in verdict.quiet_hours.items():
        _put_hours(connection, source, hours)


def _put_hours(connection: sa.Connection, source: str, hours: Mapping[int, QuietHour]) -> None:
    """Writes a source's hours over what is known of them and after them; those of long ago go."""
    columns = schema.quiet_hours.c
    if not hours:
        return
    old = sa.or_(columns.hour >= min(hours), columns.hour < max(hours) - QUIET_HOURS_KEPT)
    connection.execute(sa.delete(schema.quiet_hours).where(columns.source == source, old))
    rows = [{"source": source, "hour": hour, **was._asdict()} for hour, was in hours.items()]
    connection.execute(sa.insert(schema.quiet_hours), rows)


def _progress(connection: sa.Connection, objectives: Mapping[str, Progress]) -> None:
    """How far each objective is judged. Only one transaction at a time is here: the round sees to it."""
    if not objectives:
        return
    table = schema.judged
    rows = [
        {
            "objective": objective,
            "definition": progress.definition,
            "from_minute": progress.from_minute,
            "until_minute": progress.until_minute,
        }
        for objective, progress in objectives.items()
    ]
    keys = [{"key": objective} for objective in objectives]
    connection.execute(sa.delete(table).where(table.c.objective == sa.bindparam("key")), keys)
    connection.execute(sa.insert(table), rows)


# Rows ⇄ values


def _opening(standing: TierStanding) -> str:
    return json.dumps(
        {
            "threshold": str(standing.threshold),
            "short_minutes": standing.short_minutes,
            "burn_long": _text(standing.burn_long),
            "burn_short": _text(standing.burn_short),
            "evidence_p": standing.evidence_p,
            "firing": standing.firing,
            "reason": standing.reason,
        }
    )


def _alert(row: Any) -> Alert:
    tier, opening = _told(row.share, row.long_minutes, row.severity, row.opening)
    return Alert(
        objective=row.objective,
        tier=tier,
        provisional=bool(row.provisional),
        definition=row.definition,
        opened_minute=row.opened_minute,
        opening=opening,
        closed_minute=row.closed_minute,
        ending=row.ending,
        late=bool(row.late),
        number=row.id,
    )


@lru_cache(4096)  # alerts that are open are read again every minute
def _told(share: str, long_minutes: int, severity: Severity, text: str) -> tuple[Tier, TierStanding]:
    opening, tier = json.loads(text), Tier(Fraction(share), long_minutes, severity)
    return tier, TierStanding(
        share=tier.share,
        severity=tier.severity,
        long_minutes=tier.long_minutes,
        short_minutes=opening["short_minutes"],
        threshold=Fraction(opening["threshold"]),
        burn_long=_fraction(opening["burn_long"]),
        burn_short=_fraction(opening["burn_short"]),
        evidence_p=opening["evidence_p"],
        firing=opening["firing"],
        reason=opening["reason"],
    )


def _silence(row: Any) -> Silence:
    return Silence(
        source=row.source,
        limit=QuietLimit(row.limit_minutes, bool(row.learned)),
        quiet_since=row.quiet_since,
        opened_minute=row.opened_minute,
        closed_minute=row.closed_minute,
        ending=row.ending,
        number=row.id,
    )


def _text(rate: Fraction | None) -> str | None:
    return None if rate is None else str(rate)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
