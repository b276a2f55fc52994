"""`tabiji doctor` tells what is wrong; `tidy` lets go of what is kept no longer, and of nothing else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from caretakers import BASE, Ask, line

from tabiji import definitions, store
from tabiji.runs.tidying import DAY_SECONDS, Tidied, tidy
from tabiji.store import opening
from tabiji.store.notices import outbox
from tabiji.store.received import received_batches

NOW = 1_790_000_000
STAMP = re.compile(r"\[(.*?):\d\d [+-]\d{4}\]")  # up to the minute


def insert(url: str, table: sa.Table, *rows: dict[str, object]) -> None:
    engine = opening.engine(opening.parsed(url))
    with opening.writing(engine).begin() as connection:
        connection.execute(sa.insert(table), list(rows))
    engine.dispose()


def message(key: str, state: str, ended_at: int | None) -> dict[str, object]:
    return {
        "key": key,
        "receiver": "chat",
        "topic": "incident:7",
        "stage": "opened",
        "message": "{}",
        "created_at": NOW,
        "due_at": NOW,
        "tries": 3,
        "state": state,
        "ended_at": ended_at,
        "failure": "410 Gone" if state == "dead" else None,
    }


def without_fsync(url: str) -> set[str]:
    """What is told of the tests' own PostgreSQL, which forgets the last commits when the machine dies."""
    return {"durability"} if url.startswith("postgresql") else set()


@pytest.fixture
def url(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TABIJI_STORE", store_url)
    return store_url


def test_all_is_well_and_it_is_said_how_old_the_newest_event_is(ask: Ask, folder: Path, url: str) -> None:
    (folder.parent / "access.log").write_text("".join(map(line, range(200))))
    assert ask("ingest", "-C", folder).code == 0
    with store.open(url) as opened:
        opened.leases.take(["judging"], "me", time.time())
    answer = ask("doctor", "-C", folder, "--json")
    found = json.loads(answer.out)
    (source,) = found["sources"]
    unsound = {one["name"] for one in found["checks"] if one["hint"]} - {"database"}
    assert unsound == without_fsync(url)
    assert (answer.code, found["well"]) == (int(bool(unsound)), not unsound)
    assert (source["balanced"], source["read"]) == (True, 200)
    assert source["lag_seconds"] == pytest.approx(time.time() - (BASE + 97) * 60, abs=10)
    assert source["committed_at"] == pytest.approx(time.time(), abs=60)
    assert found["messages"] == {"pending": 0, "dead": 0, "lately_dead": []}
    assert found["leases"] == [{"name": "judging", "holder": "me", "epoch": 1, "held": True}]
    (disk,) = [one for one in found["checks"] if one["name"] == "disk"]
    where = folder.parent if url.startswith("sqlite") else folder
    assert disk["value"].endswith(f" in {where}")
    said = ask("doctor", "-C", folder).out
    assert "the books balance\n    its newest event is " in said
    assert "judging: held by me\n" in said


def test_events_of_the_future_are_said(ask: Ask, folder: Path, url: str) -> None:
    written = "".join(map(line, range(50)))
    ahead = time.strftime("%d/%b/%Y:%H:%M", time.gmtime(time.time() + 600))
    (folder.parent / "access.log").write_text(written + line(0).replace(STAMP.search(line(0))[1], ahead) * 2)
    assert ask("ingest", "-C", folder).code == 0
    (source,) = json.loads(ask("doctor", "-C", folder, "--json").out)["sources"]
    assert (source["counted"], source["events_ahead"]) == (52, 2)
    assert "    events of the future: 2, judged when" in ask("doctor", "-C", folder).out
    with store.open(url) as opened:
        assert opened.judging().until_minute is not None
        assert opened.judging().until_minute <= time.time() // 60


def test_messages_that_were_given_up_lately_make_it_unwell(ask: Ask, folder: Path, url: str) -> None:
    now = int(time.time())
    insert(url, outbox, message("old", "dead", now - 8 * DAY_SECONDS), message("next", "pending", None))
    assert ask("doctor", "-C", folder).code == int(bool(without_fsync(url)))
    insert(url, outbox, message("new", "dead", now - 60))
    answer = ask("doctor", "-C", folder, "--json")
    assert answer.code == 1
    assert json.loads(answer.out)["messages"] == {
        "pending": 1,
        "dead": 2,
        "lately_dead": [
            {"receiver": "chat", "topic": "incident:7", "ended_at": now - 60, "failure": "410 Gone"}
        ],
    }
    said = ask("doctor", "-C", folder).out
    assert "messages: 1 wait to be sent, 2 were given up\n" in said
    assert ": incident:7 to chat: 410 Gone\n" in said
    assert said.endswith("All is not well: see above.\n")


def test_what_is_kept_no_longer_goes_and_the_rest_stays(folder: Path, url: str) -> None:
    site = definitions.load(folder, {"TABIJI_STORE": url})
    old, recent = NOW - 90 * DAY_SECONDS - 1, NOW - 90 * DAY_SECONDS
    insert(
        url,
        outbox,
        message("sent long ago", "sent", old),
        message("dead long ago", "dead", old),
        message("sent", "sent", recent),
        message("superseded", "superseded", NOW),
        message("waiting for long", "pending", None),
    )
    batches = {"old": NOW - 2 * DAY_SECONDS - 1, "new": NOW - 2 * DAY_SECONDS}
    insert(
        url, received_batches, *({"source": "web", "batch": k, "received_at": v} for k, v in batches.items())
    )
    with store.open(url) as opened:
        assert tidy(site, opened, NOW) == Tidied(batches=1, messages=2, entries=0, sessions=0, audit=0)
        assert opened.vitals.messages() == {"sent": 1, "superseded": 1, "pending": 1}
        assert opened.received.known("web", batches).batches == {"new"}
        assert tidy(site, opened, NOW) == Tidied(batches=0, messages=0, entries=0, sessions=0, audit=0)


def test_rollups_go_by_the_retention_of_the_site(ask: Ask, folder: Path, url: str) -> None:
    (folder.parent / "access.log").write_text("".join(map(line, range(200))))
    assert ask("ingest", "-C", folder).code == 0
    site = definitions.load(folder, {"TABIJI_STORE": url})
    newest = (BASE + 96) // 1440 * 1440
    with store.open(url) as opened:
        tidy(site, opened, NOW)  # by the newest event, not by the clock: old logs can be looked at as well
        kept = opened.kept()
        assert (kept.minutes_from, kept.hours_from) == (
            newest - site.retention.minutes_days * 1440,
            newest - site.retention.hours_days * 1440,
        )
        assert opened.accounts()["web"].counted == 200
