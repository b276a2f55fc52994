"""The facts of a week → the report for a team: every promise against the week before, drops with their causes."""

from __future__ import annotations

from fractions import Fraction

from tabiji.language import _, headings, ngettext
from tabiji.reports.periodic import dates, phrases, sections, todo
from tabiji.reports.periodic.blocks import Block, Bullets, Heading, Pages, Paragraph, Tabled
from tabiji.reports.periodic.facts import Report
from tabiji.reports.words import STATES, Table

DROPS_MAX = 6  # promises whose causes are told


def pages(report: Report) -> Pages:
    """The weekly report in words."""
    title = _("Week of {week}: {owner}", week=dates.name(report.period), owner=sections.owner(report))
    return Pages(
        title,
        sections.subtitle(report),
        (
            *sections.lead(report),
            *_promises(report),
            *_drops(report),
            *sections.incidents(report, _("Incidents")),
            *sections.alerts(report),
            *sections.policies(report),
            *todo.due(report),
            *sections.marks(report),
            *sections.voices(report),
            *sections.operations(report),
            *sections.corrected(report),
            *sections.coverage(report),
            *sections.reading(),
        ),
    )


def _promises(report: Report) -> list[Block]:
    blocks: list[Block] = [Heading(_("Every promise, against the week before"))]
    rows = []
    trials = 0
    for journey in report.journeys:
        for one in journey.promises:
            trials += not one.agreed
            rows.append(
                (
                    phrases.titled(journey, one) + ("" if one.agreed else " °"),
                    phrases.promised(one),
                    phrases.good(one.period, one),
                    phrases.good(one.before, one),
                    phrases.change(one),
                    ("≈ " if one.estimated and one.left is not None else "") + phrases.left(one.left),
                    phrases.left(one.left_before),
                    _(STATES[one.state]),
                )
            )
    if not rows:
        return [*blocks, Paragraph(_("Nothing is promised yet."))]
    table = Table(
        headings(
            "promise to users", "promised", "good", "week before", "change", "left", "left before", "state"
        ),
        tuple(rows),
        frozenset({1, 2, 3, 5, 6}),
    )
    notes = [_("Left: of what may fail in the promise's own window, at the end of the week.")]
    if trials:
        notes.append(_("° On trial: nobody is notified."))
    if any(one.estimated for journey in report.journeys for one in journey.promises):
        notes.append(_("≈ An estimate, for its window goes on."))
    return [*blocks, Tabled(table, phrases.joined(notes))]


def _drops(report: Report) -> list[Block]:
    """Where it was worse than promised, and why."""
    found = [
        (journey, one) for journey, one in phrases.agreed(report) if one.period.bad and one.kept is False
    ]
    found.sort(key=lambda pair: -(pair[1].period.share or 0) / (1 - Fraction(pair[1].target)))
    if not found:
        return []
    blocks: list[Block] = [Heading(_("Drops, and where they come from"))]
    for journey, one in found[:DROPS_MAX]:
        blocks.append(Heading(phrases.titled(journey, one), 3))
        blocks.append(Paragraph(phrases.promise_sentence(journey, one)))
        blocks.append(sections.picture(report, journey, one))
        causes = phrases.causes(one)
        if causes:
            blocks.append(Bullets(causes))
    more = len(found) - DROPS_MAX
    if more > 0:
        blocks.append(
            Paragraph(
                ngettext(
                    "One more promise was not kept; the table above has it.",
                    "{n} more promises were not kept; the table above has them.",
                    more,
                    n=more,
                ),
                "note",
            )
        )
    return blocks
