"""The sections that reports are made of: facts → blocks, in the language that is spoken now."""

from __future__ import annotations

from fractions import Fraction

from tabiji.language import _, headings, listed, ngettext, pgettext
from tabiji.reports.numbers import minutes, number, percent
from tabiji.reports.periodic import dates, phrases, todo
from tabiji.reports.periodic.blocks import Block, Bullets, Heading, Paragraph, Picture, Quotes, Tabled
from tabiji.reports.periodic.facts import IncidentFacts, JourneyFacts, Promise, Report
from tabiji.reports.words import Table

NEW_MAX = 10  # operations that are listed


def subtitle(report: Report) -> str:
    """From when to when, on which clock; and that the period goes on."""
    period = report.period
    said = _(
        "From {first} to {last}, by the clock of {zone}.",
        first=dates.on(period.first_day),
        last=dates.on(period.last_day),
        zone=report.zone,
    )
    if not report.so_far:
        return said
    until = dates.moment(report.until_minute, report.zone)
    so_far = _("So far: this is as of {until}, and the period is not over.", until=until)
    return phrases.joined([said, so_far])


def owner(report: Report) -> str:
    """Whose report it is."""
    if report.team is None:
        return _("all teams")
    return report.team if report.team_title is None else phrases.words(report.team_title, report.team)


def missed(report: Report) -> list[tuple[JourneyFacts, Promise]]:
    """The agreed promises that were not kept in the period, or whose budget was gone at its end; the worst first."""
    found = [
        (journey, one)
        for journey, one in phrases.agreed(report)
        if one.kept is False or (one.left is not None and one.left <= 0)
    ]
    return sorted(found, key=lambda pair: (pair[1].left is None, pair[1].left or Fraction(0)))


def short(report: Report) -> list[str]:
    """What one must know, in a few sentences, the most important first."""
    promises = [one for _journey, one in phrases.agreed(report) if one.kept is not None]
    kept = sum(one.kept is True for one in promises)
    said = []
    if not promises:
        said.append(_("There were no events, so nothing can be said about any promise."))
    elif kept == len(promises):
        said.append(
            ngettext(
                "The one promise was kept.", "All {n} promises were kept.", len(promises), n=len(promises)
            )
        )
    else:
        said.append(_("{kept} of {n} promises were kept.", kept=number(kept), n=number(len(promises))))
    said += [phrases.promise_sentence(*pair) for pair in missed(report)[:3]]
    real = [one for one in report.incidents if one.verdict != "false"]
    if real:
        worst = max(real, key=lambda one: (one.share or 0, one.number))
        said.append(
            phrases.joined(
                [
                    ngettext(
                        "Users suffered once:", "Users suffered {n} times; the worst:", len(real), n=len(real)
                    ),
                    phrases.incident_sentence(report, worst),
                ]
            )
        )
    else:
        said.append(_("There was no incident."))
    if report.alerts.missed:
        said.append(
            ngettext(
                "Nobody was told of one drop that cost more than 5 % of what may fail.",
                "Nobody was told of {n} drops that each cost more than 5 % of what may fail.",
                report.alerts.missed,
                n=report.alerts.missed,
            )
        )
    acted = [one for one in report.policies if one.change == "acts"]
    if acted:
        said.append(
            ngettext(
                "What was agreed for this case came due once.",
                "What was agreed for such cases came due {n} times.",
                len(acted),
                n=len(acted),
            )
        )
    return said + todo.short(report)


def lead(report: Report) -> list[Block]:
    """The summary."""
    blocks: list[Block] = [Heading(_("In short")), Bullets(tuple(short(report)))]
    if report.coarse:
        blocks.append(
            Paragraph(
                _(
                    "Of that time not all minutes are kept any more: some sums begin and end at whole hours or days, "
                    "and can differ a little from what was reported then."
                ),
                "note",
            )
        )
    return blocks


def picture(report: Report, journey: JourneyFacts, promise: Promise) -> Picture:
    """The chart of a promise."""
    return Picture(
        promise.id,
        _(
            "How much of “{promise}” was bad over time, against what was promised ({target}).",
            promise=phrases.titled(journey, promise),
            target=phrases.promised(promise),
        ),
    )


def incidents(report: Report, heading: str) -> list[Block]:
    """What users suffered, with what is known of why."""
    blocks: list[Block] = [Heading(heading)]
    if not report.incidents:
        return [*blocks, Paragraph(_("Nothing that made many users suffer at the same time."))]
    for one in sorted(report.incidents, key=lambda one: (one.started_minute, one.number)):
        blocks.append(Heading(_title(report, one), 3))
        blocks.append(Paragraph(phrases.incident_sentence(report, one)))
        more = phrases.incident_causes(report, one)
        if more:
            blocks.append(Bullets(more))
    return blocks


def _title(report: Report, one: IncidentFacts) -> str:
    return _(
        "Incident {number}: {journey}, {day}",
        number=one.number,
        journey=phrases.journey_title(report, one.journey),
        day=dates.day(one.started_minute, report.zone),
    )


