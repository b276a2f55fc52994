"""Signals → tables and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabiji.language import N_, _, headings
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local
from tabiji.reports.words import Table
from tabiji.signals import Kind, Read, Signal

KINDS: Mapping[Kind, str] = {
    "enquiry": N_("enquiry"),
    "churn": N_("cancellation"),
    "revenue": N_("revenue"),
    "voice": N_("voice"),
}


def signal_json(signal: Signal, *, words: bool = True) -> Json:
    """A signal as the commands and the API show it; `journey` is null where nothing tells which one it is about.

    Without `words` the text is null, but for voices, which are for everybody: users' letters may name them.
    """
    return {
        "number": signal.number,
        "kind": signal.kind,
        "at": iso_time(signal.at),
        "amount": signal.amount,
        "text": signal.text if words or signal.kind == "voice" else None,
        "journey": signal.journey,
        "by_hand": signal.by_hand,
        "author": signal.author,
        "key": signal.key,
    }


def import_json(kind: Kind, found: Read, new: int) -> Json:
    """What became of a file or a document that was taken in."""
    return {
        "kind": kind,
        "new": new,
        "known": len(found.signals) - new,
        "unplaced": sum(one.journey is None for one in found.signals),
        "faulty": [{"line": line, "message": message} for line, message in found.faults],
        "unread_columns": list(found.unread),
    }


def signal_table(some: Iterable[Signal], zone: str) -> Table:
    """One row per signal."""
    return Table(
        headings("#", "time", "kind", "amount", "journey", "text"),
        tuple(
            (
                str(one.number),
                local(one.at // 60, zone),
                _(KINDS[one.kind]),
                f"{one.amount:,}",
                one.journey or "–",
                " ".join(one.text.split()),
            )
            for one in some
        ),
        frozenset({0, 3}),
    )
