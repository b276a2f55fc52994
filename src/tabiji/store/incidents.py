"""Incidents, what people did to them, and how far they are judged ⇄ tables.

An incident is written over only while it is as the writer read it, so that what a person said meanwhile is never
lost to what was judged before.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from tabiji.errors import StoreError
from tabiji.incidents import Detection, Incident, Measured, Part, Spent, Times
from tabiji.language import _
from tabiji.store.schema import Number, metadata

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("journey", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("opened_minute", Number, nullable=False),
    Column("closed_minute", Number),  # null: it is open
    Column("closing", Text),
    Column("detections", Text, nullable=False),  # JSON: [[minute, by]], those by hand
    Column("floor_minute", Number),
    Column("ceiling_minute", Number),
    Column("merged_into", Integer, ForeignKey("incidents.id")),
    Column("measured", Text),  # JSON: when it was what it cost whom
    Index(None, "journey", "opened_minute"),
    sqlite_autoincrement=True,  # a number is never given again
    sqlite_strict=True,
)

incident_alerts = Table(
    "incident_alerts",
    metadata,
    Column("alert", Integer, primary_key=True, autoincrement=False),
    Column("incident", Integer, ForeignKey("incidents.id"), nullable=False),
    Index(None, "incident"),
    sqlite_strict=True,
)

incident_facts = Table(
    "incident_facts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, ForeignKey("incidents.id"), nullable=False),
    Column("at", Number, nullable=False),  # seconds since the epoch
    Column("author", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("minute", Number),
    Column("text", Text, nullable=False),
    Index(None, "incident"),
    sqlite_strict=True,
)

incident_progress = Table(
    "incident_progress",
    metadata,
    Column("journey", Text, primary_key=True),
    Column("until_minute", Number, nullable=False),
    Column("pending_minute", Number, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

FactKind = Literal[
    "opened",
    "closed",
    "reopened",
    "merged",
    "split",
    "noted",
    "detected",
    "acknowledged",
    "commands",
    "helps",
    "leaves",
]


class StaleIncident(StoreError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """Somebody else has changed an incident, or judged its journey, meanwhile: nothing was written."""


@dataclass(frozen=True, slots=True)
class IncidentFact:
    """What a person did to an incident, when (seconds since the epoch), and why. `minute` is the time it is about."""

    incident: int
    at: int
    author: str
    kind: FactKind
    minute: int | None
    text: str


class IncidentProgress(NamedTuple):
    """How far the incidents of a journey are judged, and the first minute that must be looked at again."""

    until: int
    pending: int


def read(connection: sa.Connection, journey: str | None) -> list[Incident]:
    """All incidents, or a journey's, by number."""
    query, alerts = sa.select(incidents).order_by(incidents.c.id), sa.select(incident_alerts)
    if journey is not None:
        query = query.where(incidents.c.journey == journey)
    return _read(connection, query, alerts)


def some(connection: sa.Connection, numbers: Collection[int], after: int) -> list[Incident]:
    """The incidents of these numbers, those that are open, and those with a higher number than `after`; by number."""
    columns = incidents.c
    is_open = columns.closed_minute.is_(None) & columns.merged_into.is_(None)
    wanted = is_open | (columns.id > after) | columns.id.in_(numbers)
    query = sa.select(incidents).where(wanted).order_by(columns.id)
    found = [row.id for row in connection.execute(sa.select(columns.id).where(wanted))]
    return _read(connection, query, sa.select(incident_alerts).where(incident_alerts.c.incident.in_(found)))


def _read(connection: sa.Connection, query: sa.Select[Any], alerts: sa.Select[Any]) -> list[Incident]:
    of: dict[int, list[int]] = {}
    for row in connection.execute(alerts.order_by(incident_alerts.c.alert)):
        of.setdefault(row.incident, []).append(row.alert)
    return [_incident(row, of.get(row.id, [])) for row in connection.execute(query)]


def acknowledged(connection: sa.Connection, numbers: Collection[int]) -> dict[int, IncidentFact]:
    """Who took note of each of these incidents first, where somebody did."""
    columns = incident_facts.c
    query = sa.select(incident_facts).where(columns.kind == "acknowledged", columns.incident.in_(numbers))
    return {
        row.incident: IncidentFact(row.incident, row.at, row.author, row.kind, row.minute, row.text)
        for row in connection.execute(query.order_by(columns.id.desc()))
    }


def facts(connection: sa.Connection, incident: int) -> list[IncidentFact]:
    """What was done to an incident, the oldest first."""
    return said(connection, [incident])


def said(connection: sa.Connection, numbers: Collection[int]) -> list[IncidentFact]:
    """What was done to some incidents, the oldest first."""
    columns = incident_facts.c
    query = sa.select(incident_facts).where(columns.incident.in_(numbers)).order_by(columns.id)
    return [
        IncidentFact(row.incident, row.at, row.author, row.kind, row.minute, row.text)
        for row in connection.execute(query)
    ]


def progress(connection: sa.Connection) -> dict[str, IncidentProgress]:
    """How far each journey is judged."""
    return {
        row.journey: IncidentProgress(row.until_minute, row.pending_minute)
        for row in connection.execute(sa.select(incident_progress))
    }


