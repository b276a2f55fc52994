"""`tabiji chart`: an incident → its picture in a file."""

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

    image = None if file is None else FORMATS.get(file.suffix.lower())
    if file is not None and image is None:
        raise UsageError(_("`{file}` ends in none of {endings}", file=file, endings=listed(FORMATS)))
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
        try:
            file.write_bytes(drawing.draw(spec, format=image))
        except OSError as error:
            raise FileError(
                _("{path} can't be written: {reason}", path=file, reason=error.strerror or error)
            ) from None
        click.echo(_("{file} shows incident {number}.", file=file, number=number), err=True)
    if as_json:
        output.print_json(spec)
