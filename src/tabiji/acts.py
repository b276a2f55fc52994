"""What people decided or did, as plain values: one act after the other, and never one taken back unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Body = Mapping[str, object]  # what JSON can say


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody did or decided something: `what`, to which thing, when (seconds since the epoch), by whom.

    A thing is a `kind` (a review, an action item, a mission …) and a `subject` (which one); how it stands is the
    fold of its acts in the order of their numbers, at any past moment, too. An act without a subject begins a
    new thing, which is then called by the number of that act. `body` holds the words and choices. `number` is the
    store's, 0 before it is kept.
    """

    kind: str
    subject: str
    what: str
    at: int
    who: str
    body: Body = field(default_factory=dict)
    number: int = 0
