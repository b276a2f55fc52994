"""`tabiji schema`: the JSON Schema of the definitions, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from tabiji.cli import output

if TYPE_CHECKING:
    from tabiji.definitions import File


@click.command(name="schema")
@click.argument("file", type=click.Choice(["site", "journey", "policy"]), default="site")
def command(file: str) -> None:
    """The JSON Schema of tabiji.yaml (`site`), or of a file in journeys/ (`journey`) or policies/ (`policy`).

    \b
      tabiji schema journey > journey.schema.json
    """
    from tabiji import definitions

    output.print_json(definitions.schema(cast("File", file)))