def record(
    connection: sa.Connection,
    changes: Sequence[tuple[Incident | None, Incident]],
    done: Sequence[IncidentFact],
    judged: Mapping[str, tuple[IncidentProgress | None, IncidentProgress]],
) -> list[int]:
    """Writes incidents (before, after), facts and progress (before, after); returns the incidents' numbers.

    Raises StaleIncident where something is not as it was before. The fact of an incident without number has 0 for
    it, and belongs to the last new one.
    """
    for journey in sorted(judged):
        _advance(connection, journey, *judged[journey])
    numbers = []
    for before, after in changes:
        if before is None:
            made = connection.execute(sa.insert(incidents).values(_values(after)).returning(incidents.c.id))
            numbers.append(made.scalar_one())
        else:
            row = connection.execute(
                sa.select(incidents).where(incidents.c.id == before.number).with_for_update()
            ).one()
            if _incident(row, _alerts(connection, row.id)) != before:
                raise StaleIncident(
                    _("incident {number} was changed meanwhile; try again", number=before.number)
                )
            connection.execute(
                sa.update(incidents).where(incidents.c.id == before.number).values(_values(after))
            )
            numbers.append(row.id)
    for number, (before, _after) in zip(numbers, changes, strict=True):  # first all away, for alerts can move
        if before is not None:
            connection.execute(sa.delete(incident_alerts).where(incident_alerts.c.incident == number))
    for number, (_before, after) in zip(numbers, changes, strict=True):
        if after.alerts:
            rows = [{"alert": alert, "incident": number} for alert in after.alerts]
            connection.execute(sa.insert(incident_alerts), rows)
    new = [number for number, (before, _) in zip(numbers, changes, strict=True) if before is None]
    for fact in done:
        connection.execute(
            sa.insert(incident_facts).values(
                incident=fact.incident or new[-1],
                at=fact.at,
                author=fact.author,
                kind=fact.kind,
                minute=fact.minute,
                text=fact.text.replace("\0", "\u2400"),  # PostgreSQL has no NUL
            )
        )
    return numbers


def _alerts(connection: sa.Connection, incident: int) -> list[int]:
    columns = incident_alerts.c
    query = sa.select(columns.alert).where(columns.incident == incident).order_by(columns.alert)
    return list(connection.execute(query).scalars())


def _advance(
    connection: sa.Connection, journey: str, before: IncidentProgress | None, after: IncidentProgress
) -> None:
    columns = incident_progress.c
    values = {"until_minute": after.until, "pending_minute": after.pending}
    if before is None:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(incident_progress).values(journey=journey, **values))
            return
        except sa.exc.IntegrityError:
            pass  # somebody else was first
    else:
        changed = connection.execute(
            sa.update(incident_progress)
            .where(
                columns.journey == journey,
                columns.until_minute == before.until,
                columns.pending_minute == before.pending,
            )
            .values(values)
        )
        if changed.rowcount:
            return
    message = _("the incidents of {journey} were judged by somebody else meanwhile", journey=journey)
    raise StaleIncident(message)


# Values ⇄ columns


def _values(incident: Incident) -> dict[str, Any]:
    return {
        "journey": incident.journey,
        "cause": incident.cause,
        "opened_minute": incident.opened_minute,
        "closed_minute": incident.closed_minute,
        "closing": incident.closing,
        "detections": json.dumps([[one.minute, one.by] for one in incident.detections]),
        "floor_minute": incident.floor,
        "ceiling_minute": incident.ceiling,
        "merged_into": incident.merged_into,
        "measured": None if incident.measured is None else _packed(incident.measured),
    }


def _incident(row: Any, alerts: Sequence[int]) -> Incident:
    return Incident(
        journey=row.journey,
        cause=row.cause,
        opened_minute=row.opened_minute,
        closed_minute=row.closed_minute,
        closing=row.closing,
        alerts=tuple(alerts),
        detections=tuple(Detection(minute, by) for minute, by in json.loads(row.detections)),
        floor=row.floor_minute,
        ceiling=row.ceiling_minute,
        merged_into=row.merged_into,
        measured=None if row.measured is None else _unpacked(json.loads(row.measured)),
        number=row.id,
    )


def _packed(measured: Measured) -> str:
    times = measured.times
    return json.dumps(
        {
            "started": times.started,
            "detected": times.detected,
            "by": times.by,
            "recovered": times.recovered,
            "calm": times.calm,
            "objectives": times.objectives,
            "spent": [[one.objective, one.bad, one.total, str(one.allowed)] for one in measured.spent],
            "steps": [[part.name, part.bad, part.total] for part in measured.steps],
            "operations": [[part.name, part.bad, part.total] for part in measured.operations],
        },
        ensure_ascii=False,
    )


def _unpacked(kept: Mapping[str, Any]) -> Measured:
    times = Times(
        kept["started"],
        kept["detected"],
        kept["by"],
        kept["recovered"],
        kept["calm"],
        tuple(kept["objectives"]),
    )
    return Measured(
        times,
        tuple(Spent(name, bad, total, Fraction(allowed)) for name, bad, total, allowed in kept["spent"]),
        tuple(Part(*part) for part in kept["steps"]),
        tuple(Part(*part) for part in kept["operations"]),
    )
