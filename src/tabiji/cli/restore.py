"""`tabiji restore`: a backup → the database, and the definitions where there are none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import click

from tabiji.cli import output, workspace
from tabiji.errors import FileError, UsageError
from tabiji.language import _, ngettext


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what a database holds that is not empty.")
@workspace.workspace_option
@workspace.json_option
def command(file: Path, force: bool, folder: Path | None, as_json: bool) -> None:
    """Put a backup in the place of what the database holds. `tabiji serve` must not run meanwhile.

    In a folder without tabiji.yaml the definitions of the backup are written first; where there are any, these
    stay. A backup of an older Tabiji is brought up to date. Counting goes on where the backup was made.

    \b
      tabiji restore tabiji-20261122T020000Z.backup -C /srv/slo
      tabiji restore /backups/tabiji.backup --force
    """
    from tabiji import store
    from tabiji.store import backup

    found = backup.read(file)
    target = _folder(folder)
    written = []
    if not (target / workspace.DEFINITION).exists():
        written = _write(target, found.files)
    site = workspace.load(target)
    with store.open(site.store) as opened:
        rows = opened.backups.restore(file, workspace.now(), force=force)
    other = sorted(path for path, content in found.files.items() if _differs(target / path, content))
    if as_json:
        output.print_json(
            {
                "file": str(file),
                "made_at": _time(found.made_at),
                "version": found.version,
                "schema": found.schema,
                "rows": rows,
                "definitions": written,
                "definitions_other": other,
            }
        )
        return
    from tabiji.reports import number

    click.echo(
        _(
            "{n} rows as of {at}, by Tabiji {version}, are restored",
            n=number(sum(rows.values())),
            at=_time(found.made_at),
            version=found.version,
        )
    )
    if written:
        click.echo(
            ngettext(
                "{n} file of definitions is written to {folder}",
                "{n} files of definitions are written to {folder}",
                len(written),
                n=len(written),
                folder=target,
            )
        )
    for path in other:
        click.echo(_("{path}: differs from the backup's, and stays", path=path))


def _folder(folder: Path | None) -> Path:
    """Where to restore: a workspace, or the folder that becomes one."""
    if folder is not None:
        return folder
    try:
        return workspace.find(None)
    except UsageError:
        return Path.cwd()


def _write(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Writes definitions into a folder, and nowhere else. tabiji.yaml comes last: with it, they are there."""
    for name in files:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or not parts:
            raise UsageError(_("the backup wants to write to `{name}`, outside of the workspace", name=name))
    if workspace.DEFINITION not in files:
        raise UsageError(_("the backup has no {file}; `tabiji init` writes one", file=workspace.DEFINITION))
    paths = sorted(files, key=lambda name: (name == workspace.DEFINITION, name))
    for name in paths:
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        except OSError as error:
            raise FileError(
                _("{path} can't be written: {reason}", path=path, reason=error.strerror)
            ) from None
    return paths


def _differs(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() != content
    except OSError:
        return True


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
