"""Backups: taken while others write, restored elsewhere, and counting goes on: lost 0, twice 0 (T28)."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from caretakers import Ask, counts, follow, line, processes, put_back, save, truth, upgrade, web

from tabiji import store
from tabiji.counting import Account
from tabiji.errors import StoreError
from tabiji.marks import Mark
from tabiji.runs import ingesting
from tabiji.store import backup, opening

KILLS = int(os.environ.get("TABIJI_SOAK", "20"))
SEED = int(os.environ.get("TABIJI_SEED", random.SystemRandom().randrange(10**6)))
LINES = 4_000
BACKUPS = 4
NOW = 1_790_000_000


def ingest(url: str, log: Path) -> None:
    with store.open(url) as opened:
        ingesting.ingest(web(log), opened, now=int(time.time()), workers=1)


def test_taken_under_load_and_restored_elsewhere_counting_goes_on(
    store_url: str, other_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.touch()
    writer = processes.Process(target=follow, args=(store_url, log))
    writer.start()
    backups = []
    try:
        with store.open(store_url) as opened, log.open("a") as growing:
            for number in range(LINES):
                growing.write(line(number))
                if number % 50 == 49:
                    growing.flush()
                    time.sleep(0.01)
                if number % (LINES // BACKUPS) == LINES // BACKUPS - 1:
                    backups.append(tmp_path / f"{number}.backup")
                    opened.backups.write(backups[-1], {"tabiji.yaml": b"x"}, "0", NOW)
                if number == LINES // 2:  # rotated between two backups
                    growing.flush()
                    log.rename(tmp_path / "access.log.1")
        assert writer.is_alive()
    finally:
        writer.kill()
        writer.join(60)
    for path in backups:
        with store.open(other_url) as opened:
            opened.backups.restore(path, NOW, force=True)
            then = sum(counts(opened).values())
            assert opened.accounts() == ({"web": Account(then, then)} if then else {})
            assert then <= LINES
        ingest(other_url, log)
        with store.open(other_url) as opened:
            assert counts(opened) == truth(LINES)
            assert opened.accounts() == {"web": Account(LINES, LINES)}
            assert {one.name: one.hint for one in opened.check()}.get("integrity", "") == ""
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_all_that_the_store_holds_comes_back_and_numbers_go_on(
    store_url: str, other_url: str, tmp_path: Path
) -> None:
    """Row by row: a backup of what was restored is the backup."""
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(500))) + "no line\n")
    ingest(store_url, log)
    files = {"tabiji.yaml": b"timezone: UTC\n", "journeys/\xe4.yaml": b"\xff"}
    with store.open(store_url) as opened:
        taken = opened.leases.take(["judging"], "me", NOW)
        opened.leases.release(taken.values())
        rows = opened.backups.write(tmp_path / "first.backup", files, "1.2.3", NOW)
    assert rows["rollup_minutes"] > 0
    with store.open(other_url) as opened:
        assert opened.backups.restore(tmp_path / "first.backup", NOW) == rows
        opened.backups.write(tmp_path / "second.backup", files, "1.2.3", NOW)
    assert backup.read(tmp_path / "second.backup") == backup.read(tmp_path / "first.backup")
    assert backup.read(tmp_path / "first.backup").files == files
    first, second = (dumped(tmp_path / f"{name}.backup") for name in ("first", "second"))
    assert second == first


def test_a_number_that_was_given_once_is_not_given_again(
    store_url: str, other_url: str, tmp_path: Path
) -> None:
    mark = Mark("deployment", "v1", NOW)
    with store.open(store_url) as opened:
        numbers = [opened.marks.add(mark, NOW).number for _ in range(3)]
        assert opened.marks.remove(numbers[-1] or 0)
        opened.backups.write(tmp_path / "a.backup", {}, "0", NOW)
    with store.open(other_url) as opened:
        opened.backups.restore(tmp_path / "a.backup", NOW)
        assert [one.number for one in opened.marks.between(0, NOW + 1)] == numbers[:-1]
        assert opened.marks.add(mark, NOW).number == 4


def dumped(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = sorted(connection.iterdump())
    connection.close()
    return lines


def test_a_backup_of_an_older_release_is_brought_up_to_date(store_url: str, tmp_path: Path) -> None:
    path = tmp_path / "old.backup"
    engine = opening.engine(opening.parsed(f"sqlite:///{path}"))
    with opening.writing(engine).begin() as connection:
        upgrade(connection, "0004")
        connection.exec_driver_sql(
            "INSERT INTO sources (name, first_minute, last_minute) VALUES ('web', 5, 9)"
        )
        for statement in backup.TABLES:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO backup VALUES (1, '0.0.9')")
    engine.dispose()
    before = path.read_bytes()
    assert backup.read(path) == backup.Backup(1, "0.0.9", "0004", {})
    with store.open(store_url) as opened:
        opened.backups.restore(path, NOW)
        assert opened.extent("web") == (5, 9)
    assert path.read_bytes() == before


def broken(path: Path, kind: str) -> None:
    """Makes a file that can't be restored."""
    if kind == "there is no file":
        path.unlink()
    elif kind == "is a file, but not a SQLite database":
        path.write_bytes(b"a log line\n" * 100)
    elif kind == "is damaged":
        content = bytearray(path.read_bytes())
        content[3 * 16384 : 30 * 16384] = bytes(27 * 16384)
        path.write_bytes(content)
    else:
        statement = {
            "is no backup of Tabiji": "DROP TABLE backup",
            "written by a newer Tabiji": "UPDATE alembic_version SET version_num = '0999'",
        }[kind]
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()


