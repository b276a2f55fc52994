"""What these tests share: a database that is made in no time, and a pool of processes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

from tabiji import engines


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated, empty database on SQLite: for what does not depend on the database."""
    path = tmp_path / "counts.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def pool() -> Iterator[Executor]:
    """Two processes that count."""
    with engines.pool(2) as executor:
        yield executor
