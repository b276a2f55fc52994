"""`tabiji compare`: two periods → what changed, operation by operation, beyond what chance does."""

from __future__ import annotations

from pathlib import Path

import click

from tabiji.cli import output, workspace
from tabiji.language import _, ngettext

SHOWN_MAX = 40


@click.command(name="compare")
@click.option("--before", metavar="T..T", help="The earlier period, or the load test without the change.")
@click.option("--after", metavar="T..T", help="The later period, or the load test with it.")
@click.option("--around", metavar="T", help="As long before a moment as after it.")
@click.option("--mark", type=int, metavar="N", help="As long before a mark as after it.")
@click.option(
    "--minutes", type=int, default=60, show_default=True, metavar="N", help="How long, for those two."
)
@click.option("--source", metavar="S", help="Only operations of a source.")
@click.option("--journey", metavar="J", help="Only operations that a journey counts.")
@click.option("--all", "every", is_flag=True, help="Also those that did not change.")
@workspace.workspace_option
@workspace.json_option
def command(
    before: str | None,
    after: str | None,
    around: str | None,
    mark: int | None,
    minutes: int,
    source: str | None,
    journey: str | None,
    every: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """What changed between two periods, or around a moment, operation by operation, beyond what chance does.

    Failures, the usual time and the slowest one in twenty are compared; what chance explains, or moved by less
    than a tenth, is no change.

    \b
      tabiji compare --before 2026-06-01..2026-06-02 --after 2026-06-08..2026-06-09
      tabiji compare --around 2026-06-01T20:45 --minutes 30
      tabiji compare --mark 3
    """
    from tabiji.reports import comparing as reports
    from tabiji.reports.numbers import local
    from tabiji.runs import comparing

    site, now = workspace.load(folder), workspace.now()
    asked = comparing.Asked(before, after, around, mark, minutes)
    with workspace.open_store(site) as store:
        periods = comparing.wanted(store, asked, now, site.timezone)
        found = comparing.compared(site, store, periods, source=source, journey=journey)
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    if as_json:
        output.print_json(
            reports.comparison_json(found.periods.before, found.periods.after, found.differences)
        )
        return
    for said, (first, end) in (
        (_("before"), found.periods.before),
        (_("after"), found.periods.after),
    ):
        click.echo(f"{said}: {local(first, site.timezone)} – {local(end, site.timezone)}")
    shown = [one for one in found.differences if every or one.verdict not in ("same", "few")]
    click.echo()
    if shown:
        table = reports.comparison_table(shown[:SHOWN_MAX])
        output.print_table(table.columns, table.rows, right=table.right)
    rest = len(found.differences) - len(shown)
    if len(shown) > SHOWN_MAX:
        click.echo(_("… and {n:,} more; `--json` has them all.", n=len(shown) - SHOWN_MAX))
    if rest:
        click.echo(
            ngettext(
                "{n:,} operation did not change, or has too few events; `--all` shows it.",
                "{n:,} operations did not change, or have too few events; `--all` shows them.",
                rest,
                n=rest,
            )
        )
