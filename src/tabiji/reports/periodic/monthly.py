"""The facts of a month → the report for the business: each journey in plain words, what users suffered, the trend."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from tabiji.budgets import AT_RISK_REMAINING
from tabiji.language import _, headings, pgettext
from tabiji.reports.numbers import number
from tabiji.reports.periodic import dates, phrases, sections, todo
from tabiji.reports.periodic.blocks import Block, Bullets, Heading, Pages, Paragraph, Tabled
from tabiji.reports.periodic.facts import JourneyFacts, Promise, Report
from tabiji.reports.words import Table

CHARTS_MAX = 10  # of journeys
NOT_KEPT = " ✗"


def pages(report: Report) -> Pages:
    """The monthly report in words."""
    month = dates.name(report.period)
    pictured = _pictured(report)
    title = _("How users fared in {month}", month=month)
    if report.team is not None:
        title = _("How users fared in {month}: {owner}", month=month, owner=sections.owner(report))
    return Pages(
        title,
        sections.subtitle(report),
        (
            *sections.lead(report),
            *_overview(report),
            *(block for journey in report.journeys for block in _journey(report, journey, pictured)),
            *sections.incidents(report, _("What users suffered")),
            *_speed(report),
            *_done(report),
            *todo.concerns(report),
            *sections.voices(report),
            *sections.corrected(report),
            *sections.coverage(report),
            *sections.reading(),
        ),
    )


def _overview(report: Report) -> list[Block]:
    rows = []
    for journey in report.journeys:
        promises = [one for one in journey.promises if one.agreed]
        seen = [one for one in promises if one.kept is not None]
        kept = sum(one.kept is True for one in seen)
        if not promises:
            said = pgettext("promise", "nothing agreed yet")
        elif not seen:
            said = pgettext("promise", "no data")
        elif kept == len(seen):
            said = pgettext("promise", "kept")
        else:
            said = _("{kept} of {n} kept", kept=number(kept), n=number(len(seen)))
        worst = _worst(journey)
        incidents = [
            one for one in report.incidents if one.journey == journey.name and one.verdict != "false"
        ]
        rows.append(
            (
                phrases.words(journey.title, journey.name),
                said,
                phrases.NOTHING if worst is None else phrases.left(worst.left),
                number(len(incidents)),
            )
        )
    if not rows:
        return [Heading(_("The journeys")), Paragraph(_("Nothing is promised yet."))]
    table = Table(headings("journey", "promises", "left", "incidents"), tuple(rows), frozenset({2, 3}))
    note = _("Left: of what may fail, of the promise that has the least left at the end of the month.")
    return [Heading(_("The journeys")), Tabled(table, note)]


def _worst(journey: JourneyFacts) -> Promise | None:
    """The agreed promise with the least left; one on trial where nothing is agreed."""
    agreed = [one for one in journey.promises if one.agreed] or list(journey.promises)
    return min(agreed, key=lambda one: (one.left is None, one.left or Fraction(0)), default=None)


def _pictured(report: Report) -> set[str]:
    """The journeys whose worst promise is drawn: where there is something to see, the worst of many."""
    found = [
        (worst.left is None, worst.left or Fraction(0), journey.name)
        for journey in report.journeys
        for worst in [_worst(journey)]
        if worst is not None and worst.period.bad and _matters(report, journey, worst)
    ]
    return {name for *_left, name in sorted(found)[:CHARTS_MAX]}


def _journey(report: Report, journey: JourneyFacts, pictured: Collection[str]) -> list[Block]:
    blocks: list[Block] = [Heading(phrases.words(journey.title, journey.name), 3)]
    if journey.why is not None:
        blocks.append(Paragraph(phrases.words(journey.why, ""), "note"))
    agreed = [one for one in journey.promises if one.agreed]
    trials = [one for one in journey.promises if not one.agreed]
    said = [phrases.promise_sentence(journey, one) for one in agreed]
    said += [_("On trial: {sentence}", sentence=phrases.promise_sentence(journey, one)) for one in trials]
    blocks.append(Bullets(tuple(said)))
    worst = _worst(journey)
    if worst is not None and journey.name in pictured:
        blocks.append(sections.picture(report, journey, worst))
    if report.months and journey.promises:
        blocks.append(_trend(report, journey))
    return blocks


def _matters(report: Report, journey: JourneyFacts, worst: Promise) -> bool:
    """Whether there is something to be seen that one should see."""
    risk = worst.left is not None and worst.left < AT_RISK_REMAINING
    return worst.kept is False or risk or any(one.journey == journey.name for one in report.incidents)


def _first(report: Report) -> int:
    """The place of the first month of which anything is known: those before it would be empty columns."""
    for place, month in enumerate(report.months):
        sums = [
            one.months[place]
            for journey in report.journeys
            for one in journey.promises
            if place < len(one.months)
        ]
        if (
            any(one is not None and one.total for one in sums)
            or month.incidents
            or month.missed
            or month.false
        ):
            return place
    return max(len(report.months) - 1, 0)


def _trend(report: Report, journey: JourneyFacts) -> Tabled:
    """Each promise in the last months."""
    first = _first(report)
    months = [dates.month(one.from_minute, report.zone) for one in report.months[first:]]
    rows = tuple(
        (
            phrases.words(one.title, one.name) + ("" if one.agreed else " °"),
            phrases.promised(one),
            *(_month(one, place) for place in range(first, len(report.months))),
        )
        for one in journey.promises
    )
    table = Table(
        (*headings("promise to users", "promised"), *months), rows, frozenset(range(1, len(months) + 2))
    )
    cells = [cell for row in rows for cell in row[2:]]
    notes = []
    if any(cell.endswith(NOT_KEPT) for cell in cells):
        notes.append(_("✗: not kept in that month."))
    if phrases.NOTHING in cells:
        notes.append(_("–: no data, or no longer kept."))
    if not all(one.agreed for one in journey.promises):
        notes.append(_("° On trial: nobody is notified."))
    return Tabled(table, phrases.joined(notes) if notes else "")


def _month(promise: Promise, place: int) -> str:
    of = promise.months[place] if place < len(promise.months) else None
    kept = promise.kept_in(of)
    if kept is None:
        return phrases.NOTHING
    return phrases.good(of, promise) + ("" if kept else NOT_KEPT)


def _speed(report: Report) -> list[Block]:
    """How fast incidents are noticed and over, over the months."""
    if not any(one.incidents or one.missed or one.false for one in report.months):
        return []
    table = Table(
        headings("month", "incidents", "noticed after", "over after", "missed", "false alarms"),
        tuple(
            (
                dates.month(one.from_minute, report.zone),
                number(one.incidents),
                phrases.average(one.detect_minutes),
                phrases.average(one.recover_minutes),
                number(one.missed),
                number(one.false),
            )
            for one in report.months[_first(report) :]
        ),
        frozenset({1, 2, 3, 4, 5}),
    )
    note = _(
        "On average from the first bad minute (MTTD, MTTR), with the median: half of them took no longer. "
        "Missed: nobody was told. Missed ones and false alarms do not count for the averages."
    )
    return [Heading(_("How fast it was noticed and mended")), Tabled(table, note)]


def _done(report: Report) -> list[Block]:
    """What was done about it."""
    found = [*todo.done(report), *sections.policies(report), *sections.marks(report)]
    if found:
        return found
    return [Heading(_("What was done about it")), Paragraph(_("Nothing came due, and nothing was marked."))]
