"""The ledger of what policies did, and how far they were asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "agreeing",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("round", NUMBER, nullable=False),
        sa.Column("until_minute", NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_agreeing"),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO agreeing (id, round) VALUES (1, 0)")
    op.create_table(
        "policy_changes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("minute", NUMBER, nullable=False),
        sa.Column("began_minute", NUMBER, nullable=False),
        sa.Column("acted_minute", NUMBER),
        sa.Column("suspended_until", NUMBER),
        sa.Column("ended_minute", NUMBER),
        sa.Column("actions", sa.Text, nullable=False),
        sa.Column("owners", sa.Text, nullable=False),
        sa.Column("exception", sa.Text),
        sa.Column("recorded_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_changes"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_policy_changes_policy_step_objective", "policy_changes", ["policy", "step", "objective"]
    )
    op.create_index("ix_policy_changes_minute", "policy_changes", ["minute"])
