"""What people decide and do, what users say apart from the logs, and reports as they were issued."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acts"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_acts_kind_subject", "acts", ["kind", "subject"])
    op.create_index("ix_acts_at", "acts", ["at"])
    op.create_table(
        "signals",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("amount", NUMBER, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("journey", sa.Text),
        sa.Column("by_hand", sa.Integer, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("recorded_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signals"),
        sa.UniqueConstraint("kind", "key", name="uq_signals_kind_key"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_signals_kind_at", "signals", ["kind", "at"])
    op.create_table(
        "issued_reports",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("from_minute", NUMBER, nullable=False),
        sa.Column("end_minute", NUMBER, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("issued_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issued_reports"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_issued_reports_kind_team_from_minute", "issued_reports", ["kind", "team", "from_minute"]
    )