@pytest.mark.parametrize(
    "kind",
    [
        "there is no file",
        "is a file, but not a SQLite database",
        "is damaged",
        "is no backup of Tabiji",
        "written by a newer Tabiji",
    ],
)
def test_what_can_not_be_restored_is_refused_and_changes_nothing(
    store_url: str, tmp_path: Path, kind: str
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(100))))
    ingest(store_url, log)
    path = tmp_path / "a.backup"
    with store.open(store_url) as opened:
        opened.backups.write(path, {}, "0", NOW)
        broken(path, kind)
        with pytest.raises(StoreError, match=kind):
            opened.backups.restore(path, NOW, force=True)
        assert counts(opened) == truth(100)


def test_a_store_that_is_not_empty_or_in_use_is_not_overwritten(store_url: str, tmp_path: Path) -> None:
    path, log, now = tmp_path / "a.backup", tmp_path / "access.log", int(time.time())
    log.write_text("".join(map(line, range(100))))
    with store.open(store_url) as opened:
        opened.backups.write(path, {}, "0", now)
        ingest(store_url, log)
        lease = opened.leases.take(["judging"], "here", now)
        with pytest.raises(StoreError, match=r"a process is at work on this database \(here\): stop it"):
            opened.backups.restore(path, now, force=True)
        opened.leases.release(lease.values())
        with pytest.raises(StoreError, match="the database is not empty: it has rows in `rollup_"):
            opened.backups.restore(path, now)
        assert counts(opened) == truth(100)
        opened.backups.restore(path, now, force=True)
        assert counts(opened) == truth(0)


