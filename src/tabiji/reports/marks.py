"""Marks → sentences, tables and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabiji.language import N_, _, headings, listed, pgettext
from tabiji.marks import Kind, Mark
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local
from tabiji.reports.words import Table

KINDS: Mapping[Kind, str] = {
    "deployment": N_("deployment"),
    "push": N_("push"),
    "campaign": N_("campaign"),
    "maintenance": N_("maintenance"),
    "other": N_("other"),
}


def mark_json(mark: Mark) -> Json:
    """A mark as the commands and the API show it; `until` is null for a moment, `journeys` empty for all."""
    return {
        "number": mark.number,
        "kind": mark.kind,
        "title": mark.title,
        "from": iso_time(mark.from_second),
        "until": None if mark.until_second is None else iso_time(mark.until_second),
        "journeys": list(mark.journeys),
        "link": mark.link,
        "author": mark.author,
        "key": mark.key,
    }


def mark_sentence(mark: Mark) -> str:
    """What happened, in a line among others."""
    return f"{_(KINDS[mark.kind])}: {mark.title}" + (f" ({mark.link})" if mark.link else "")


def mark_table(marks: Iterable[Mark], zone: str) -> Table:
    """One row per mark."""
    return Table(
        headings("#", "from", "to", "kind", "title", "journeys", "author"),
        tuple(
            (
                str(mark.number),
                local(mark.from_second // 60, zone),
                "–" if mark.until_second is None else local(mark.until_second // 60, zone),
                _(KINDS[mark.kind]),
                mark.title,
                listed(mark.journeys) or pgettext("journeys", "all"),
                mark.author,
            )
            for mark in marks
        ),
        frozenset({0}),
    )
