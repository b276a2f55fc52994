"""Action items as they stood at the end of a period → what is due, what came of others, which concerns were raised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tabiji.language import _, headings, listed, ngettext, pgettext
from tabiji.reports.actions import ORIGINS, SORTS, STATES
from tabiji.reports.periodic import dates, phrases
from tabiji.reports.periodic.blocks import Block, Bullets, Heading, Paragraph, Tabled
from tabiji.reports.periodic.facts import ActionFacts, Report
from tabiji.reports.words import Table

ROWS_MAX = 20
NAMED_MAX = 3  # that are overdue, in a sentence


def short(report: Report) -> list[str]:
    """What is overdue, in a sentence."""
    overdue = [one for one in report.actions if one.state == "overdue"]
    if not overdue:
        return []
    names = listed(pgettext("a title", "“{title}”", title=one.title) for one in overdue[:NAMED_MAX])
    if len(overdue) > NAMED_MAX:
        names = _("{names} and more", names=names)
    return [
        ngettext(
            "One action item is overdue: {names}.",
            "{n} action items are overdue: {names}.",
            len(overdue),
            n=len(overdue),
            names=names,
        )
    ]


def due(report: Report) -> list[Block]:
    """Of a week: what is due until the end of the next one, what came of others, and concerns."""
    last = (report.period.last_day + timedelta(days=7)).isoformat()
    open_ = [one for one in _open(report) if one.sort != "concern"]
    soon = [one for one in open_ if one.due is not None and one.due <= last]
    blocks: list[Block] = []
    if open_:
        blocks.append(Heading(_("What is due")))
        blocks += _table(report, soon)
        later = len(open_) - len(soon)
        if later:
            said = ngettext(
                "One more action item is open, due later or on no certain day.",
                "{n} more action items are open, due later or on no certain day.",
                later,
                n=later,
            )
            blocks.append(Paragraph(said, "note"))
    return [*blocks, *_ended(report, _("What was done")), *concerns(report)]


def done(report: Report) -> list[Block]:
    """Of a month: what was done, what is still to be done, and concerns."""
    blocks = _ended(report, _("What was done about it"))
    open_ = [one for one in _open(report) if one.sort != "concern"]
    if not open_:
        return blocks
    overdue = [one for one in open_ if one.state == "overdue"]
    said = [
        ngettext(
            "One action item is still open.", "{n} action items are still open.", len(open_), n=len(open_)
        )
    ]
    if overdue:
        said.append(
            ngettext("One of them is overdue:", "{n} of them are overdue:", len(overdue), n=len(overdue))
        )
    if not blocks:
        blocks = [Heading(_("What was done about it"))]
    blocks.append(Paragraph(phrases.joined(said)))
    return [*blocks, *_table(report, overdue)]


def concerns(report: Report) -> list[Block]:
    """What worries somebody: raised in this period, or earlier and still so."""
    found = [one for one in _open(report) if one.sort == "concern"]
    if not found:
        return []
    return [Heading(_("Concerns")), Bullets(tuple(_concern(report, one) for one in found[:ROWS_MAX]))]


def _open(report: Report) -> list[ActionFacts]:
    return [one for one in report.actions if one.ended_minute is None]


def _table(report: Report, some: Sequence[ActionFacts]) -> list[Block]:
    if not some:
        return []
    table = Table(
        headings("due on", "what", "team", "owner", "state"),
        tuple(
            (
                phrases.NOTHING if one.due is None else dates.on(date.fromisoformat(one.due)),
                _titled(one),
                one.team or phrases.NOTHING,
                _people(one),
                _(STATES[one.state]),
            )
            for one in some[:ROWS_MAX]
        ),
        frozenset(),
    )
    more = len(some) - ROWS_MAX
    note = ngettext("There is 1 more.", "There are {n} more.", more, n=more) if more > 0 else ""
    return [Tabled(table, note)]


def _people(one: ActionFacts) -> str:
    if one.owner is None:
        return pgettext("the owner of an action item", "nobody yet")
    if one.supporter is None:
        return one.owner
    return _("{owner}, with {supporter}", owner=one.owner, supporter=one.supporter)


def _titled(one: ActionFacts) -> str:
    if one.sort == "action":
        return one.title
    return _("{sort}: {title}", sort=_(SORTS[one.sort]), title=one.title)


def _ended(report: Report, heading: str) -> list[Block]:
    ended = [one for one in report.actions if one.ended_minute is not None]
    if not ended:
        return []
    said = [
        _(
            "“{title}” ({origin}): {state}. {outcome}",
            title=one.title,
            origin=_origin(one),
            state=_(STATES[one.state]),
            outcome=one.outcome,
        )
        for one in sorted(ended, key=lambda one: (one.ended_minute or 0, one.number))
    ]
    return [Heading(heading), Bullets(tuple(said[:ROWS_MAX]))]


def _concern(report: Report, one: ActionFacts) -> str:
    return (
        _(
            "“{title}”: raised by {who} on {day} ({origin}); {owner} sees to it.",
            title=one.title,
            who=one.opened_by,
            day=dates.day(one.opened_minute, report.zone),
            origin=_origin(one),
            owner=one.owner,
        )
        if one.owner is not None
        else _(
            "“{title}”: raised by {who} on {day} ({origin}); nobody sees to it yet.",
            title=one.title,
            who=one.opened_by,
            day=dates.day(one.opened_minute, report.zone),
            origin=_origin(one),
        )
    )


def _origin(one: ActionFacts) -> str:
    return _(ORIGINS[one.origin], which=one.which)
