"""The first schema: files and their ledger, series, rollups of minutes, hours and days."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("first_minute", NUMBER),
        sa.Column("last_minute", NUMBER),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
        sqlite_strict=True,
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("inode", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("head_length", NUMBER, nullable=False),
        sa.Column("head_hash", sa.Text, nullable=False),
        sa.Column("tail_hash", sa.Text, nullable=False),
        sa.Column("offset_bytes", NUMBER, nullable=False),
        sa.Column("compression", sa.Text),
        sa.Column("size_bytes", NUMBER, nullable=False),
        sa.Column("torn", sa.Integer, nullable=False),
        sa.Column("truncations", sa.Integer, nullable=False),
        sa.Column("first_seen", NUMBER, nullable=False),
        sa.Column("last_seen", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_files_source"),
        sa.UniqueConstraint(
            "source", "device", "inode", "generation", name="uq_files_source_device_inode_generation"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("file", sa.Integer, nullable=False),
        sa.Column("start_byte", NUMBER, nullable=False),
        sa.Column("end_byte", NUMBER, nullable=False),
        sa.Column("first_minute", NUMBER),
        sa.Column("last_minute", NUMBER),
        sa.Column("lines_read", NUMBER, nullable=False),
        sa.Column("lines_counted", NUMBER, nullable=False),
        sa.Column("lines_filtered", NUMBER, nullable=False),
        sa.Column("lines_duplicate", NUMBER, nullable=False),
        sa.Column("lines_rejected", sa.Text, nullable=False),
        sa.Column("samples", sa.Text, nullable=False),
        sa.Column("committed_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name="fk_ledger_file"),
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_file_start_byte", "ledger", ["file", "start_byte"])
    op.create_index("ix_ledger_last_minute_first_minute", "ledger", ["last_minute", "first_minute"])
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("service", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("operation", sa.Text),
        sa.Column("method", sa.Text),
        sa.Column("route", sa.Text),
        sa.Column("status", NUMBER),
        sa.Column("error", sa.Text),
        sa.Column("host", sa.Text),
        sa.Column("labels", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_series_source"),
        sa.UniqueConstraint("source", "digest", name="uq_series_source_digest"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "route_marks",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "mark", name="pk_route_marks"),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_route_marks_source"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "retention",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("minutes_from", NUMBER),
        sa.Column("hours_from", NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_retention"),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO retention (id) VALUES (1)")
    for grain in ("minutes", "hours", "days"):
        op.create_table(
            f"rollup_{grain}",
            sa.Column("minute", NUMBER, nullable=False, autoincrement=False),
            sa.Column("series", sa.Integer, nullable=False, autoincrement=False),
            sa.Column("events", NUMBER, nullable=False),
            sa.Column("duration_us", NUMBER, nullable=False),
            sa.Column("latencies", sa.LargeBinary, nullable=False),
            sa.PrimaryKeyConstraint("minute", "series", name=f"pk_rollup_{grain}"),
            sqlite_with_rowid=False,
            sqlite_strict=True,
        )
