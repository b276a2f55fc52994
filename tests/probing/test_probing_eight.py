"""Eight's health check on probes of a real nginx: away for 4 minutes is nothing, for 6 minutes is 6 bad minutes."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from probed import nginx, until

from tabiji import store
from tabiji.cli import cli
from tabiji.definitions import load
from tabiji.runs.probing import Probing, slot
from tabiji.runs.receiving import Receiving

EIGHT = Path(__file__).parents[2] / "examples" / "eight"
BEGIN = int(datetime.fromisoformat("2026-06-02T10:00:00+09:00").timestamp())
MINUTES = 30
EVERY = 30
DOWN = {*range(3, 7), *range(12, 18)}  # of the minutes since the beginning: a restart, and more than one


def tabiji(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, [*words, "-C", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour of probes, of which nginx is away for two times; on a clock that goes from slot to slot."""
    folder = tmp_path_factory.mktemp("probing") / "eight"
    shutil.copytree(EIGHT, folder, ignore=shutil.ignore_patterns("logs", "*.db*"))
    definition = folder / "tabiji.yaml"
    with nginx(folder) as server:
        probes = (
            "  health:\n    service: eight-web\n    quiet_after: 30m\n    probes:\n"
            f"      health: {{url: '{server.url}', every: 30s, within: 5s, expect: {{status: 200, text: ok}}}}\n"
        )
        text, replaced = re.subn(
            r"  health:.*?(?=  apis:)", lambda _: probes, definition.read_text(), flags=re.DOTALL
        )
        assert replaced == 1
        definition.write_text(text)
        site = load(folder, {})
        probe = next(source for source in site.sources if source.probes).probes[0]
        _, late_ms = slot("health", probe, BEGIN)
        now = [
            BEGIN - (late_ms + 5) / 1_000
        ]  # just before a slot begins, so that the clock is looked at often
        up = True
        with store.open(site.store) as kept, Receiving(kept, lambda: site) as receiving:
            probing = Probing(lambda: site, receiving, {}, lambda: now[0], lambda: True)
            probing.start()
            try:
                for n in range(MINUTES * 60 // EVERY):
                    following = now[0] + EVERY
                    wanted = int(following - BEGIN) // 60 not in DOWN
                    if wanted != up:
                        (server.start if wanted else server.stop)()
                        up = wanted
                    now[0] = following
                    until(lambda n=n: probing.findings == n + 1)
            finally:
                assert probing.stop(5)
    return folder


def test_only_what_lasts_for_five_minutes_is_bad(eight: Path) -> None:
    document = json.loads(tabiji(eight, "status", "system/up", "--json", "--at", "2026-06-02T10:30"))
    (up,) = document["objectives"]
    assert (up["unit"], up["bad"]) == ("minutes", 6)
    assert up["budget"]["consumed"] == pytest.approx(6 / 43.2)


def test_at_the_end_of_the_fifth_minute_a_page_fires(eight: Path) -> None:
    bad = {}
    for at in ("10:16", "10:17", "10:18"):
        document = json.loads(tabiji(eight, "status", "system/up", "--json", "--at", f"2026-06-02T{at}"))
        (up,) = document["objectives"]
        page = next(tier for tier in up["tiers"] if tier["severity"] == "page")
        bad[at] = up["bad"], page["firing"]
    assert bad == {"10:16": (0, False), "10:17": (5, True), "10:18": (6, True)}


def test_the_lines_of_the_bad_minutes_are_at_hand(eight: Path) -> None:
    said = tabiji(eight, "lines", "system/up", "--bad", "--from", "2026-06-02", "--to", "2026-06-03")
    found = [json.loads(line) for line in said.splitlines()]
    assert {(one["probe"], one["host"], one["status"], one["error"]) for one in found} == {
        ("health", "127.0.0.1", None, "refused")
    }
    minutes = {(one["time_us"] // 1_000_000 - BEGIN) // 60 for one in found}
    assert (len(found), minutes) == (12, set(range(12, 18)))


def test_every_slot_is_one_event(eight: Path) -> None:
    document = json.loads(tabiji(eight, "count", "--by", "operation,status,error", "--json"))
    assert [(one["operation"], one["status"], one["error"], one["events"]) for one in document["rows"]] == [
        ("health", None, "refused", 20),
        ("health", 200, None, 40),
    ]
