"""Incidents, the alerts that fold into them, what people did to them, and how far they are judged."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("journey", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("opened_minute", NUMBER, nullable=False),
        sa.Column("closed_minute", NUMBER),
        sa.Column("closing", sa.Text),
        sa.Column("detections", sa.Text, nullable=False),
        sa.Column("floor_minute", NUMBER),
        sa.Column("ceiling_minute", NUMBER),
        sa.Column("merged_into", sa.Integer),
        sa.Column("measured", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.ForeignKeyConstraint(["merged_into"], ["incidents.id"], name="fk_incidents_merged_into"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_incidents_journey_opened_minute", "incidents", ["journey", "opened_minute"])
    op.create_table(
        "incident_alerts",
        sa.Column("alert", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("incident", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("alert", name="pk_incident_alerts"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_incident_alerts_incident"),
        sqlite_strict=True,
    )
    op.create_index("ix_incident_alerts_incident", "incident_alerts", ["incident"])
    op.create_table(
        "incident_facts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("incident", sa.Integer, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("minute", NUMBER),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_facts"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_incident_facts_incident"),
        sqlite_strict=True,
    )
    op.create_index("ix_incident_facts_incident", "incident_facts", ["incident"])
    op.create_table(
        "incident_progress",
        sa.Column("journey", sa.Text, nullable=False),
        sa.Column("until_minute", NUMBER, nullable=False),
        sa.Column("pending_minute", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("journey", name="pk_incident_progress"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
