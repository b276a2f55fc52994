"""Alerts, silences, how far all is judged, and the definitions that were judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.add_column("sources", sa.Column("commits", NUMBER, nullable=False, server_default="0"))
    op.add_column("sources", sa.Column("unjudged_minute", NUMBER))
    op.add_column("sources", sa.Column("quiet_until", NUMBER))
    op.create_table(
        "judging",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("round", NUMBER, nullable=False),
        sa.Column("until_minute", NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_judging"),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO judging (id, round) VALUES (1, 0)")
    op.create_table(
        "judged",
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("from_minute", NUMBER, nullable=False),
        sa.Column("until_minute", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("objective", name="pk_judged"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("provisional", sa.Integer, nullable=False),
        sa.Column("share", sa.Text, nullable=False),
        sa.Column("long_minutes", NUMBER, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("opened_minute", NUMBER, nullable=False),
        sa.Column("opening", sa.Text, nullable=False),
        sa.Column("closed_minute", NUMBER),
        sa.Column("ending", sa.Text),
        sa.Column("late", sa.Integer, nullable=False),
        sa.Column("recorded_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_alerts_objective_opened_minute", "alerts", ["objective", "opened_minute"])
    op.create_index("ix_alerts_closed_minute", "alerts", ["closed_minute"])
    op.create_table(
        "silences",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("quiet_since", NUMBER, nullable=False),
        sa.Column("limit_minutes", NUMBER, nullable=False),
        sa.Column("learned", sa.Integer, nullable=False),
        sa.Column("opened_minute", NUMBER, nullable=False),
        sa.Column("closed_minute", NUMBER),
        sa.Column("ending", sa.Text),
        sa.Column("recorded_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_silences_source_opened_minute", "silences", ["source", "opened_minute"])
    op.create_table(
        "quiet_hours",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("hour", NUMBER, nullable=False, autoincrement=False),
        sa.Column("quiet_minutes", NUMBER, nullable=False),
        sa.Column("busy_minutes", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("source", "hour", name="pk_quiet_hours"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "definitions",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("first_seen", NUMBER, nullable=False),
        sa.Column("last_seen", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_definitions"),
        sqlite_strict=True,
    )
    op.create_table(
        "in_force",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("from_minute", NUMBER, nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_in_force"),
        sa.ForeignKeyConstraint(["definition"], ["definitions.hash"], name="fk_in_force_definition"),
        sqlite_strict=True,
    )
