"""A site with people and programs of all sorts, served on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from entered import Entered, entered


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entered]:
    """Nothing is said of access: sessions and tokens are the ways in."""
    folder = tmp_path_factory.mktemp("access")
    (folder / "tabiji.db").write_bytes(sqlite_template.read_bytes())
    with entered(folder, f"sqlite:///{folder / 'tabiji.db'}") as one:
        yield one
