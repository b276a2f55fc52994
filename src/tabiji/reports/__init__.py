"""Standings, counts and accounts → JSON documents, tables and sentences, as plain values."""

from tabiji.reports.documents import (
    Count,
    Ingested,
    Json,
    count_json,
    ingest_json,
    iso_time,
    sort_counts,
    status_json,
)
from tabiji.reports.numbers import (
    decimal_text,
    exact_percent,
    latency,
    minutes,
    number,
    percent,
    percents,
    rate,
)
from tabiji.reports.words import (
    REASONS,
    STATES,
    Table,
    sentences,
    status_notes,
    status_table,
    step_table,
    tier_table,
)

__all__ = [
    "REASONS",
    "STATES",
    "Count",
    "Ingested",
    "Json",
    "Table",
    "count_json",
    "decimal_text",
    "exact_percent",
    "ingest_json",
    "iso_time",
    "latency",
    "minutes",
    "number",
    "percent",
    "percents",
    "rate",
    "sentences",
    "sort_counts",
    "status_json",
    "status_notes",
    "status_table",
    "step_table",
    "tier_table",
]
