"""`tabiji incidents trend`: MTTD, MTTR and budgets lost by cause, month by month; before and after a date."""

from __future__ import annotations

from pathlib import Path

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError
from tabiji.language import _


@click.command(name="trend")
@click.option("--from", "start", metavar="TIME", help="Only those that began after it; 12 months without it.")
@click.option("--to", "end", metavar="TIME", help="Only those that began before it.")
@click.option("--team", metavar="T", help="Only those of a team's journeys.")
@click.option("--journey", metavar="J", help="Only those of a journey.")
@click.option("--before-after", "at", metavar="DATE", help="What changed after it, as far as it can be told.")
@workspace.workspace_option
@workspace.json_option
def trend(
    start: str | None,
    end: str | None,
    team: str | None,
    journey: str | None,
    at: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """How soon incidents are noticed and over, and what they cost, month by month and by cause.

    \b
      tabiji incidents trend
      tabiji incidents trend --before-after 2026-04-01
    """
    from tabiji import actions
    from tabiji.cli import intervening
    from tabiji.cli.telling import wrapped
    from tabiji.reports import trends as reports
    from tabiji.reports.numbers import local
    from tabiji.runs import acting
    from tabiji.runs.viewing import trends as viewing

    site = workspace.load(folder)
    if journey is not None:
        intervening.known_journey(site, journey)
    known = acting.teams(site)
    if team is not None and team not in known:
        raise UsageError(actions.unknown_team(team, known))
    now = workspace.now()
    first, last, date = (
        None if one is None else workspace.moment(one, site, now) // 60 for one in (start, end, at)
    )
    until = now // 60 if last is None else last
    if first is not None and until <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    with workspace.open_store(site) as store:
        found = viewing.found(site, store, viewing.Asked(first, until, date, team, journey))
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    told = found.trend
    if as_json:
        output.print_json(reports.trend_json(told))
        return
    if not found.incidents:
        click.echo(_("No incidents."))
        return
    tables = [reports.month_table(told, site.timezone), reports.cause_table(told.whole.lost)]
    for table in tables:
        output.print_table(table.columns, table.rows, right=table.right)
        click.echo()
    if (said := reports.goes_on(told.whole)) is not None:
        click.echo(wrapped(said))
    if told.compared is not None:
        date_said = local(told.compared.at, site.timezone)
        click.echo(_("Before and after {time}", time=date_said))
        table = reports.side_table(told.compared)
        output.print_table(table.columns, table.rows, right=table.right, grow=None)
        for sentence in reports.changes(told.compared):
            click.echo(wrapped(sentence))
