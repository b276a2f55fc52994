"""`tabiji doctor`: the books, the database, the sources, the messages → is all well."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tabiji.cli import output, workspace


@click.command(name="doctor")
@workspace.workspace_option
@workspace.json_option
def command(folder: Path | None, as_json: bool) -> None:
    """Is all well: the books of every source, the database, the disk, messages that were given up. Exit 1 where not.

    \b
      tabiji doctor
    """
    from tabiji.runs import examining

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        document = examining.examine(site, store, workspace.now())
    if as_json:
        output.print_json(document)
    else:
        _show(document)
    if not document["well"]:
        sys.exit(1)


def _show(document: dict[str, Any]) -> None:
    from tabiji.reports import iso_time, number

    for one in document["sources"]:
        rejected = sum(one["rejected"].values())
        books = "the books balance" if one["balanced"] else "THE BOOKS DO NOT BALANCE"
        click.echo(
            f"{one['source']}: {number(one['read'])} read = {number(one['counted'])} counted + {number(rejected)} "
            f"rejected + {number(one['filtered'])} filtered + {number(one['duplicate'])} duplicate: {books}"
        )
        if not one["balanced"]:
            click.echo(f"    in the rollups: {number(one['in_rollups'])} events")
        if not one["defined"]:
            click.echo("    this source is not in tabiji.yaml any more")
        if one["truncations"]:
            click.echo(
                f"    {one['truncations']} files were cut off or made anew: lines may have been lost in between"
            )
        if one["beyond_cap"]:
            click.echo(
                f"    {number(one['beyond_cap'])} events are in `other`: more than {number(one['series_max'] or 0)} "
                "series; declare `routes:`, use fewer labels, or raise `series_max:`"
            )
        if one["events_ahead"]:
            click.echo(
                f"    events of the future: {number(one['events_ahead'])}, judged when it comes; is a clock wrong?"
            )
        elif one["lag_seconds"] is not None:
            click.echo(f"    its newest event is {_ago(one['lag_seconds'])} old")
        for sample in one["samples"]:
            line = sample["line"] if len(sample["line"]) <= 60 else sample["line"][:59] + "…"
            click.echo(f"    {sample['reason']}: {sample['path']} at byte {sample['offset']}: {line!r}")
    click.echo()
    messages = document["messages"]
    if messages["pending"] or messages["dead"]:
        click.echo(f"messages: {messages['pending']} wait to be sent, {messages['dead']} were given up")
    for one in messages["lately_dead"]:
        click.echo(
            f"    given up {iso_time(one['ended_at'])}: {one['topic']} to {one['receiver']}: {one['failure']}"
        )
    for one in document["leases"]:
        click.echo(f"{one['name']}: {'held by' if one['held'] else 'free; the last was'} {one['holder']}")
    for check in document["checks"]:
        click.echo(f"{check['name']}: {check['value']}")
        if check["hint"]:
            click.echo(f"    {check['hint']}")
    click.echo("All is well." if document["well"] else "All is not well: see above.")


def _ago(seconds: int) -> str:
    """A length of time in words: the largest unit is enough."""
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
