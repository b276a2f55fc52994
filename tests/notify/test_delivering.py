"""The outbox to receivers: in order, each at its own pace, tried again, given up after a day; never by two at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from notify_outbox import Clock, put, states
from notify_servers import LOOPBACK, Got, Reply, Server, message, server, until, webhook

from tabiji import store
from tabiji.definitions import Retention, Site
from tabiji.notices import Duty, Message, Notifications, Receiver
from tabiji.runs.delivering import Delivering, next_try, wait_seconds
from tabiji.store import Posted, Store
from tabiji.store.delivering import CLAIM_SECONDS, plan

NOW = 1_800_000_000
DAY = 86_400


def site(*receivers: Receiver) -> Site:
    return Site(
        Path(), "UTC", "en", store="", sources=(), teams=(), journeys=(), retention=Retention(),
        notifications=Notifications(None, receivers, Duty(), LOOPBACK),
    )  # fmt: skip


@contextmanager
def delivering(opened: Store, clock: Clock, *receivers: Receiver) -> Iterator[Delivering]:
    made = Delivering(lambda: site(*receivers), opened, clock)
    made.start()
    try:
        yield made
    finally:
        assert made.stop(30)


def keys(one: Server) -> list[str]:
    return [got.headers["idempotency-key"] for got in one.got]


# What is next

PENDING = {
    "nothing": ([], ([], None)),
    "one that is due": ([(1, "a", "opened", 0)], ([], 1)),
    "one that waits": ([(1, "a", "opened", 20)], ([], None)),
    "in the order of writing": ([(1, "a", "opened", 0), (2, "b", "opened", 0)], ([], 1)),
    "another topic while one waits": ([(1, "a", "opened", 20), (2, "b", "opened", 0)], ([], 2)),
    "what opened before what is over": ([(1, "a", "opened", 20), (2, "a", "over", 0)], ([], None)),
    "what came between is left out when it is over": (
        [(1, "a", "opened", 20), (2, "a", "worse", 0), (3, "a", "better", 0), (4, "a", "over", 0)],
        ([2, 3], None),
    ),
    "of what came between the last is told": (
        [(1, "a", "worse", 20), (2, "a", "worse", 0), (3, "a", "better", 5)],
        ([1, 2], 3),
    ),
    "a reminder is left out for what is over": ([(1, "a", "reminder", 0), (2, "a", "over", 0)], ([1], 2)),
    "what opened again is told again": (
        [(1, "a", "opened", 0), (2, "a", "over", 0), (3, "a", "opened", 0)],
        ([], 1),
    ),
    "a clock that was set back by an hour": ([(1, "a", "opened", 3600)], ([], 1)),
}


@pytest.mark.parametrize(("pending", "expected"), PENDING.values(), ids=PENDING.keys())
def test_what_is_next(
    pending: list[tuple[int, str, str, int]], expected: tuple[list[int], int | None]
) -> None:
    assert plan(pending, 10) == expected  # type: ignore[arg-type]


# Trying again


def posted(created_at: int, tries: int) -> Posted:
    return Posted(1, message(), "pending", created_at, NOW, tries)


def test_tries_are_further_and_further_apart() -> None:
    waits = [wait_seconds("k", tries) for tries in range(1, 13)]
    longest = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]
    assert all(most * 3 / 4 - 1 <= wait <= most * 5 / 4 for wait, most in zip(waits, longest, strict=True))
    assert len({wait_seconds(f"k{i}", 9) for i in range(50)}) > 25


NEXT = {
    "a first failure": (posted(NOW, 1), None, wait_seconds("k1", 1)),
    "when the receiver wants it": (posted(NOW, 1), 120, 120),
    "not sooner for a receiver in haste": (posted(NOW, 9), 1, wait_seconds("k1", 9)),
    "half an hour at most": (posted(NOW, 1), 10**9, 1800),
    "a day but a second": (posted(NOW - DAY + 1, 100), None, wait_seconds("k1", 100)),
    "a day": (posted(NOW - DAY, 30), None, None),
    "a month, as the clock says, in a few tries": (posted(NOW - 30 * DAY, 29), None, wait_seconds("k1", 29)),
}


@pytest.mark.parametrize(("failed", "retry_after", "expected"), NEXT.values(), ids=NEXT.keys())
def test_when_it_is_tried_again(failed: Posted, retry_after: int | None, expected: int | None) -> None:
    assert next_try(failed, retry_after, NOW) == (None if expected is None else NOW + expected)


# The store


def test_a_message_is_claimed_by_one_and_due_again_when_its_time_is_over(store_url: str) -> None:
    with store.open(store_url) as first, store.open(store_url) as second:
        put(first, [message()], NOW)
        claimed = first.delivering.claim("hook", NOW)
        assert claimed is not None
        assert (claimed[0].message, claimed[0].tries, claimed[1]) == (message(), 1, None)
        assert second.delivering.claim("hook", NOW + CLAIM_SECONDS - 1) is None
        again = second.delivering.claim("hook", NOW + CLAIM_SECONDS)
        assert again is not None
        assert (again[0].message.key, again[0].tries) == ("k1", 2)
        first.delivering.failed(claimed[0], "too late to say so", NOW + 1, NOW)
        assert [one.failure for one in first.delivering.posted()] == [None]
        first.delivering.sent(claimed[0], "R-1", NOW)
        assert states(first) == [("k1", "sent")]
        assert second.delivering.claim("hook", NOW + DAY) is None


def test_of_many_that_claim_at_once_one_gets_each(store_url: str) -> None:
    with store.open(store_url) as opened:
        put(opened, [message(key=f"k{i}", topic=f"t{i}") for i in range(20)], NOW)
        got: list[str] = []

        def take() -> None:
            with store.open(store_url) as mine:
                misses = 0
                while misses < 20:
                    claimed = mine.delivering.claim("hook", NOW)
                    if claimed is None:
                        misses += 1
                    else:
                        got.append(claimed[0].message.key)

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == sorted(f"k{i}" for i in range(20))


def test_the_reference_of_a_topic_goes_with_what_follows(store_url: str) -> None:
    with store.open(store_url) as opened:
        put(opened, [message(), message(key="k2", stage="over"), message(key="k3", topic="other")], NOW)
        for reference in ("7", "8"):
            claimed = opened.delivering.claim("hook", NOW)
            assert claimed is not None
            opened.delivering.sent(claimed[0], reference, NOW)
        third = opened.delivering.claim("hook", NOW)
        assert third is not None
        assert (third[0].message.key, third[1]) == ("k3", None)
        put(opened, [message(key="k4")], NOW)
        fourth = opened.delivering.claim("hook", NOW)
        assert fourth is not None
        assert (fourth[0].message.key, fourth[1]) == ("k4", "8")


def test_what_is_given_up_is_seen_and_can_be_tried_again(store_url: str) -> None:
    with store.open(store_url) as opened:
        put(opened, [message(), message(key="k2", topic="b")], NOW)
        for _ in range(2):
            claimed = opened.delivering.claim("hook", NOW)
            assert claimed is not None
            opened.delivering.failed(claimed[0], "it answered 500", None, NOW + 5)
        dead = opened.delivering.posted(["dead"])
        assert [(one.message.key, one.failure, one.ended_at) for one in dead] == [
            ("k1", "it answered 500", NOW + 5),
            ("k2", "it answered 500", NOW + 5),
        ]
        assert opened.delivering.counts() == {("hook", "dead"): 2}
        assert opened.delivering.waiting(NOW + DAY) == set()
        assert opened.delivering.retry("k9", NOW + 9) == 0
        assert opened.delivering.retry("k2", NOW + 9) == 1
        assert opened.delivering.waiting(NOW + 9) == {"hook"}
        assert opened.delivering.retry(None, NOW + 9) == 1
        assert [(one.state, one.created_at, one.tries) for one in opened.delivering.posted()] == [
            ("pending", NOW + 9, 0),
            ("pending", NOW + 9, 0),
        ]


def test_what_goes_on_is_what_was_sent_last_and_is_not_over(store_url: str) -> None:
    told = [
        message(key="a1", topic="a"),
        message(key="a2", topic="a", stage="worse"),
        message(key="b1", topic="b"),
        message(key="c1", topic="c"),
    ]
    with store.open(store_url) as opened:
        put(opened, told, NOW, goes_on=True)
        put(opened, [message(key="b2", topic="b", stage="over")], NOW, goes_on=True)
        put(opened, [message(key="d1", topic="d")], NOW)  # told once, and that was it

        def tell() -> str:
            claimed = opened.delivering.claim("hook", NOW)
            assert claimed is not None
            opened.delivering.sent(claimed[0], f"R-{claimed[0].message.topic}", NOW)
            return claimed[0].message.key

        def ongoing() -> list[tuple[str, str | None]]:
            return [(one.key, reference) for one, reference in opened.delivering.ongoing("hook")]

        assert ongoing() == []
        assert [tell() for _ in range(4)] == ["a1", "a2", "b1", "c1"]
        assert ongoing() == [("a2", "R-a"), ("b1", "R-b"), ("c1", "R-c")]
        assert [tell() for _ in range(2)] == ["b2", "d1"]
        assert ongoing() == [("a2", "R-a"), ("c1", "R-c")]


# Running


def test_a_message_is_delivered_once_and_signed(store_url: str) -> None:
    with store.open(store_url) as opened, server() as hook:
        put(opened, [message()], NOW)
        with delivering(opened, Clock(), webhook(hook.address)):
            until(lambda: states(opened) == [("k1", "sent")])
        assert keys(hook) == ["k1"]
        assert json.loads(hook.got[0].body)["title"] == "Learners can't play videos"


def test_a_nudge_tells_at_once(store_url: str) -> None:
    with (
        store.open(store_url) as opened,
        server() as hook,
        delivering(opened, Clock(), webhook(hook.address)) as at,
    ):
        time.sleep(0.2)
        began = time.monotonic()
        put(opened, [message()], NOW)
        at.nudge()
        until(lambda: hook.got)
        assert hook.got[0].at - began < 0.7


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(500), id="500"),
        pytest.param(Reply(429, headers={"Retry-After": "7"}), id="429"),
        pytest.param(Reply(reset=True), id="reset"),
        pytest.param(Reply(302, headers={"Location": "http://169.254.169.254/"}), id="redirect"),
    ],
)
def test_a_receiver_that_comes_back_has_all_of_it_in_order(store_url: str, reply: Reply) -> None:
    """T15: delivered at least once, the key stays, resolved after firing."""
    failing = 3

    def answer(got: Got) -> Reply:
        return reply if len(hook.got) <= failing else Reply()

    told = [
        message(),
        message(key="k2", stage="worse"),
        message(key="k3", stage="over"),
        message(key="k4", topic="b"),
    ]
    with store.open(store_url) as opened, server(answer) as hook:
        put(opened, told, NOW)
        with delivering(opened, Clock(times=60), webhook(hook.address)):
            until(lambda: "pending" not in dict(states(opened)).values(), 25)
        assert states(opened) == [("k1", "sent"), ("k2", "superseded"), ("k3", "sent"), ("k4", "sent")]
    took = keys(hook)[failing:]
    assert sorted(took) == ["k1", "k3", "k4"]
    assert took.index("k1") < took.index("k3")
    assert set(keys(hook)) == {"k1", "k3", "k4"}


def test_a_receiver_that_says_when_is_not_asked_sooner(tmp_path: Path) -> None:
    def answer(got: Got) -> Reply:
        return Reply(429, headers={"Retry-After": "100"}) if len(hook.got) == 1 else Reply()

    with store.open(f"sqlite:///{tmp_path}/t.db") as opened, server(answer) as hook:
        put(opened, [message(), message(key="k2", topic="b")], NOW)
        with delivering(opened, Clock(times=50), webhook(hook.address)):
            until(lambda: len(hook.got) == 3)
    first, second, _ = (got.at for got in hook.got)
    assert second - first >= 2.0  # 100 s of a clock that is 50 times as fast


def test_a_receiver_that_is_down_at_first(tmp_path: Path) -> None:
    with server() as found:
        port = found.port
    with store.open(f"sqlite:///{tmp_path}/t.db") as opened:
        put(opened, [message()], NOW)
        with delivering(opened, Clock(times=20), webhook(f"http://127.0.0.1:{port}")):
            until(lambda: opened.delivering.posted()[0].failure)
            assert opened.delivering.posted()[0].failure == "it refuses connections"
            with server(port=port) as hook:
                until(lambda: hook.got)
                until(lambda: states(opened) == [("k1", "sent")])


def test_a_slow_receiver_does_not_delay_the_others(store_url: str) -> None:
    """T15: measured. One never answers, one always fails, one breaks off; the fourth has its 30 messages at once."""

    def slow(got: Got) -> Reply:
        return Reply(seconds=9)

    def told(name: str, count: int) -> list[Message]:
        return [message(key=f"{name}{i}", topic=f"{name}{i}", receiver=name) for i in range(count)]

    with (
        store.open(store_url) as opened,
        server(slow) as dead,
        server(lambda got: Reply(500)) as broken,
        server(lambda got: Reply(reset=True)) as cut,
        server() as fine,
    ):
        put(opened, [*told("a-dead", 3), *told("b-broken", 30), *told("c-cut", 30), *told("fine", 30)], NOW)
        receivers = [
            webhook(one.address, name)
            for one, name in ((dead, "a-dead"), (broken, "b-broken"), (cut, "c-cut"), (fine, "fine"))
        ]
        began = time.monotonic()
        made = Delivering(lambda: site(*receivers), opened, Clock())
        made.start()
        until(lambda: len(fine.got) == 30)
        took = fine.got[-1].at - began
        assert took < 5.0, took
        assert (len(dead.got), len(broken.got), len(cut.got)) == (1, 1, 1)
        made.stop(0.5)
        until(lambda: made.stop(0.1), 12)


def test_what_nobody_takes_for_a_day_is_given_up_and_stays_to_be_seen(tmp_path: Path) -> None:
    clock = Clock(times=20_000)
    with store.open(f"sqlite:///{tmp_path}/t.db") as opened, server(lambda got: Reply(503)) as hook:
        put(opened, [message()], int(clock()))
        with delivering(opened, clock, webhook(hook.address)) as at:

            def given_up() -> bool:
                at.nudge()
                return states(opened) == [("k1", "dead")]

            until(given_up, 25)
        dead = opened.delivering.posted()[0]
        assert dead.failure == "it answered 503"
        assert dead.ended_at is not None
        assert dead.ended_at - dead.created_at >= DAY
        assert set(keys(hook)) == {"k1"}


def test_a_receiver_that_is_not_defined_any_more_is_told_of(tmp_path: Path) -> None:
    with store.open(f"sqlite:///{tmp_path}/t.db") as opened:
        put(opened, [message()], NOW)
        with delivering(opened, Clock()):
            until(lambda: opened.delivering.posted()[0].failure)
        assert (
            opened.delivering.posted()[0].failure == "there is no receiver `hook` in the definitions any more"
        )


def test_a_variable_that_is_missing_is_told_of(tmp_path: Path) -> None:
    missing = Receiver("hook", "webhook", "${HOOK}", unset=("HOOK",))
    with store.open(f"sqlite:///{tmp_path}/t.db") as opened:
        put(opened, [message()], NOW)
        with delivering(opened, Clock(), missing):
            until(lambda: opened.delivering.posted()[0].failure)
        assert opened.delivering.posted()[0].failure == "the environment has no `HOOK`"


def test_a_clock_that_jumps_keeps_nobody_waiting(tmp_path: Path) -> None:
    """T17: set back by an hour right after a failure, and set on by a month."""
    clock = Clock(times=10)

    def answer(got: Got) -> Reply:
        return Reply(500) if len(hook.got) <= 2 else Reply()

    with store.open(f"sqlite:///{tmp_path}/t.db") as opened, server(answer) as hook:
        put(opened, [message()], int(clock()))
        with delivering(opened, clock, webhook(hook.address)):
            until(lambda: len(hook.got) == 1 and opened.delivering.posted()[0].failure)
            clock.jumped = -3600.0
            until(lambda: len(hook.got) == 2)
            clock.jumped = 30.0 * DAY
            until(lambda: states(opened) == [("k1", "sent")])
    assert keys(hook) == ["k1", "k1", "k1"]


def test_two_processes_worth_of_delivering_tell_each_thing_once(store_url: str) -> None:
    with store.open(store_url) as first, store.open(store_url) as second, server() as hook:
        receiver = webhook(hook.address)
        with delivering(first, Clock(), receiver), delivering(second, Clock(), receiver):
            put(first, [message(key=f"k{i}", topic=f"t{i}") for i in range(20)], NOW)
            until(lambda: set(dict(states(first)).values()) == {"sent"}, 60)
    assert sorted(keys(hook)) == sorted(f"k{i}" for i in range(20))


def test_stopping_lets_what_is_being_sent_end(tmp_path: Path) -> None:
    with (
        store.open(f"sqlite:///{tmp_path}/t.db") as opened,
        server(lambda got: Reply(seconds=1.0)) as hook,
    ):
        put(opened, [message(), message(key="k2", topic="b")], NOW)
        made = Delivering(lambda: site(webhook(hook.address)), opened, Clock())
        made.start()
        until(lambda: hook.got)
        assert made.stop(5)
        assert states(opened) == [("k1", "sent"), ("k2", "pending")]
