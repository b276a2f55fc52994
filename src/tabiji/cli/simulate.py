"""`tabiji simulate`: changed definitions → what they would have said of the past, beside what the present ones say."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.cli.telling import wrapped
from tabiji.errors import DefinitionError, FileError, UsageError
from tabiji.language import N_, _, headings, listed, ngettext

if TYPE_CHECKING:
    from tabiji.alerts import Alert
    from tabiji.runs.simulating import Difference, Outcome

CALENDARS = {
    "day": N_("day"),
    "week": N_("week"),
    "month": N_("month"),
    "quarter": N_("quarter"),
    "year": N_("year"),
}
ALERTS_MAX = 12  # of each side are listed; all of them with --json


@click.command(name="simulate")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--from", "start", metavar="T", help="From this moment on; 90 days before the end by default.")
@click.option("--to", "end", metavar="T", help="Up to this moment; the newest event by default.")
@workspace.workspace_option
@workspace.json_option
def command(
    paths: tuple[Path, ...], start: str | None, end: str | None, folder: Path | None, as_json: bool
) -> None:
    """Old definitions against new ones on the past: what was good, what was spent, each alert. No log is read.

    A FILE is a journey (in place of the one with its name), policies, or a tabiji.yaml.

    \b
      tabiji simulate draft/watch-course.yaml
      tabiji simulate draft/*.yaml --from now-30d --json
    """
    from tabiji import definitions
    from tabiji.runs import simulating
    from tabiji.runs.documents import simulation_json

    site = workspace.load(folder)
    now = workspace.now()
    given = {str(path): read_text(path) for path in paths}
    files = simulating.changed(dict(site.files), given)
    try:
        new = definitions.load(site.folder, os.environ, files)
    except DefinitionError as error:
        named = {text: path for path, text in given.items()}
        raise DefinitionError(
            [replace(one, path=named.get(files.get(one.path, ""), one.path)) for one in error.faults]
        ) from None
    with workspace.open_store(site) as store:
        every = simulating.within(store, 0, None)
        if every is None:
            raise UsageError(_("nothing has been counted yet; `tabiji ingest` counts"))
        asked = [None if one is None else workspace.moment(one, site, now) // 60 for one in (start, end)]
        looked_at = simulating.within(store, *asked)
        if looked_at is None:
            raise UsageError(
                _(
                    "there are no minutes between `--from` and `--to`; there are those of {oldest} to {newest}",
                    oldest=_local(every[0], site.timezone),
                    newest=_local(every[1], site.timezone),
                )
            )
        first, until = looked_at
        differences = simulating.simulate(site, new, store, first, until)
    if as_json:
        output.print_json(simulation_json(differences, first, until))
    else:
        _show(differences, first, until, site.timezone)


def read_text(path: Path) -> str:
    """A file's text. Raises FileError."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            _("{path} can't be read: {reason}", path=path, reason=getattr(error, "strerror", None) or error)
        ) from None


def _show(differences: Sequence[Difference], first: int, until: int, zone: str) -> None:
    from tabiji.reports import ACTIONS, minutes

    click.echo(
        _(
            "{start} to {end} ({length}), from rollups alone.",
            start=_local(first, zone),
            end=_local(until, zone),
            length=minutes(until - first),
        )
    )
    told = [one for one in differences if not _alike(one.old, one.new)]
    if not told:
        click.echo(_("Nothing would change."))
    else:
        click.echo(_("Budgets are those of this time, not of whole windows."))
    for difference in told:
        click.echo()
        click.echo(difference.id)
        sides = (difference.old, difference.new)
        rows = _cells(sides)
        output.print_table(("", *headings("now", "changed")), rows, right=(1, 2))
        for name, side in zip(headings("now", "changed"), sides, strict=True):
            if side is None:
                continue
            for alert in side.alerts[:ALERTS_MAX]:
                click.echo(f"  {name}: {_alert(alert, zone)}")
            if len(side.alerts) > ALERTS_MAX:
                click.echo("  " + _("{name}: and {n} more", name=name, n=len(side.alerts) - ALERTS_MAX))
            for change in side.changes:
                if change.kind == "acts":
                    acts = listed(_(ACTIONS[action]) for action in change.actions)
                    when = _local(change.minute, zone)
                    click.echo(
                        wrapped(
                            _(
                                "{name}: {when}  policy {policy}: {acts}",
                                name=name,
                                when=when,
                                policy=change.episode.policy,
                                acts=acts,
                            ),
                            "  ",
                        )
                    )

    if told and len(told) < len(differences):
        rest = len(differences) - len(told)
        click.echo()
        click.echo(
            ngettext(
                "For {n} other objective nothing would change.",
                "For {n} other objectives nothing would change.",
                rest,
                n=rest,
            )
        )


def _alike(old: Outcome | None, new: Outcome | None) -> bool:
    """Whether a policy or a correction changed, and that makes no difference to this objective."""
    if old is None or new is None or old.objective != new.objective:
        return False
    from tabiji.runs.documents import outcome_json

    return outcome_json(old) == outcome_json(new)


def _promise(side: Outcome | None) -> str:
    from tabiji.reports import exact_percent

    return "" if side is None else exact_percent(side.objective.target)


def _window(side: Outcome | None) -> str:
    from tabiji.windows import Rolling, format_minutes

    if side is None:
        return ""
    window = side.objective.window
    return format_minutes(window.minutes) if isinstance(window, Rolling) else _(CALENDARS[window.unit])


def _bad_minute(side: Outcome | None) -> str:
    from tabiji.definitions.templates import bad_minute
    from tabiji.windows import format_minutes

    slices = None if side is None else side.objective.slices
    if slices is None:
        return ""
    said = bad_minute(slices)
    if slices.for_minutes == 1:
        return said
    return _("{condition} for {length}", condition=said, length=format_minutes(slices.for_minutes))


def _limit(side: Outcome | None) -> str:
    from tabiji.reports import latency

    limit = None if side is None else side.objective.faster_than_us
    return "" if limit is None else latency(limit)


def _good(side: Outcome | None) -> str:
    from tabiji.budgets import sli
    from tabiji.reports import percent

    share = None if side is None else sli(side.tally)
    return "–" if share is None else percent(share)


def _bad(side: Outcome | None) -> str:
    from tabiji.reports import number

    return (
        "–"
        if side is None
        else _("{bad} of {total}", bad=number(side.tally.bad), total=number(side.tally.total))
    )


def _spent(side: Outcome | None) -> str:
    from tabiji.reports import percent

    return "–" if side is None or side.spent is None else percent(side.spent, 0)


def _count(severity: str, side: Outcome | None) -> str:
    if side is None:
        return "–"
    return str(sum(alert.tier.severity == severity for alert in side.alerts))


_CELLS: tuple[Callable[[Outcome | None], str], ...] = (  # in the order of their names in `_cells`
    _window,
    _promise,
    _bad_minute,
    _limit,
    _good,
    _bad,
    _spent,
    lambda side: _count("page", side),
    lambda side: _count("ticket", side),
    lambda side: _found_after(side),
    lambda side: _verdicts("missed", side),
    lambda side: _verdicts("false", side),
)


def _cells(sides: tuple[Outcome | None, Outcome | None]) -> list[tuple[str, str, str]]:
    """The rows that say something; the window only where it changes."""
    names = headings(
        "window",
        "promise",
        "bad minute",
        "faster than",
        "good",
        "bad",
        "budget spent",
        "pages",
        "tickets",
        "found after",
        "missed",
        "false",
    )
    rows = [(name, cell(sides[0]), cell(sides[1])) for name, cell in zip(names, _CELLS, strict=True)]
    same = rows[0][1] == rows[0][2]
    return [row for row in rows[same:] if any(row[1:])]


def _found_after(side: Outcome | None) -> str:
    """The mean time to detect."""
    from tabiji.incidents import means
    from tabiji.reports import minutes

    mean = None if side is None else means(side.incidents).to_detect
    return "–" if mean is None else minutes(mean)


def _verdicts(verdict: str, side: Outcome | None) -> str:
    return "–" if side is None else str(sum(one.verdict == verdict for one in side.incidents))


def _alert(alert: Alert, zone: str) -> str:
    from tabiji.reports import exact_percent, minutes
    from tabiji.reports.words import severity_name

    name = _(
        "{share} in {length} ({severity})",
        share=exact_percent(alert.tier.share),
        length=minutes(alert.tier.long_minutes),
        severity=severity_name(alert.tier.severity),
    )
    opened = _local(alert.opened_minute, zone)
    if alert.closed_minute is None:
        return _("{opened} → still firing  {name}", opened=opened, name=name)
    closed = _local(alert.closed_minute, zone)
    return f"{opened} → {closed}  {minutes(alert.closed_minute - alert.opened_minute)}  {name}"


def _local(minute: int, zone: str) -> str:
    from datetime import datetime

    from tabiji.windows import time_zone

    return datetime.fromtimestamp(minute * 60, time_zone(zone)).strftime("%Y-%m-%d %H:%M")
