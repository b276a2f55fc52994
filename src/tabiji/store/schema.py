"""The tables of the state, the same on SQLite and PostgreSQL.

sources ─┬─ files ── ledger          which bytes are counted, and where the lines of a minute are
         ├─ series                   what events are counted under
         └─ route_marks              what was learned about routes
rollup_minutes, _hours, _days        events, Σ duration and histogram per (time, series), clustered so
retention                            one row: from when on minutes and hours are kept
judging, judged                      one row: how far all is judged; and each objective, by which definition
alerts, silences, quiet_hours        what judging found, and how quiet each source is at which hour
definitions ── in_force              the texts that were judged by, and from when on
incidents, incident_*                what alerts and people make one; see store/incidents.py
agreeing, policy_changes             what policies did; see store/policies.py
leases, received_batches, tokens     who does what, what was pushed already, who may push
marks                                what happened besides: deployments, campaigns
told, outbox, notice_references      what each receiver knows, and what is still to be sent
sessions, entrances, audit           who has signed in, how people get in, who did what
acts, signals, issued_reports        what people decided; what users say apart from the logs; reports as they were sent

Rollups have no foreign key to series: checking one per row costs PostgreSQL more than writing the row. Only
`writing` adds rows, in the transaction that made sure of their series.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from tabiji.store.rollups import DAY, HOUR

HEAD = "0007"  # the newest revision in migrations/versions; a test holds the two together

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(
    naming_convention=NAMING
)  # STRICT: so that SQLite refuses a wrong type as PostgreSQL does

Number = Integer().with_variant(BigInteger(), "postgresql")  # 64 bits on both


def clean(text: str) -> str:
    """What a table takes on either database: no NUL, no halves of characters."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("first_minute", Number),  # of the events counted; null before the first
    Column("last_minute", Number),  # inclusive
    Column("commits", Number, nullable=False, server_default="0"),
    Column("unjudged_minute", Number),  # the earliest with events that came since judging; null: none came
    Column("quiet_until", Number),  # the last moment at which its silence was judged
    sqlite_strict=True,
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, ForeignKey("sources.name"), nullable=False),
    Column("path", LargeBinary, nullable=False),  # a path is bytes, not always text
    Column("device", Text, nullable=False),  # decimal: devices and inodes may need all 64 bits
    Column("inode", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("head_length", Number, nullable=False),
    Column("head_hash", Text, nullable=False),
    Column("tail_hash", Text, nullable=False),
    Column("offset_bytes", Number, nullable=False),
    Column("compression", Text),
    Column("size_bytes", Number, nullable=False),  # on disk, of a compressed file read to its end; else 0
    Column("torn", Integer, nullable=False),  # 0 or 1
    Column("truncations", Integer, nullable=False),
    Column("first_seen", Number, nullable=False),  # seconds since the epoch, as all times but minutes
    Column("last_seen", Number, nullable=False),
    UniqueConstraint("source", "device", "inode", "generation"),
    sqlite_strict=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file", Integer, ForeignKey("files.id"), nullable=False),
    Column("start_byte", Number, nullable=False),  # of the uncompressed file
    Column("end_byte", Number, nullable=False),
    Column("first_minute", Number),
    Column("last_minute", Number),  # inclusive
    Column("lines_read", Number, nullable=False),
    Column("lines_counted", Number, nullable=False),
    Column("lines_filtered", Number, nullable=False),
    Column("lines_duplicate", Number, nullable=False),
    Column("lines_rejected", Text, nullable=False),  # JSON: {reason: lines}
    Column("samples", Text, nullable=False),  # JSON: [[reason, offset, line]]
    Column("committed_at", Number, nullable=False),
    Index(None, "file", "start_byte"),
    Index(None, "last_minute", "first_minute"),
    sqlite_strict=True,
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, ForeignKey("sources.name"), nullable=False),
    Column("digest", LargeBinary, nullable=False),  # of all columns that follow; see writing.digest
    Column("service", Text),
    Column("kind", Text, nullable=False),
    Column("operation", Text),
    Column("method", Text),
    Column("route", Text),
    Column("status", Number),
    Column("error", Text),
    Column("host", Text),
    Column("labels", Text, nullable=False),  # JSON: {name: value}, sorted
    UniqueConstraint("source", "digest"),
    sqlite_autoincrement=True,  # a number is never given again, whatever is merged away
    sqlite_strict=True,
)

