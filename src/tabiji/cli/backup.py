"""`tabiji backup`: the database and the definitions → one file, while others go on writing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji import __version__
from tabiji.cli import output, workspace
from tabiji.errors import FileError, UsageError
from tabiji.language import N_, _, ngettext

if TYPE_CHECKING:
    from tabiji.definitions import Site

LEFT_OUT = (
    N_("log files, and files of what was pushed (the database knows what is counted of them)"),
    N_("what `${NAME}` stands for in the definitions (secrets stay in the environment)"),
)


@click.command(name="backup")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@workspace.workspace_option
@workspace.json_option
def command(file: Path | None, folder: Path | None, as_json: bool) -> None:
    """The database and the definitions as one FILE, as of one moment. Others may go on counting meanwhile.

    FILE is tabiji-TIME.backup where it is not given or is a folder. It holds all that the database holds: keep it as
    safe. `tabiji restore` puts it back, on SQLite or PostgreSQL, whichever it came from.

    \b
      tabiji backup
      tabiji backup /backups/tabiji.backup
    """
    from tabiji.store import backup

    site = workspace.load(folder)
    now = workspace.now()
    path = _path(file, now)
    if path.exists() and not backup.is_one(path):
        raise UsageError(_("{path} is there, and is no backup: it stays as it is; name another", path=path))
    files = definitions_of(site)
    with workspace.open_store(site) as store:
        rows = store.backups.write(path, files, __version__, now)
    size = path.stat().st_size
    if as_json:
        output.print_json(
            {"file": str(path), "bytes": size, "rows": rows, "definitions": [*files], "left_out": LEFT_OUT}
        )
        return
    from tabiji.reports import number

    click.echo(
        ngettext(
            "{path}: {size} bytes, {rows} rows, {n} file of definitions",
            "{path}: {size} bytes, {rows} rows, {n} files of definitions",
            len(files),
            path=path,
            size=number(size),
            rows=number(sum(rows.values())),
            n=len(files),
        )
    )
    click.echo(_("Left out:"))
    for one in LEFT_OUT:
        click.echo(f"    {_(one)}")


def definitions_of(site: Site) -> dict[str, bytes]:
    """The files that the definitions are made of, by path in the workspace; routes included where they lie in it."""
    files = {path: text.encode() for path, text in site.files}
    for source in site.sources:
        if source.routes is not None and source.routes.is_relative_to(site.folder):
            try:
                content = source.routes.read_bytes()
            except OSError as error:
                raise FileError(
                    _("{path} can't be read: {reason}", path=source.routes, reason=error.strerror)
                ) from None
            files[source.routes.relative_to(site.folder).as_posix()] = content
    return files


def _path(file: Path | None, now: int) -> Path:
    name = time.strftime("tabiji-%Y%m%dT%H%M%SZ.backup", time.gmtime(now))
    if file is None:
        return Path(name).absolute()
    return (file / name if file.is_dir() else file).absolute()
