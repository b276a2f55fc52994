"""Signals → tables and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabiji.language import N_, _, headings
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local
from tabiji.reports.words import Table
from tabiji.signals import Kind, Signal

KINDS: Mapping[Kind, str] = {
    "enquiry": N_("enquiry"),
    "churn": N_("cancellation"),
    "revenue": N_("revenue"),
    "voice": N_("voice"),
}


def signal_json(signal: Signal) -> Json:
    """A signal as the commands and the API show it; `journey` is null where nothing tells which one it is about."""
    return {
        "number": signal.number,
        "kind": signal.kind,
        "at": iso_time(signal.at),
        "amount": signal.amount,
        "text": signal.text,
        "journey": signal.journey,
        "by_hand": signal.by_hand,
        "author": signal.author,
        "key": signal.key,
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