route_marks = Table(
    "route_marks",
    metadata,
    Column("source", Text, ForeignKey("sources.name"), primary_key=True),
    Column("mark", Text, primary_key=True),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

retention = Table(
    "retention",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("minutes_from", Number),  # null: nothing has been trimmed
    Column("hours_from", Number),
    sqlite_strict=True,
)


judging = Table(
    "judging",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("round", Number, nullable=False),  # of two that judge at once, one records
    Column("until_minute", Number),  # the last moment judged; null before the first
    sqlite_strict=True,
)

judged = Table(
    "judged",
    metadata,
    Column("objective", Text, primary_key=True),
    Column("definition", Text, nullable=False),  # hash of the objective's own
    Column("from_minute", Number, nullable=False),  # since when it is judged by this definition
    Column("until_minute", Number, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("objective", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("provisional", Integer, nullable=False),  # 0 or 1
    Column("share", Text, nullable=False),  # of the tier, as a fraction: 1/50
    Column("long_minutes", Number, nullable=False),
    Column("severity", Text, nullable=False),
    Column("opened_minute", Number, nullable=False),
    Column("opening", Text, nullable=False),  # JSON: the tier's numbers when it opened
    Column("closed_minute", Number),
    Column("ending", Text),
    Column("late", Integer, nullable=False),  # 0 or 1
    Column("recorded_at", Number, nullable=False),
    Index(None, "objective", "opened_minute"),
    Index(None, "closed_minute"),
    sqlite_autoincrement=True,  # a number names one alert for ever
    sqlite_strict=True,
)

silences = Table(
    "silences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("quiet_since", Number, nullable=False),
    Column("limit_minutes", Number, nullable=False),
    Column("learned", Integer, nullable=False),  # 0 or 1
    Column("opened_minute", Number, nullable=False),
    Column("closed_minute", Number),
    Column("ending", Text),
    Column("recorded_at", Number, nullable=False),
    Index(None, "source", "opened_minute"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

quiet_hours = Table(
    "quiet_hours",
    metadata,
    Column("source", Text, primary_key=True),
    Column("hour", Number, primary_key=True, autoincrement=False),  # its first minute
    Column("quiet_minutes", Number, nullable=False),  # the longest silence met in it
    Column("busy_minutes", Number, nullable=False),  # its minutes with events
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("files", Text, nullable=False),  # JSON: {path: text}
    Column("first_seen", Number, nullable=False),
    Column("last_seen", Number, nullable=False),
    sqlite_strict=True,
)

in_force = Table(
    "in_force",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("definition", Text, ForeignKey("definitions.hash"), nullable=False),
    Column("from_minute", Number, nullable=False),  # moments after it were judged by these definitions
    Column("since", Number, nullable=False),
    sqlite_strict=True,
)


def _rollup(name: str) -> Table:
    """`minute` is the first minute of the row's time; the counts come before the histogram, so that adding
    them up does not touch the pages that a long histogram spills to."""
    return Table(
        name,
        metadata,
        Column("minute", Number, primary_key=True, autoincrement=False),
        Column("series", Integer, primary_key=True, autoincrement=False),
        Column("events", Number, nullable=False),
        Column("duration_us", Number, nullable=False),
        Column("latencies", LargeBinary, nullable=False),  # packed pairs, see histograms
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )


ROLLUPS = {1: _rollup("rollup_minutes"), HOUR: _rollup("rollup_hours"), DAY: _rollup("rollup_days")}
