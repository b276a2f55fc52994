"""What users say and do apart from the logs → plain values: enquiries, cancellations, revenue, voices."""

from tabiji.signals.facts import KINDS, Kind, Signal
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
    "journey_of",
    "read",
]