def alerts(report: Report) -> list[Block]:
    """Whether those who were called, were called rightly."""
    blocks: list[Block] = [
        Heading(_("Alerts: useful, false, missed")),
        Paragraph(phrases.alerts_sentence(report)),
    ]
    if report.silences:
        blocks.append(Bullets(tuple(_silence(report, place) for place in range(len(report.silences)))))
    return blocks


def _silence(report: Report, place: int) -> str:
    one = report.silences[place]
    since = dates.moment(one.since_minute, report.zone)
    if one.closed_minute is None:
        return _("“{source}” sent no data since {since}, and did not again.", source=one.source, since=since)
    length = minutes(one.closed_minute - one.since_minute)
    return _(
        "“{source}” sent no data from {since} on, for {length}.",
        source=one.source,
        since=since,
        length=length,
    )


def marks(report: Report) -> list[Block]:
    """What happened besides."""
    if not report.marks:
        return []
    said = tuple(phrases.mark_words(one, report.zone) for one in report.marks)
    return [Heading(_("What else happened")), Bullets(said)]


def policies(report: Report) -> list[Block]:
    """What was done because it had been agreed."""
    if not report.policies:
        return []
    said = tuple(phrases.policy_sentence(report, one) for one in report.policies)
    return [Heading(_("What was agreed, and came due")), Bullets(said)]


def operations(report: Report) -> list[Block]:
    """What is new in the logs."""
    if not report.operations:
        return []
    shown = report.operations[:NEW_MAX]
    table = Table(
        headings("operation", "source", "events", "in a promise"),
        tuple(
            (
                one.operation,
                one.source,
                number(one.events),
                pgettext("is it promised", "yes") if one.promised else pgettext("is it promised", "not yet"),
            )
            for one in shown
        ),
        frozenset({2}),
    )
    more = len(report.operations) - len(shown)
    note = _("Never seen before this period. “Not yet”: no promise is about it.")
    if more:
        note = phrases.joined([note, ngettext("There is 1 more.", "There are {n} more.", more, n=more)])
    return [Heading(_("New operations")), Tabled(table, note)]


def voices(report: Report) -> list[Block]:
    """What users said and did, apart from the logs."""
    blocks: list[Block] = []
    told = [(phrases.words(one.title, one.name), one.voices) for one in report.journeys]
    for title, said in (*told, (_("About no certain journey"), report.unplaced)):
        counts = []
        if said.enquiries or said.enquiries_before:
            counts.append(
                _("enquiries: {n} (before: {before})", n=said.enquiries, before=said.enquiries_before)
            )
        if said.churn or said.churn_before:
            counts.append(_("cancellations: {n} (before: {before})", n=said.churn, before=said.churn_before))
        if said.voices:
            counts.append(_("voices of users: {n}", n=said.voices))
        if counts:
            blocks.append(Paragraph(_("{title}: {counts}.", title=title, counts=listed(counts))))
        if said.words:
            blocks.append(Quotes(said.words))
    return [Heading(_("What users said")), *blocks] if blocks else []


def coverage(report: Report) -> list[Block]:
    """How much of what users do the promises see."""
    said = [
        _(
            "{source}: {share} of {events} events are part of some promise.",
            source=one.source,
            share=percent(Fraction(one.covered, one.events), 1),
            events=number(one.events),
        )
        for one in report.coverage
    ]
    return [Heading(_("What the promises see")), Bullets(tuple(said))] if said else []


def corrected(report: Report) -> list[Block]:
    """No correction works in silence."""
    said = [
        _(
            "“{promise}”: {minutes} count otherwise ({names}); without that, {good} would be good.",
            promise=phrases.titled(journey, one),
            minutes=minutes(one.corrected.minutes),
            names=listed(one.corrected.names),
            good=phrases.good(one.corrected.without, one),
        )
        for journey in report.journeys
        for one in journey.promises
        if one.corrected is not None
    ]
    return [Heading(_("Times that count otherwise")), Bullets(tuple(said))] if said else []


def reading() -> list[Block]:
    """How to read it, with every word explained."""
    return [
        Heading(_("How to read this")),
        Bullets(
            (
                _(
                    "Journey (CUJ, critical user journey): something that users come for, from beginning to end."
                ),
                _(
                    "Promise (SLO, service level objective): the share of attempts that should go well, such as "
                    "99.9 %: 1 in 1,000 may fail."
                ),
                _(
                    "What may fail (error budget): all that may go wrong while the promise holds. “12 % left”: most "
                    "of it is used up. Below zero, more went wrong than was promised."
                ),
                _(
                    "Incident: a time in which users of a journey suffered, from the first bad minute to the last."
                ),
                _(
                    "Noticed after (TTD, time to detect; on average MTTD), over after (TTR, time to recover; on "
                    "average MTTR): both from the first bad minute on."
                ),
                _("Few events: so few people tried that the failures could be bad luck."),
            )
        ),
    ]
