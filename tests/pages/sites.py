"""Sites for tests of pages: written to a folder, counted, and served by the real command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from crowded import LONG, many_journeys
from playwright.sync_api import BrowserContext, Page, expect

SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A site that is served: where it is, and the cookie of somebody who has signed in: its admin, at first."""

    address: str
    folder: Path
    cookie: tuple[str, str]  # name, value

    @property
    def headers(self) -> dict[str, str]:
        """For requests without a browser: the same person."""
        return {"Cookie": "=".join(self.cookie)}

    def as_role(self, role: str, *teams: str) -> Served:
        """The same site, as somebody else sees it: a `viewer`, a `member` of teams, another `admin`."""
        words = [sys.executable, "-m", "tabiji", "login", "--name", f"a {role}", "--role", role, "--json"]
        words += [word for team in teams for word in ("--team", team)]
        done = subprocess.run([*words, "-C", str(self.folder)], check=True, capture_output=True, text=True)
        path = urlsplit(json.loads(done.stdout)["link"]).path
        return replace(self, cookie=entered(self.address + path))

    def visit(self, context: BrowserContext, path: str = "/") -> Page:
        """A page of the site, as this person sees it; `faults` collects what its console has to say."""
        name, value = self.cookie
        context.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None
        )
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
        entrance = re.search(r"http://\S+/login/\S+", said)
        assert found, said + line
        assert entrance, said + line
        yield Served(found[0], folder, entered(entrance[0]))
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS_MAX)


def entered(link: str) -> tuple[str, str]:
    """The cookie of whom a one-time link lets in, as a click on its page would."""
    answer = httpx2.post(link, timeout=SECONDS_MAX)
    assert answer.status_code == 303, answer.text
    ((name, value),) = answer.cookies.items()
    return name, value


__all__ = ["LONG", "Served", "entered", "expect", "many_journeys", "served"]
