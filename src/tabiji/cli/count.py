"""`tabiji count`: rollups → a table, CSV or JSON, by any columns."""

from __future__ import annotations

import csv
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError
from tabiji.language import N_, _, headings

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.reports import Count, Json
    from tabiji.store import Store


@click.command(name="count")
@click.option(
    "--by", "by", default="", metavar="COL[,COL]", help="Columns to count by, such as status or operation."
)
@click.option("--every", type=click.Choice(["1m", "1h", "1d"]), help="By minute, hour or day as well.")
@click.option("--where", metavar="EXPR", help='A condition over the columns, such as "status >= 500".')
@click.option("--from", "start", metavar="T", help="From this moment on.")
@click.option("--to", "end", metavar="T", help="Up to this moment.")
@click.option("--quantiles", default="", metavar="50,95,99", help="Percentiles of the durations.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV on stdout.")
@workspace.workspace_option
@workspace.json_option
def command(
    by: str,
    every: str | None,
    where: str | None,
    start: str | None,
    end: str | None,
    quantiles: str,
    as_csv: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """What has been counted, by any columns: the exploring tool.

    \b
      tabiji count --by status
      tabiji count --by operation --quantiles 50,95,99 --where "status < 500"
      tabiji count --every 1h --by error --from now-1d --csv
    """
    from tabiji.expressions import ExpressionError
    from tabiji.reports import count_json, sort_counts
    from tabiji.runs import exploring, naming

    site = workspace.load(folder)
    now = workspace.now()
    columns = [column.strip() for column in by.split(",") if column.strip()]
    percentiles = naming.percentiles(quantiles)
    first = None if start is None else workspace.moment(start, site, now) // 60
    last = None if end is None else workspace.moment(end, site, now) // 60
    with workspace.open_store(site) as store:
        _say_what_is_kept(site, store, every, first, last)
        try:
            counts = exploring.count(
                site,
                store,
                columns,
                every=every,
                where=where,
                first_minute=first,
                end_minute=last,
            )
        except ExpressionError as error:
            raise UsageError(
                f"--where: {error.message}\n    {where}\n    {' ' * (error.column - 1)}^"
            ) from None
    if as_json:
        output.print_json(count_json(counts, percentiles))
    elif as_csv:
        _print_csv(count_json(counts, percentiles), columns, every)
    else:
        _print(sort_counts(counts), columns, every, percentiles, site.timezone)


def _say_what_is_kept(
    site: Site, store: Store, every: str | None, first: int | None, end: int | None
) -> None:
    """On stderr: where what is counted differs from what was asked for, since older minutes or hours are gone."""
    from tabiji.reports.numbers import local
    from tabiji.runs import exploring

    kept, extent = store.kept(), store.extent()
    if extent is None:
        return
    if every is None:
        for said, minute in (
            (N_("From {moved}: only whole hours or days are kept of that time."), first),
            (N_("Up to {moved}: only whole hours or days are kept of that time."), end),
        ):
            if minute is not None and extent[0] < minute <= extent[1] and kept.cut(minute) != minute:
                output.say(_(said, moved=local(kept.cut(minute), site.timezone)))
        return
    grain = exploring.grain_of(site.timezone, every)
    said, floor = {
        "minute": (N_("No minutes are kept of before {floor}: nothing is shown of then."), kept.minutes_from),
        "hour": (N_("No hours are kept of before {floor}: nothing is shown of then."), kept.hours_from),
        "day": ("", None),
    }[grain]
    begin = extent[0] if first is None else max(first, extent[0])
    if floor is not None and begin < min(floor, extent[1] if end is None else end):
        output.say(_(said, floor=local(floor, site.timezone)))


def _print_csv(document: Json, columns: list[str], every: str | None) -> None:
    rows: list[dict[str, object]] = document["rows"]  # type: ignore[assignment]
    names = list(rows[0]) if rows else [*(["time"] if every else []), *columns, "events"]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])


def _cell(value: object) -> object:
    from tabiji.reports import cell

    return cell(value) if isinstance(value, str) else "" if value is None else value


def _print(
    counts: list[Count], columns: list[str], every: str | None, percentiles: list[Fraction], zone: str
) -> None:
    from tabiji.histograms import quantile_us
    from tabiji.reports import decimal_text, latency, number

    if not counts:
        output.say(_("Nothing has been counted there."))
        return
    heads = [*(headings("time") if every else ()), *columns, *headings("events", "mean")]
    heads += [f"p{decimal_text(percentile)}" for percentile in percentiles]
    rows = []
    for count in counts:
        cells = [] if count.minute is None else [_local(count.minute, zone, every)]
        cells += ["–" if value is None else str(value) for _, value in count.columns]
        cells.append(number(count.events))
        cells.append(latency(count.duration_us // count.timed) if count.timed else "")
        for percentile in percentiles:
            upper = quantile_us(count.histogram, percentile / 100)
            cells.append("" if upper is None else latency(upper))
        rows.append(cells)
    first = len(columns) + bool(every)
    output.print_table(heads, rows, right=range(first, len(heads)), grow=None if first == 0 else first - 1)


def _local(minute: int, zone: str, every: str | None) -> str:
    from datetime import datetime

    from tabiji.windows import time_zone

    moment = datetime.fromtimestamp(minute * 60, time_zone(zone))
    return moment.strftime("%Y-%m-%d" if every == "1d" else "%Y-%m-%d %H:%M")
