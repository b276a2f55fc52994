"""`tabiji formats`: which formats there are; and files → what they were recognised as, and why."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.cli.telling import DESCRIPTIONS, printable, tell_unrecognised, wrapped
from tabiji.language import _, headings, listed

if TYPE_CHECKING:
    from tabiji.discovery import Unrecognised
    from tabiji.runs.discovering import Read


@click.command(name="formats")
@click.argument("paths", nargs=-1, metavar="[FILE]...")
@workspace.json_option
def command(paths: tuple[str, ...], as_json: bool) -> None:
    """Which log formats there are, or what files were recognised as, and why.

    \b
      tabiji formats
      tabiji formats /var/log/nginx/access.log*
    """
    if not paths:
        if as_json:
            output.print_json({"formats": [{"format": n, "description": d} for n, d in DESCRIPTIONS.items()]})
        else:
            rows = [(name, _(description)) for name, description in DESCRIPTIONS.items()]
            output.print_table(headings("format", "what it reads"), rows, grow=1)
            output.say(
                _("All of them plain or compressed: .gz, .zst, .bz2. `tabiji formats FILE` recognises one.")
            )
        return
    from tabiji.runs import discovering
    from tabiji.runs.discovering import Read

    files = discovering.files(paths)
    found = [(str(path), read) for path, read in zip(files, discovering.recognise(files), strict=True)]
    unknown = [discovering.with_nearest(read) for _, read in found if not isinstance(read, Read | None)]
    if as_json:
        output.print_json({"files": [_json(path, read) for path, read in found]})
    else:
        for path, read in found:
            if read is None:
                click.echo(_("{path}: empty", path=printable(path)))
            elif isinstance(read, Read):
                _print(read)
    for one in unknown:
        tell_unrecognised(one)
    if unknown:
        sys.exit(1)


def _print(read: Read) -> None:
    from tabiji.reports import percent

    share = Fraction(int(read.fit * 100), 100)
    click.echo(f"{printable(read.path)}: {read.how.format}")
    click.echo(
        wrapped(_("{share} of the sampled lines fit: {why}", share=percent(share, 0), why=read.why), "  ")
    )
    if read.how.log_format:
        click.echo(f"  log_format: {printable(read.how.log_format)}")
    for name, key in read.how.fields or ():
        click.echo(f"  {printable(name)}: {printable(key)}")
    if read.others:
        click.echo(
            wrapped(_("also there, for labels: {names}", names=listed(map(printable, read.others))), "  ")
        )
    for note in read.notes:
        click.echo(wrapped(_("note: {note}", note=printable(note)), "  "))
    if read.how.latency:
        click.echo(f"  latency: {read.how.latency}")


def _json(path: str, read: Read | Unrecognised | None) -> dict[str, object]:
    from tabiji.runs.discovering import Read

    if not isinstance(read, Read):
        return {
            "file": path,
            "format": None,
            "fits": None,
            "why": "empty" if read is None else "not recognised",
        }
    how = read.how
    return {
        "file": path,
        "format": how.format,
        "log_format": how.log_format,
        "fields": None if how.fields is None else dict(how.fields),
        "latency": how.latency,
        "others": list(read.others),
        "notes": list(read.notes),
        "fits": read.fit,
        "why": read.why,
    }
