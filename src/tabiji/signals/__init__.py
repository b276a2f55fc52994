"""What users say and do apart from the logs → plain values: enquiries, cancellations, revenue, voices."""

from tabiji.signals.entries import read_entries
from tabiji.signals.facts import KINDS, Kind, Signal, is_unplaced
from tabiji.signals.faults import faults
from tabiji.signals.links import DAYS_MIN, Link, Verdict, link
from tabiji.signals.rules import Rule, journey_of
from tabiji.signals.tables import FIELDS, Field, Read, TableError, read

__all__ = [
    "DAYS_MIN",
    "FIELDS",
    "KINDS",
    "Field",
    "Kind",
    "Link",
    "Read",
    "Rule",
    "Signal",
    "TableError",
    "Verdict",
    "faults",
    "is_unplaced",
    "journey_of",
    "link",
    "read",
    "read_entries",
]
