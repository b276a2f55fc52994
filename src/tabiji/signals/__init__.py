"""What users say and do apart from the logs → plain values: enquiries, cancellations, revenue, voices."""

from tabiji.signals.entries import read_entries
from tabiji.signals.facts import KINDS, Kind, Signal, is_unplaced
from tabiji.signals.faults import faults
from tabiji.signals.rules import Rule, journey_of
from tabiji.signals.tables import FIELDS, Field, Read, TableError, read

__all__ = [
    "FIELDS",
    "KINDS",
    "Field",
    "Kind",
    "Read",
    "Rule",
    "Signal",
    "TableError",
    "faults",
    "is_unplaced",
    "journey_of",
    "read",
    "read_entries",
]
