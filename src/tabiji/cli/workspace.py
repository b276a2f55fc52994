"""Where a command works: the workspace's folder, its definitions, its database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import speaking
from tabiji.errors import UsageError
from tabiji.language import _, listed

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.journeys import Journey, Objective
    from tabiji.store import Store

DEFINITION = "tabiji.yaml"

Command = TypeVar("Command", bound=Callable[..., Any])


def workspace_option(command: Command) -> Command:
    """`-C DIR`: the workspace."""
    return click.option(
        "-C",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        help="The workspace; the current folder, or the nearest above it with a tabiji.yaml.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: one document on stdout, messages on stderr."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        is_eager=True,
        callback=speaking.to_a_program,
        help="One JSON document on stdout.",
    )(command)


def now() -> int:
    """Whole seconds since the epoch: the one place where the commands read the clock."""
    return int(time.time())


def find(folder: Path | None) -> Path:
    """The workspace's folder. Raises UsageError where there is none."""
    if folder is not None:
        if not (folder / DEFINITION).is_file():
            raise UsageError(
                _("{folder} has no {file}; `tabiji init {folder}` makes one", folder=folder, file=DEFINITION)
            )
        return folder
    here = Path.cwd()
    for candidate in (here, *here.parents):
        if (candidate / DEFINITION).is_file():
            return candidate
    raise UsageError(
        _(
            "no {file} here or above; `tabiji init` makes a workspace, `tabiji demo` shows one",
            file=DEFINITION,
        )
    )


def load(folder: Path | None) -> Site:
    """The workspace's definitions, all faults at once as DefinitionError."""
    from tabiji import definitions

    site = definitions.load(find(folder), os.environ)
    speaking.of_site(site.language)
    return site


def open_store(site: Site) -> Store:
    """The workspace's database."""
    from tabiji import store

    return store.open(site.store)


def wanted(site: Site, names: Sequence[str], team: str | None = None) -> list[tuple[Journey, Objective]]:
    """Objectives by `journey` or `journey/objective`, all where none is named. Raises UsageError for unknown ones."""
    from tabiji.runs import naming

    return naming.wanted(site, names, team)


def moment(text: str, site: Site, now_seconds: int) -> int:
    """Seconds since the epoch of a time as people write it. Raises UsageError."""
    from tabiji.windows import parse_time

    try:
        return parse_time(text, now_seconds, site.timezone)
    except ValueError as error:
        raise UsageError(str(error)) from None


def no_source(name: str, known: Collection[str]) -> str:
    """That there is no such source, and which there are."""
    if not known:
        return _("`{name}` is not a source; there are none", name=name)
    return _("`{name}` is not a source; there are {names}", name=name, names=listed(known))


def say_if_nothing_is_counted(store: Store) -> None:
    """On stderr: that there is nothing to tell of yet, and what to do."""
    if store.extent() is None:
        click.echo(_("Nothing has been counted yet; `tabiji ingest` counts."), err=True)
