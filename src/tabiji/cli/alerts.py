"""`tabiji alerts`: what fired, when, why, for how long, and what burnt; and why something did not fire."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.alerts import Alert, Silence
    from tabiji.definitions import Site
    from tabiji.reports.alerts import Burnt
    from tabiji.store import Store


@click.command(name="alerts")
@click.argument("names", nargs=-1, metavar="[JOURNEY[/OBJECTIVE]]...")
@click.option(
    "--from", "start", metavar="T", help="Those that fired after it; 28 days before now by default."
)
@click.option("--to", "end", metavar="T", help="Those that fired before it.")
@click.option("--open", "only_open", is_flag=True, help="Only those that fire still.")
@click.option("--why", "why", metavar="OBJECTIVE", help="Why each tier fires at a moment or not.")
@click.option("--at", "at", metavar="T", help="The moment of `--why`; now by default.")
@workspace.workspace_option
@workspace.json_option
def command(
    names: tuple[str, ...],
    start: str | None,
    end: str | None,
    only_open: bool,
    why: str | None,
    at: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """The alerts of objectives, and the sources that were quiet for too long.

    With a name, each one in words. They are judged by `tabiji ingest`.

    \b
      tabiji alerts --open
      tabiji alerts watch-course --from now-7d
      tabiji alerts --why watch-course/available --at 2026-06-02T20:50
    """
    site = workspace.load(folder)
    now = workspace.now()
    if why is not None:
        if names or start or end or only_open:
            raise UsageError(_("`--why` takes one objective and `--at`, and nothing else"))
        with workspace.open_store(site) as store:
            _explain(site, store, why, workspace.moment(at or "now", site, now) // 60, as_json=as_json)
        return
    if at is not None:
        raise UsageError(_("`--at` goes with `--why`; which alerts are listed, `--from` and `--to` say"))
    with workspace.open_store(site) as store:
        first, last = _period(site, store, start, end, now, everything=only_open)
        until = store.judging().until_minute or 0
        objectives = _objectives(site, store, names)
        found = list(store.alerts(objectives, first, last, only_open=only_open))
        silences = [] if names else list(store.silences(None, first, last, only_open=only_open))
        costs = _costs(site, store, found, until)
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    pairs = list(zip(found, costs, strict=True))
    if as_json:
        from tabiji.reports.alerts import alerts_json

        output.print_json(alerts_json(pairs, silences))
    elif names:
        _tell(pairs, until, site.timezone)
    else:
        _list(pairs, silences, max(until, now // 60 if silences else 0), until, site.timezone)


def _period(
    site: Site, store: Store, start: str | None, end: str | None, now: int, *, everything: bool
) -> tuple[int | None, int | None]:
    """The minutes that are looked at; without words, the 28 days before the last moment that was judged."""
    last = None if end is None else -(-workspace.moment(end, site, now) // 60)
    if start is not None:
        first = workspace.moment(start, site, now) // 60
        if last is not None and last <= first:
            raise UsageError(_("`--to` is not after `--from`"))
        return first, last
    until = store.judging().until_minute
    if everything or until is None:
        return None, last
    return (until if last is None else min(until, last)) - 28 * 1440, last


def _objectives(site: Site, store: Store, names: Sequence[str]) -> list[str] | None:
    """The ids that names stand for: of objectives defined now, and of those that alerts are known of."""
    if not names:
        return None
    known = {one.objective for one in store.alerts()}
    known |= {objective.id for journey in site.journeys for objective in journey.objectives}
    found = [one for one in sorted(known) if one in names or one.partition("/")[0] in names]
    for name in names:
        if not any(name in (one, one.partition("/")[0]) for one in found):
            workspace.wanted(site, [name])  # says what is near
    return found


def _costs(site: Site, store: Store, found: list[Alert], until: int) -> list[Burnt | None]:
    from tabiji.runs import burning

    return burning.burnt(site, store, found, until)


def _list(
    pairs: Sequence[tuple[Alert, Burnt | None]],
    silences: Sequence[Silence],
    now_minute: int,
    until: int,
    zone: str,
) -> None:
    from tabiji.cli.telling import wrapped
    from tabiji.reports.alerts import alert_notes, alert_table, silence_table

    if not pairs and not silences:
        output.say(_("No alerts."))
        return
    if pairs:
        table = alert_table(pairs, until, zone)
        output.print_table(table.columns, table.rows, right=table.right)
    if silences:
        if pairs:
            click.echo()
        table = silence_table(silences, now_minute, zone)
        output.print_table(table.columns, table.rows, right=table.right)
    for note in alert_notes([pair[0] for pair in pairs], silences, zone):
        click.echo(wrapped(note))


def _tell(pairs: Sequence[tuple[Alert, Burnt | None]], until: int, zone: str) -> None:
    from tabiji.cli.telling import wrapped
    from tabiji.reports.alerts import alert_sentences, tier_name

    if not pairs:
        output.say(_("No alerts."))
    for place, (alert, cost) in enumerate(pairs):
        if place:
            click.echo()
        click.echo(f"{alert.objective} · {tier_name(alert.tier)}")
        for sentence in alert_sentences(alert, cost, until, zone):
            click.echo(wrapped(sentence, "  "))


def _explain(site: Site, store: Store, name: str, minute: int, *, as_json: bool) -> None:
    """Why each tier of an objective fires at a moment or not, by the definitions of then."""
    from tabiji import alerts
    from tabiji.cli.telling import wrapped
    from tabiji.reports import tier_table
    from tabiji.reports.alerts import why_json, why_sentences
    from tabiji.reports.numbers import local
    from tabiji.runs import judging, naming, recalling

    then = recalling.site_at(site, store, minute, os.environ)
    wanted = [naming.one(then, name)]
    fired = recalling.fired_at(then, store, minute - 1, wanted)[name]
    (standing,) = judging.judge(then, store, minute, wanted).standings
    standing = alerts.held(standing, fired)
    if as_json:
        output.print_json(why_json(standing, fired))
        return
    click.echo(f"{name} · {local(minute, site.timezone)}")
    if not standing.tiers:
        click.echo(_("It has no tiers: nothing can fire."))
        return
    table = tier_table(standing)
    output.print_table(table.columns, table.rows, right=table.right)
    click.echo()
    for sentence in why_sentences(standing, fired):
        click.echo(wrapped(sentence))
