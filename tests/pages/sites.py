"""Sites for tests of pages: written to a folder, counted, and served by the real command."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crowded import LONG, many_journeys
from playwright.sync_api import BrowserContext, Page, expect

SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A site that is served: where it is, and the address that lets its first visitor in."""

    address: str
    entrance: str
    folder: Path

    def visit(self, context: BrowserContext, path: str = "/") -> Page:
        """A page of the site, as its admin sees it; `faults` collects what its console has to say."""
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None
        )
        page.goto(self.entrance)
        page.goto(self.address + path)
        page.faults = faults  # type: ignore[attr-defined]
        return page


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The folder's site, by `tabiji serve` on a free port, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tabiji", "serve", "--port", "0", "-C", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = ""
        while (line := process.stdout.readline()) and "serves at" not in line:
            said += line
        found = re.search(r"http://[\w.:\[\]-]+", line)
        assert found, said + line
        yield Served(found[0], found[0] + "/", folder)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS_MAX)


__all__ = ["LONG", "Served", "expect", "many_journeys", "served"]
