"""`tabiji history`: decisions, incidents, changes of definitions, marks and corrections on one timeline."""

from __future__ import annotations

from pathlib import Path

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError
from tabiji.language import _, current, ngettext


@click.command(name="history")
@click.option("--team", metavar="TEAM", help="Only what concerns a team.")
@click.option("--journey", metavar="J", help="Only what concerns a journey.")
@click.option(
    "--kind", metavar="KIND", help="Only reviews (`review`), incidents (`incident`), marks (`mark`) …"
)
@click.option(
    "--from", "start", metavar="T", default="now-90d", show_default=True, help="From this moment on."
)
@click.option("--to", "end", metavar="T", default="now", show_default=True, help="Up to this moment.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many, the newest ones."
)
@click.option("--before", metavar="PLACE", help="The page after one that `--json` has given: its `before`.")
@workspace.workspace_option
@workspace.json_option
def command(
    team: str | None,
    journey: str | None,
    kind: str | None,
    start: str,
    end: str,
    limit: int,
    before: str | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """What happened and what was decided, the newest first: for whoever comes new, or asks why.

    \b
      tabiji history --journey watch-course
      tabiji history --kind agreement --from 2026-01-01
    """
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports.history import history_json, sentence
    from tabiji.reports.numbers import local
    from tabiji.runs import acting, naming
    from tabiji.runs.viewing import history

    site, now = workspace.load(folder), workspace.now()
    if journey is not None:
        naming.wanted(site, [journey])
    if team is not None and team not in acting.teams(site):
        from tabiji.actions import unknown_team

        raise UsageError(unknown_team(team, acting.teams(site)))
    first, last = (
        max(workspace.moment(start, site, now), 0),
        workspace.moment(end, site, now) + (end == "now"),
    )
    if last <= first:
        raise UsageError(_("`to` is not after `from`"))
    asked = history.Asked(first, last, team, journey, history.known_kind(kind), history.cursor(before))
    with workspace.open_store(site) as store:
        found = history.timeline(site, store, asked, limit)
    place = history.cursor_text(found.next_before)
    if as_json:
        output.print_json(history_json(found.entries, found.total, (first, last), place))
        return
    if not found.entries:
        click.echo(_("Nothing happened and nothing was decided in this time, as far as anybody said."))
        return
    titles = history.titles(site, current())
    for one in found.entries:
        said = printable(f"{local(one.second // 60, site.timezone)}  {sentence(one, titles)}")
        click.echo(wrapped(said))
    left = found.total - len(found.entries)
    if place is not None and before is None:
        click.echo()
        said = ngettext(
            "{n} older one: `--limit` shows more.", "{n} older ones: `--limit` shows more.", left, n=left
        )
        click.echo(wrapped(said))
