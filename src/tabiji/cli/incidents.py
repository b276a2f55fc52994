"""`tabiji incidents`: what happened, since when, noticed when and by whom, at what cost; and a person's word on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import intervening as acts
from tabiji.cli import output, trends, workspace
from tabiji.cli.listing import Listing
from tabiji.errors import UsageError
from tabiji.language import _, headings

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.incidents import Incident
    from tabiji.journeys import Tier


@click.group(name="incidents", cls=Listing)
def command() -> None:
    """What happened: since when, noticed after how long and by whom, at what cost, and whose it was.

    \b
      tabiji incidents --from now-30d
      tabiji incidents show 3
      tabiji incidents detect 3 --at 2026-06-02T20:50 --by enquiry
    """


@command.command(name="list")
@click.option("--journey", metavar="J", help="Only those of a journey.")
@click.option("--from", "start", metavar="TIME", help="Only those that lasted after it.")
@click.option("--to", "end", metavar="TIME", help="Only those that had started before it.")
@workspace.workspace_option
@workspace.json_option
def list_(
    journey: str | None, start: str | None, end: str | None, folder: Path | None, as_json: bool
) -> None:
    """All incidents, the newest first; MTTD and MTTR.

    Missed drops and false alerts are marked.
    """
    from tabiji import incidents

    site = workspace.load(folder)
    if journey is not None:
        acts.known_journey(site, journey)
    now = workspace.now()
    first = None if start is None else workspace.moment(start, site, now) // 60
    last = None if end is None else workspace.moment(end, site, now) // 60
    if first is not None and last is not None and last <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    with workspace.open_store(site) as store:
        found = [
            one
            for one in store.incidents(journey)
            if one.merged_into is None and one.lasted_within(first, last)
        ]
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    found.sort(key=lambda one: (one.started_minute, one.number or 0), reverse=True)
    means = incidents.means(found)
    if as_json:
        from tabiji.reports.incidents import incidents_json

        output.print_json(incidents_json(found, means))
        return
    _show_list(site, found)


def _show_list(site: Site, found: Sequence[Incident]) -> None:
    from tabiji import incidents
    from tabiji.cli.telling import wrapped
    from tabiji.reports.incidents import SENTENCES, incident_table, means_sentence

    if not found:
        click.echo(_("No incidents."))
        return
    table = incident_table(found, site.timezone)
    output.print_table(table.columns, table.rows, right=table.right, grow=1)
    click.echo()
    means = incidents.means(found)
    said = means_sentence(means)
    if said is not None:
        click.echo(wrapped(said))
    if means.missed or means.false:
        click.echo(wrapped(_(SENTENCES["marks"])))
    click.echo(_("`tabiji incidents show N` tells one of them in words."))


@command.command(name="show")
@click.argument("number", type=int, metavar="N")
@workspace.workspace_option
@workspace.json_option
def show(number: int, folder: Path | None, as_json: bool) -> None:
    """One incident in words and numbers.

    What happened, what it cost, whose it was, and what people said.
    """
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports.incidents import fact_sentence, part_table, sentence, verdict
    from tabiji.reports.marks import mark_sentence
    from tabiji.reports.numbers import local
    from tabiji.reports.postmortems import CAUSES
    from tabiji.runs import intervening, learning
    from tabiji.runs.documents import incident_document

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        incident = intervening.find(store, number)
        facts = store.incident_facts(number)
        alerts = [one for one in store.alerts() if one.number in incident.alerts]
        marks = intervening.marks_around(store, incident, workspace.now())
        cause = learning.causes(store).get(number)
    if as_json:
        output.print_json(incident_document(incident, facts, marks, cause))
        return
    titles = {journey.name: journey.title.to(site.language) for journey in site.journeys}
    objectives = {one.id: one for journey in site.journeys for one in journey.objectives}
    title = titles.get(incident.journey, incident.journey)
    state = _("open") if incident.closed_minute is None else _("closed")
    click.echo(
        _("Incident {number} · {journey} · {state}", number=number, journey=incident.journey, state=state)
    )
    click.echo(wrapped(sentence(incident, title, objectives, site.timezone)))
    if (mark := verdict(incident)) is not None:
        click.echo(mark)
    roles = intervening.roles_of(facts)
    if roles.commander is not None:
        click.echo(_("In charge: {name}", name=printable(roles.commander)))
    if cause is not None:
        click.echo(_("Kind of cause: {cause}", cause=_(CAUSES[cause])))
    if incident.measured is not None:
        names = headings("step", "operation")
        for name, parts in zip(names, (incident.measured.steps, incident.measured.operations), strict=True):
            worst = [part for part in parts if part.bad]
            if worst:
                click.echo()
                table = part_table(name, worst)
                output.print_table(table.columns, table.rows, right=table.right)
    history = [
        (one.opened_minute, _("alert: {objective} ({tier})", objective=one.objective, tier=_tier(one.tier)))
        for one in alerts
    ]
    history += [(one.from_second // 60, mark_sentence(one)) for one in marks]
    history += [
        (one.at // 60, fact_sentence(one.kind, one.author, one.minute, one.text, site.timezone))
        for one in facts
    ]
    if history:
        click.echo()
        for minute, what in sorted(history):
            click.echo(wrapped(f"{local(minute, site.timezone)}  {printable(what)}"))


def _tier(tier: Tier) -> str:
    """`page 1h`"""
    from tabiji.reports.words import severity_name
    from tabiji.windows import format_minutes

    return f"{severity_name(tier.severity)} {format_minutes(tier.long_minutes)}"


for one in (*acts.COMMANDS, trends.trend):
    command.add_command(one)
