"""`tabiji chart`: an incident, a budget with what users did beside it → a picture in a file, or its figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import FileError, TabijiError, UsageError
from tabiji.language import _, listed

if TYPE_CHECKING:
    from tabiji.charts import Language, Theme
    from tabiji.drawing import Format

FORMATS: dict[str, Format] = {".png": "png", ".svg": "svg"}


@click.group(name="chart")
def command() -> None:
    """Pictures of what happened, as they go with messages.

    \b
      tabiji chart incident 3 -o incident-3.png
      tabiji chart budget watch-course/plays -o plays.svg
    """


@command.command(name="incident")
@click.argument("number", type=int, metavar="N")
@click.option(
    "-o",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to: a .png or .svg.",
)
@click.option("--language", type=click.Choice(["en", "ja"]), help="Of its words; the site's by default.")
@click.option(
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Its colours."
)
@workspace.workspace_option
@workspace.json_option
def incident(
    number: int,
    file: Path | None,
    language: Language | None,
    theme: Theme,
    folder: Path | None,
    as_json: bool,
) -> None:
    """How an incident went.

    The share of what was bad, minute by minute, beside what was promised; and what happened when. With `--json`
    as a Vega-Lite spec.

    \b
      tabiji chart incident 3 -o incident-3.png
      tabiji chart incident 3 -o incident-3.svg --language ja --theme dark
    """
    from tabiji import drawing
    from tabiji.runs import picturing

    image = _format(file)
    if file is None and not as_json:
        raise UsageError(_("say where the picture goes: `-o incident.png`"))
    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        spec = picturing.charted(site, store, number, language or site.language, workspace.now(), theme)
    if spec is None:
        raise TabijiError(
            _(
                "there is nothing to see of incident {number}: none of its minutes is kept, or its "
                "objective is gone",
                number=number,
            )
        )
    if file is not None and image is not None:
        _write(file, drawing.draw(spec, format=image))
        click.echo(_("{file} shows incident {number}.", file=file, number=number), err=True)
    if as_json:
        output.print_json(spec)


@command.command(name="budget")
@click.argument("name", metavar="JOURNEY/OBJECTIVE")
@click.option(
    "-o",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to: a .png, .svg or .csv; without it the figures are printed.",
)
@click.option("--from", "start", metavar="TIME", help="From then on; the objective's own window by default.")
@click.option("--to", "end", metavar="TIME", help="Until then.")
@click.option("--language", type=click.Choice(["en", "ja"]), help="Of its words; the site's by default.")
@click.option(
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Its colours."
)
@workspace.workspace_option
@workspace.json_option
def budget(
    name: str,
    file: Path | None,
    start: str | None,
    end: str | None,
    language: Language | None,
    theme: Theme,
    folder: Path | None,
    as_json: bool,
) -> None:
    """How an error budget was spent, and how many enquiries and cancellations there were meanwhile.

    With `--json` as a Vega-Lite spec.

    \b
      tabiji chart budget watch-course/plays
      tabiji chart budget watch-course/plays --from now-90d -o plays.png
      tabiji chart budget watch-course/plays -o plays.csv
    """
    from tabiji import charts, drawing
    from tabiji.runs import naming, tabling
    from tabiji.runs.viewing import figures
    from tabiji.runs.viewing.standing import moment

    csv = file is not None and file.suffix.lower() == ".csv"
    image = None if csv else _format(file, ".csv")
    site = workspace.load(folder)
    pair, now = naming.one(site, name), workspace.now()
    spoken = language or site.language
    with workspace.open_store(site) as store:
        workspace.say_if_nothing_is_counted(store)
        at = moment(store.judging(), now // 60)
        if start is None and end is None:
            found = figures.own_burn_down(site, store, pair, at, spoken, site.timezone)
        else:
            first = workspace.moment(start or "now-28d", site, now) // 60
            last = -(-workspace.moment(end or "now", site, now) // 60)
            if last <= first:
                raise UsageError(_("`--to` is not after `--from`"))
            found = figures.burn_down(site, store, pair, first, last, spoken, site.timezone)
    if found is None:
        raise TabijiError(_("the window of {name} has only just begun", name=name))
    looks = charts.Looks(spoken, site.timezone, theme)
    if file is not None:
        if image is None:
            _write(file, tabling.written(charts.table(found, looks), site.timezone).encode())
        else:
            _write(file, drawing.draw(charts.chart(found, looks), format=image))
        click.echo(_("{file} shows the budget of {name}.", file=file, name=name), err=True)
    if as_json:
        output.print_json(charts.chart(found, looks))
    elif file is None:
        table = tabling.rows(charts.table(found, looks), site.timezone)
        output.print_table(table.columns, table.rows, right=table.right)


def _format(file: Path | None, *others: str) -> Format | None:
    """How a picture is written, by the end of its name; None where there is no file."""
    image = None if file is None else FORMATS.get(file.suffix.lower())
    if file is not None and image is None:
        endings = listed([*FORMATS, *others])
        raise UsageError(_("`{file}` ends in none of {endings}", file=file, endings=endings))
    return image


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise FileError(_("{path} can't be written: {reason}", path=file, reason=reason)) from None
