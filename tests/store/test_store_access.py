"""Sessions, entrances and the audit: what proves them is nowhere, each entrance opens once, nothing is forgotten."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from tabiji import store
from tabiji.store import Person
from tabiji.store.audit import LONGEST, Entry
from tabiji.store.sessions import USED_SECONDS

NOW = 1_750_000_000
MEMBER = Person("aya@example.com", "member", ("learning", "支払い"))


def test_an_entrance_opens_once_and_in_time(store_url: str) -> None:
    with store.open(store_url) as opened:
        kept = opened.sessions
        code = kept.let_in(MEMBER, NOW, 600)
        assert [kept.entering(one, NOW) for one in (code, code + "x", "", "\0", "\ud800")] == [
            MEMBER, None, None, None, None,
        ]  # fmt: skip
        assert (kept.entering(code, NOW + 599), kept.entering(code, NOW + 600)) == (MEMBER, None)
        assert kept.enter(code, NOW + 600, 60, "") is None  # too late
        entered = kept.enter(code, NOW + 599, 60, "Firefox")
        assert entered is not None
        session, secret = entered
        assert (session.person, session.browser, session.expires_at) == (MEMBER, "Firefox", NOW + 659)
        assert kept.of(secret, NOW + 600) == session
        assert kept.enter(code, NOW + 599, 60, "") is None  # used up
        assert kept.entering(code, NOW + 599) is None


def test_of_many_that_use_an_entrance_at_once_one_gets_in(store_url: str) -> None:
    with store.open(store_url) as opened:
        code = opened.sessions.let_in(MEMBER, NOW, 600)
        entered = []
        threads = [
            threading.Thread(target=lambda: entered.append(opened.sessions.enter(code, NOW, 60, "")))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([one for one in entered if one is not None]) == 1
        assert len(opened.sessions.valid(NOW)) == 1


def test_a_session_from_its_beginning_to_its_end(store_url: str) -> None:
    with store.open(store_url) as opened:
        kept = opened.sessions
        mine, secret = kept.begin(MEMBER, NOW, 3600, "x" * 999)
        other, _ = kept.begin(Person("admin", None, groups=("sre",)), NOW, 60, "")
        assert len(mine.browser) == 200
        assert (other.person.role, other.person.groups) == (None, ("sre",))
        assert [kept.of(one, NOW) for one in (secret, secret[:-1], "", "x")] == [mine, None, None, None]
        assert kept.of(secret, NOW + 3600) is None
        kept.used(mine, NOW + USED_SECONDS - 1)  # not worth a write
        assert kept.of(secret, NOW) == mine
        kept.used(mine, NOW + USED_SECONDS)
        assert [one.used_at for one in kept.valid(NOW)] == [NOW + USED_SECONDS, NOW]
        assert [one.number for one in kept.valid(NOW, "admin")] == [other.number]
        assert [one.number for one in kept.valid(NOW + 60)] == [mine.number]
        assert kept.revoke(mine.number, NOW, "admin") is None  # not the admin's own
        assert kept.revoke(mine.number, NOW, MEMBER.who) is not None
        assert kept.revoke(mine.number, NOW) is None
        assert kept.of(secret, NOW) is None
        assert kept.trim(NOW + 3600) == 1
        assert kept.trim(NOW + 3601) == 1


def test_only_hashes_are_kept(store_url: str) -> None:
    with store.open(store_url) as opened:
        code = opened.sessions.let_in(MEMBER, NOW, 600)
        _, secret = opened.sessions.begin(MEMBER, NOW, 60, "")
        with opened._reading() as connection:
            tables = ("sessions", "entrances", "audit")
            kept = str([connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in tables])
    assert (code in kept, secret in kept, MEMBER.who in kept) == (False, False, True)


def test_what_was_done_is_read_page_by_page_the_newest_first(store_url: str) -> None:
    with store.open(store_url) as opened:
        audit = opened.audit
        for number in range(1, 6):
            audit.add(NOW + number, "aya", "session", "incident-noted", f"incident {number}", text="見た")
        audit.add(NOW + 6, "ken\0", "command", "token-created", "ci", scopes=["read"], expires=None)
        first = audit.between(limit=2)
        assert first == [
            Entry(
                6, NOW + 6, "ken�", "command", "token-created", "ci", {"scopes": ["read"], "expires": None}
            ),
            Entry(5, NOW + 5, "aya", "session", "incident-noted", "incident 5", {"text": "見た"}),
        ]
        assert [one.number for one in audit.between(first[-1].number, limit=2)] == [4, 3]
        assert [
            one.number for one in audit.between(who="aya", what="incident-noted", about="incident 2")
        ] == [2]
        assert audit.between(who="' OR 1=1 --") == []
        assert audit.people() == ["aya", "ken�"]
        assert audit.trim(NOW + 2) == 1


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "\ud800" + "x" * LONGEST])
def test_long_and_broken_texts_are_cut_off(sqlite_template: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "tabiji.db").write_bytes(sqlite_template.read_bytes())
    with store.open(f"sqlite:///{tmp_path / 'tabiji.db'}") as opened:
        opened.audit.add(NOW, text, "session", "signed-in", text, text=text)
        (entry,) = opened.audit.between()
    assert {len(entry.who), len(entry.about), len(str(entry.details["text"]))} == {LONGEST}
