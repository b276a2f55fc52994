"""What people decided, what users say apart from the logs, reports as they were issued: kept as they were said."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tabiji import store
from tabiji.acts import Act
from tabiji.signals import Signal
from tabiji.store import Issued, StaleAct

NOW = 1_750_000_000
BEGUN = Act(
    "action", "", "opened", NOW, "木下", {"title": "直す \\u0000 \0", "due": None, "tags": ["a", "\ud800"]}
)


def test_a_thing_is_called_by_the_number_of_the_act_that_began_it(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = opened.acts.add(BEGUN)
        assert first.subject == str(first.number)
        assert first.body == {"title": "直す \\u0000 �", "due": None, "tags": ["a", "?"]}
        other = opened.acts.add(replace(BEGUN, at=NOW + 60))
        done = opened.acts.add(Act("action", first.subject, "done", NOW + 120, "Sato"))
        opened.acts.add(Act("review", "learning/2026-11-23", "begun", NOW + 30, "Sato"))
        assert opened.acts.of("action") == [first, other, done]
        assert opened.acts.of("action", subject=first.subject) == [first, done]
        assert opened.acts.of("action", until_second=NOW + 120) == [first, other]
        assert opened.acts.of("action", from_second=NOW + 120) == [done]
        assert opened.acts.of("action", after=other.number) == [done]
        assert [one.kind for one in opened.acts.of()] == ["action", "action", "action", "review"]
        assert len(opened.acts.of("action", "review")) == 4


def test_who_has_not_seen_the_last_act_decides_nothing(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = opened.acts.add(BEGUN)
        act = Act("action", first.subject, "owned", NOW, "Sato")
        second = opened.acts.add(act, seen=first.number)
        with pytest.raises(StaleAct):
            opened.acts.add_all([act, act], seen=first.number)
        assert opened.acts.of("action") == [first, second]
        opened.acts.add(act, seen=second.number)
        opened.acts.add(Act("review", "new", "begun", NOW, "Sato"), seen=0)
        with pytest.raises(StaleAct):
            opened.acts.add(Act("review", "new", "begun", NOW, "Sato"), seen=0)


def test_of_many_that_have_seen_the_same_one_decides(store_url: str) -> None:
    with store.open(store_url) as opened:
        begun = opened.acts.add(BEGUN)
        refused = []

        def decide(name: str) -> None:
            try:
                opened.acts.add(Act("action", begun.subject, "owned", NOW, name), seen=begun.number)
            except StaleAct:
                refused.append(name)

        threads = [threading.Thread(target=decide, args=(f"{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 5
        assert len(opened.acts.of("action")) == 2


def test_the_same_key_is_the_same_signal_and_what_a_person_chose_stays(store_url: str) -> None:
    asked = Signal("enquiry", NOW, "T-1", text="動画が再生できない", journey="watch-course", author="Zendesk")
    with store.open(store_url) as opened:
        kept = opened.signals
        many = [
            Signal("revenue", NOW + day * 86_400, f"day {day}", amount=10**12 + day) for day in range(2_500)
        ]
        assert kept.add([asked, replace(asked, text="again"), *many], NOW) == 2_501
        assert kept.add([asked, replace(asked, kind="voice")], NOW) == 1
        (known,) = kept.between(NOW, NOW + 1, "enquiry")
        assert replace(known, number=0) == asked
        assert kept.place(known.number, "enrol")
        kept.add([replace(asked, text="new", journey="watch-course")], NOW)
        (known,) = kept.between(NOW, NOW + 1, "enquiry", journey="enrol")
        assert (known.text, known.by_hand) == ("new", True)
        assert kept.between(NOW + 1, NOW + 86_400) == []
        assert sum(one.amount for one in kept.between(0, 2**33, "revenue")) == 2_500 * 10**12 + 2_499 * 1_250
        assert kept.remove(known.number)
        assert not kept.remove(known.number)
        assert not kept.place(known.number, None)


def test_a_report_that_changed_is_a_revision(store_url: str) -> None:
    first = Issued("weekly", "learning", 100, 200, '{"a": 1}', NOW)
    with store.open(store_url) as opened:
        kept = opened.issued.add(first)
        assert replace(kept, number=0) == first
        assert opened.issued.add(replace(first, issued_at=NOW + 1)) == kept
        revised = opened.issued.add(replace(first, document='{"a": 2}', issued_at=NOW + 2))
        other = opened.issued.add(replace(first, team=""))
        assert opened.issued.of("weekly", "learning", 100, 200) == [kept, revised]
        assert opened.issued.newest(team="learning") == [revised, kept]
        assert opened.issued.newest(limit=1) == [other]
        assert opened.issued.newest("monthly") == []
