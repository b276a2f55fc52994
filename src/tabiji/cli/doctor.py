"""`tabiji doctor`: the books, the database, the sources, the messages → is all well."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tabiji.cli import output, workspace
from tabiji.language import _, ngettext


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
    from tabiji.notify import said
    from tabiji.reports import iso_time, number

    for one in document["sources"]:
        rejected = sum(one["rejected"].values())
        account = _(
            "{read} read = {counted} counted + {rejected} rejected + {filtered} filtered + {duplicate} duplicate",
            read=number(one["read"]),
            counted=number(one["counted"]),
            rejected=number(rejected),
            filtered=number(one["filtered"]),
            duplicate=number(one["duplicate"]),
        )
        books = _("the books balance") if one["balanced"] else _("THE BOOKS DO NOT BALANCE")
        click.echo(f"{one['source']}: {account}: {books}")
        if not one["balanced"]:
            _more(_("in the rollups: {n} events", n=number(one["in_rollups"])))
        if not one["defined"]:
            _more(_("this source is not in tabiji.yaml any more"))
        if one["truncations"]:
            _more(
                ngettext(
                    "{n} file was cut off or made anew: lines may have been lost in between",
                    "{n} files were cut off or made anew: lines may have been lost in between",
                    one["truncations"],
                    n=one["truncations"],
                )
            )
        if one["beyond_cap"]:
            _more(
                _(
                    "{n} events are in `other`: more than {series_max} series; declare `routes:`, use fewer labels, or "
                    "raise `series_max:`",
                    n=number(one["beyond_cap"]),
                    series_max=number(one["series_max"] or 0),
                )
            )
        if one["events_ahead"]:
            ahead = number(one["events_ahead"])
            _more(_("events of the future: {n}, judged when it comes; is a clock wrong?", n=ahead))
        elif one["lag_seconds"] is not None:
            _more(_("its newest event is {length} old", length=_ago(one["lag_seconds"])))
        for sample in one["samples"]:
            line = sample["line"] if len(sample["line"]) <= 60 else sample["line"][:59] + "…"
            where = {"path": sample["path"], "offset": sample["offset"]}
            _more(
                _(
                    "{reason}: {path} at byte {offset}: {line}",
                    reason=sample["reason"],
                    **where,
                    line=repr(line),
                )
            )
    click.echo()
    messages = document["messages"]
    if messages["pending"] or messages["dead"]:
        click.echo(
            _(
                "messages: {pending} wait to be sent, {dead} were given up",
                pending=messages["pending"],
                dead=messages["dead"],
            )
        )
    for one in messages["lately_dead"]:
        _more(
            _(
                "given up {at}: {topic} to {receiver}: {failure}",
                at=iso_time(one["ended_at"]),
                topic=one["topic"],
                receiver=one["receiver"],
                failure=said(one["failure"]),
            )
        )
    for one in document["leases"]:
        names = {"name": one["name"], "holder": one["holder"]}
        click.echo(
            _("{name}: held by {holder}", **names)
            if one["held"]
            else _("{name}: free; the last was {holder}", **names)
        )
    for check in document["checks"]:
        click.echo(f"{check['name']}: {check['value']}")
        if check["hint"]:
            _more(check["hint"])
    click.echo(_("All is well.") if document["well"] else _("All is not well: see above."))


def _more(said: str) -> None:
    """Something about what was named before."""
    click.echo(f"    {said}")


def _ago(seconds: int) -> str:
    """A length of time in words: the largest unit is enough."""
    minutes = seconds // 60
    if minutes < 60:
        return _("{n} min", n=minutes)
    return _("{n} h", n=minutes // 60) if minutes < 48 * 60 else _("{n} d", n=minutes // 1440)
