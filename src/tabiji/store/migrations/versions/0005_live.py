"""What a running server remembers: leases, pushed batches, tokens, marks, and what it told whom."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("until", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "received_batches",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("received_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("source", "batch", name="pk_received_batches"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("ix_received_batches_received_at", "received_batches", ["received_at"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER),
        sa.Column("revoked_at", NUMBER),
        sa.Column("used_at", NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "marks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("from_second", NUMBER, nullable=False),
        sa.Column("until_second", NUMBER),
        sa.Column("journeys", sa.Text, nullable=False),
        sa.Column("link", sa.Text),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("recorded_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_marks"),
        sa.UniqueConstraint("key", name="uq_marks_key"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_marks_from_second", "marks", ["from_second"])
    op.create_table(
        "told",
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("knows", sa.Text, nullable=False),
        sa.Column("open", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("receiver", "topic", name="pk_told"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("ix_told_open", "told", ["open"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("due_at", NUMBER, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ended_at", NUMBER),
        sa.Column("failure", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    op.create_index("ix_outbox_receiver_topic", "outbox", ["receiver", "topic"])
    op.create_table(
        "notice_references",
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("receiver", "topic", name="pk_notice_references"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "telling",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("round", NUMBER, nullable=False),
        sa.Column("until_minute", NUMBER),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("elapsed", NUMBER, nullable=False),
        sa.Column("incident", NUMBER, nullable=False),
        sa.Column("alert", NUMBER, nullable=False),
        sa.Column("silence", NUMBER, nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_telling"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO telling (id, round, at, elapsed, incident, alert, silence, change) "
        "VALUES (1, 0, 0, 0, 0, 0, 0, 0)"
    )