def test_killed_at_any_moment_a_backup_and_a_restore_are_whole_or_not_there(
    store_url: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    print(f"TABIJI_SEED={SEED}")  # noqa: T201 - shown when the test fails
    path, kept, log = tmp_path / "a.backup", tmp_path / "kept.backup", tmp_path / "access.log"
    log.write_text("".join(map(line, range(5_000))))
    ingest(store_url, log)
    with store.open(store_url) as opened:
        opened.backups.write(kept, {}, "0", NOW)
    whole = dumped(kept)
    for number in range(KILLS):
        job = save if number % 2 else put_back
        child = processes.Process(target=job, args=(store_url, path if number % 2 else kept, NOW))
        child.start()
        child.join(chance.uniform(0.05, 0.5))
        child.kill()
        child.join(60)
        if path.exists():
            assert dumped(path) == whole
            path.unlink()
        with store.open(store_url) as opened:
            assert counts(opened) == truth(5_000)


def test_a_failure_is_told_of_the_database_that_fails(store_url: str, other_url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.backup?x"
    with store.open(store_url) as opened, store.open(other_url) as other:
        opened.backups.write(path, {}, "0", NOW)
        for url in (store_url, other_url):
            engine = opening.engine(opening.parsed(url))
            with opening.writing(engine).begin() as connection:
                connection.exec_driver_sql("ALTER TABLE marks RENAME TO gone")
            engine.dispose()
        name = (opening.parsed(url).database or "" for url in (store_url, other_url))
        with pytest.raises(StoreError, match=rf"{re.escape(next(name))}.* reports an error .*marks"):
            opened.backups.write(path, {}, "0", NOW)
        with pytest.raises(StoreError, match=rf"{re.escape(next(name))}.* reports an error .*marks"):
            other.backups.restore(path, NOW)


# The commands


def test_a_full_disk_leaves_the_backup_of_before(
    ask: Ask, folder: Path, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABIJI_STORE", store_url)
    backups = tmp_path / "backups"
    backups.mkdir()
    assert ask("backup", "-C", folder, backups / "a.backup").code == 0
    before = (backups / "a.backup").read_bytes()
    command = [sys.executable, "-m", "tabiji", "backup", "-C", str(folder), str(backups / "a.backup")]
    done = subprocess.run(
        ["prlimit", f"--fsize={len(before) // 2}", *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in backups.iterdir()] == ["a.backup"]
    assert (backups / "a.backup").read_bytes() == before


def test_a_workspace_is_saved_and_restored_on_another_machine(
    ask: Ask,
    folder: Path,
    store_url: str,
    other_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "access.log").write_text("".join(map(line, range(300))))
    monkeypatch.setenv("TABIJI_STORE", store_url)
    assert ask("ingest", "-C", folder).code == 0
    path = tmp_path / "a.backup"
    saved = json.loads(ask("backup", "-C", folder, path, "--json").out)
    assert (saved["file"], saved["bytes"]) == (str(path), path.stat().st_size)
    assert saved["definitions"] == ["journeys/buy.yaml", "tabiji.yaml"]
    assert path.stat().st_mode & 0o777 == 0o600
    expected = ask("count", "--by", "route,status", "-C", folder, "--json").out

    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("TABIJI_STORE", other_url)
    restored = json.loads(ask("restore", path, "-C", elsewhere, "--json").out)
    assert restored["rows"] == saved["rows"]
    assert restored["definitions"] == ["journeys/buy.yaml", "tabiji.yaml"]
    assert restored["definitions_other"] == []
    for name in restored["definitions"]:
        assert (elsewhere / name).read_bytes() == (folder / name).read_bytes()
    assert ask("count", "--by", "route,status", "-C", elsewhere, "--json").out == expected
    read = json.loads(ask("ingest", "-C", elsewhere, "--json").out)["sources"][0]["read"]
    assert read == 0

    again = ask("restore", path, "-C", elsewhere)
    assert (again.code, again.out) == (3, "")
    assert "say `--force`" in again.err
    (elsewhere / "journeys" / "buy.yaml").write_text("mine")
    assert ask("restore", path, "-C", elsewhere, "--force").code == 2  # definitions first
    (elsewhere / "journeys" / "buy.yaml").unlink()
    forced = ask("restore", path, "-C", elsewhere, "--force")
    assert forced.code == 0
    assert "journeys/buy.yaml: differs from the backup's, and stays" in forced.out


def test_a_backup_replaces_a_backup_and_nothing_else(
    ask: Ask, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABIJI_STORE", f"sqlite:///{tmp_path}/a.db")
    monkeypatch.chdir(folder)
    assert ask("backup").code == 0
    (made,) = folder.glob("tabiji-*.backup")
    assert ask("backup", made).code == 0
    assert ask("backup", tmp_path).code == 0
    assert [path.suffix for path in tmp_path.glob("tabiji-*")] == [".backup"]
    for other in (tmp_path / "a.db", folder / "tabiji.yaml"):
        before = other.read_bytes()
        refused = ask("backup", other)
        assert (refused.code, other.read_bytes()) == (2, before)
        assert "is there, and is no backup: it stays as it is; name another" in refused.err
    nowhere = ask("backup", tmp_path / "nowhere" / "a.backup")
    assert (nowhere.code, "can't be written: No such file or directory" in nowhere.err) == (3, True)


@pytest.mark.parametrize("name", ["../x.yaml", "/tmp/x.yaml", "journeys/../../x.yaml"])
def test_a_backup_writes_definitions_into_the_workspace_only(ask: Ask, tmp_path: Path, name: str) -> None:
    with store.open(f"sqlite:///{tmp_path}/a.db") as opened:
        opened.backups.write(tmp_path / "a.backup", {"tabiji.yaml": b"", name: b""}, "0", NOW)
    refused = ask("restore", tmp_path / "a.backup", "-C", tmp_path / "deep" / "er")
    assert (refused.code, f"wants to write to `{name}`, outside of the workspace" in refused.err) == (2, True)
    assert not (tmp_path / "deep").exists()
