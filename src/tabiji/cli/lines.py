"""`tabiji lines`: a number → the log lines behind it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError
from tabiji.language import _, ngettext

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.journeys import Journey, Objective
    from tabiji.store import Store


@click.command(name="lines")
@click.argument("name", metavar="JOURNEY/OBJECTIVE")
@click.option(
    "--bad",
    is_flag=True,
    help="Only what spends the budget: the lines of events that are not good, or all lines of bad minutes.",
)
@click.option("--from", "start", metavar="T", required=True, help="From this moment on.")
@click.option("--to", "end", metavar="T", required=True, help="Up to this moment.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many lines.")
@workspace.workspace_option
@workspace.json_option
def command(
    name: str, bad: bool, start: str, end: str, limit: int | None, folder: Path | None, as_json: bool
) -> None:
    """The very log lines behind a number, read again from where they stand now.

    An objective about minutes counts all its lines, and `--bad` shows those of its bad minutes: in JSON, `good` tells
    the events apart. Exit 1 where some of them can't be read any more.

    \b
      tabiji lines watch-course/available --bad --from now-1h --to now
      tabiji lines watch-course/fast --bad --from 2026-03-01T09:00 --to 2026-03-01T09:10
    """
    from tabiji.runs import exploring, naming
    from tabiji.runs.documents import line_json

    site = workspace.load(folder)
    now = workspace.now()
    journey, objective = naming.one(site, name)
    first, last = workspace.moment(start, site, now) // 60, -(-workspace.moment(end, site, now) // 60)
    if last <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    shown, gone = [], []
    with workspace.open_store(site) as store:
        count = 0
        _say_what_is_left_out(site, store, journey, objective, first, last, bad=bad)
        for found in exploring.lines(
            site, store, journey, objective, bad=bad, first_minute=first, end_minute=last
        ):
            if isinstance(found, exploring.Gone):
                gone.append(found)
                output.say(
                    ngettext(
                        "{path}: {reason}; {n} line was counted of this part of it",
                        "{path}: {reason}; {n} lines were counted of this part of it",
                        found.lines,
                        path=found.path,
                        reason=found.reason,
                        n=found.lines,
                    )
                )
                continue
            count += 1
            if as_json:
                shown.append(line_json(found))
            else:
                click.echo(found.text)
            if limit is not None and count >= limit:
                break
    if as_json:
        output.print_json(
            {"lines": shown, "gone": [{"path": g.path, "lines": g.lines, "reason": g.reason} for g in gone]}
        )
    elif not count and not gone:
        output.say(_("No such lines."))
    if gone:
        sys.exit(1)


def _say_what_is_left_out(
    site: Site, store: Store, journey: Journey, objective: Objective, first: int, end: int, *, bad: bool
) -> None:
    """On stderr: which of the minutes can't be told to be bad, and which are judged otherwise."""
    from tabiji import corrections
    from tabiji.reports import minutes
    from tabiji.reports.numbers import local
    from tabiji.runs import correcting

    if objective.slices is None or bad:
        spans = correcting.corrected(site, store, [(journey, objective)], first, end).get(objective.id, ())
        if spans:
            output.say(
                _(
                    "Without the lines of {length} that were corrected.",
                    length=minutes(corrections.minutes(spans)),
                )
            )
    kept = store.kept().minutes_from
    if objective.slices is not None and bad and kept is not None and first < kept:
        since = local(kept, site.timezone)
        output.say(
            _(
                "Minutes before {since} are not kept any more: which of them were bad can't be told.",
                since=since,
            )
        )
