"""A PostgreSQL of one's own for the length of a benchmark: durable, on a Unix socket, deleted afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")


def binaries() -> Path | None:
    """The folder of `initdb`, of the newest version; None where PostgreSQL is not installed."""
    found = [path.parent for place in PLACES for path in Path(place).glob("**/bin/initdb")]
    on_path = shutil.which("initdb")
    return max(found, default=Path(on_path).parent if on_path else None)


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """The address of an empty database. `fsync` stays on: a commit is on the disk."""
    folder = Path(tempfile.mkdtemp(prefix="tabiji-bench-"))
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    _run(
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_wal_size=2GB"
    _run(programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        _run(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _run(*command: str | Path) -> None:
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    finished = subprocess.run([*user, *map(str, command)], capture_output=True, text=True, check=False)
    if finished.returncode:
        raise SystemExit(f"{command[0]} failed: {finished.stdout}{finished.stderr}")
