"""A report → the few sentences that a chat or a mail says of it: the title, and what one must know."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.reports import periodic
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.periodic import packing, sections
from tabiji.reports.periodic.facts import Report


@dataclass(frozen=True, slots=True)
class Said:
    """One line, and paragraphs; in the language that is spoken."""

    title: str
    lines: tuple[str, ...]


def said(report: Report, notes: tuple[str, ...] = ()) -> Said:
    """What is told of a report; `notes` say that it was revised."""
    return Said(periodic.pages(report).title, (*notes, *sections.short(report)))


def as_text(report: Report, notes: tuple[str, ...] = ()) -> str:
    """The same as a text, to be pasted."""
    told = said(report, notes)
    return "\n".join([told.title, "", *(f"- {line}" for line in told.lines)]) + "\n"


def told(report: Report) -> Json:
    """Which report it is, and how its promises did, for programs."""
    document = packing.document(report)
    return {
        "report": {
            "kind": report.kind,
            "team": report.team,
            "period": report.period.key,
            "from": iso_time(report.from_minute * 60),
            "to": iso_time(report.to_minute * 60),
        },
        "promises": [
            {key: one[key] for key in ("id", "target", "state", "period", "before")}
            for journey in document["journeys"]
            for one in journey["promises"]
        ],
    }
