"""Databases for tests: SQLite, and a real PostgreSQL that lives as long as the test session."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from tabiji import language, store

# How long an example takes says something of the machine, and nothing of what is tested
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

BINARIES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of pages come last: the browser's event loop runs from the first of them to the end, and beside it nobody
    can start another."""
    pages = Path(__file__).parent / "pages"
    items.sort(key=lambda item: pages in item.path.parents)


@pytest.fixture(scope="session", autouse=True)
def _in_english() -> Iterator[None]:
    """Commands speak English, whatever the machine's locale is, unless a test asks for another language."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TABIJI_LANGUAGE", "en")
        yield


@pytest.fixture(autouse=True)
def _and_in_english_again() -> Iterator[None]:
    """A command that was asked in Japanese within a test leaves the process speaking it."""
    yield
    language.speak(language.ENGLISH)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The folder of the socket of a running PostgreSQL, with a migrated database `tabiji_template`.

    User `postgres` without a password; `guarded` with the password `right`.
    """
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="tabiji-pg-"))
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    _run(
        binaries / "initdb",
        "-D",
        folder / "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    )
    hba = folder / "data" / "pg_hba.conf"
    hba.write_text(f"local all guarded scram-sha-256\n{hba.read_text()}")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    _run(binaries / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        with _admin(folder) as connection:
            connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
            connection.execute("CREATE DATABASE tabiji_template")
        store.open(_address(folder, "tabiji_template")).close()
        yield folder
    finally:
        _run(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database."""
    path = tmp_path_factory.mktemp("template") / "tabiji.db"
    store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated, empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "tabiji.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    folder: Path = request.getfixturevalue("postgresql")
    name = f"test_{tmp_path.name}"[:63].lower()
    with _admin(folder) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE tabiji_template')
    yield _address(folder, name)
    with _admin(folder) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As `store_url`, but nothing has been migrated yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tabiji.db'}"
        return
    folder: Path = request.getfixturevalue("postgresql")
    name = f"empty_{tmp_path.name}"[:63].lower()
    with _admin(folder) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield _address(folder, name)
    with _admin(folder) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _address(folder: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={folder}"


def _admin(folder: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True)


def _binaries() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else []
    for root in BINARIES:
        found += sorted(Path(root).glob("*/bin"), reverse=True) + sorted(Path(root).glob("bin"))
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    pytest.fail(
        "no PostgreSQL found, and these tests need a real one: install it (Debian: `apt install postgresql`)"
    )


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    # pg_ctl leaves a server behind, which would keep a pipe open: so the output goes to a file
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(words, cwd="/", stdout=output, stderr=subprocess.STDOUT, check=False)
        output.seek(0)
        assert done.returncode == 0, output.read()
