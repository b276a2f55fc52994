"""T16: killed between sending and noting that it was sent, again and again; restarted; over while it was down."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from notify_outbox import put, states
from notify_servers import Got, Reply, message, server, until

from tabiji import store
from tabiji.store.delivering import CLAIM_SECONDS

ROUNDS = int(os.environ.get("TABIJI_SOAK_ROUNDS", "20"))
SEED = int(os.environ.get("TABIJI_SEED", "16"))
MANY = max(15, ROUNDS // 2)
NOW = 1_800_000_000

# A process of its own: delivers until it is killed. Its clock is given, so that no test waits for a claim to end.
DELIVERER = """
import sys, threading
from pathlib import Path
from tabiji import store
from tabiji.definitions import Retention, Site
from tabiji.notices import Notifications, Receiver
from tabiji.runs.delivering import Delivering

url, hook, now = sys.argv[1], sys.argv[2], float(sys.argv[3])
notifications = Notifications(None, (Receiver("hook", "webhook", hook),), allowed=("127.0.0.0/8",))
site = Site(Path(), "UTC", "en", store="", sources=(), teams=(), journeys=(), retention=Retention(),
            notifications=notifications)
with store.open(url) as opened:
    Delivering(lambda: site, opened, lambda: now).start()
    print("up", flush=True)
    threading.Event().wait()
"""


class Deliverer:
    """A process that delivers, at a moment that stands still."""

    def __init__(self, url: str, hook: str, now: int) -> None:
        words = [sys.executable, "-c", DELIVERER, url, hook, str(now)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def test_killed_between_sending_and_noting(store_url: str) -> None:
    """One or two deliveries of each message, with one key; in order; nothing lost."""
    chance = random.Random(SEED)
    arrived, killed = threading.Event(), threading.Event()

    def answer(got: Got) -> Reply:
        """It has the message; before it can say so, the sender is gone."""
        if got.headers["idempotency-key"] not in answered:
            answered.add(got.headers["idempotency-key"])
            arrived.set()
            assert killed.wait(20)
        return Reply()

    answered: set[str] = set()
    now = NOW
    with store.open(store_url) as opened, server(answer) as hook:
        for round_ in range(ROUNDS):
            arrived.clear()
            killed.clear()
            told = message(key=f"k{round_}", topic=f"t{round_ // 2}", stage=("opened", "over")[round_ % 2])
            put(opened, [told], now)
            deliverer = Deliverer(
                store_url, hook.address, now
            )  # tells what the one before could not note, too
            assert arrived.wait(20)
            deliverer.kill()
            killed.set()
            assert states(opened)[-1] == (f"k{round_}", "pending")
            now += CLAIM_SECONDS + chance.randrange(60)
        deliverer = Deliverer(store_url, hook.address, now)
        until(lambda: states(opened)[-1][1] == "sent", 20)
        deliverer.kill()
        assert {state for _, state in states(opened)} == {"sent"}
    keys = [got.headers["idempotency-key"] for got in hook.got]
    assert keys == [f"k{i // 2}" for i in range(2 * ROUNDS)], f"seed {SEED}"


def test_killed_at_random_moments(store_url: str) -> None:
    """Between 1 and 1 + kills deliveries of each message, and never one of what was noted as sent before."""
    chance = random.Random(SEED)
    now = NOW
    with store.open(store_url) as opened, server() as hook:
        put(opened, [message(key=f"k{i}", topic=f"t{i}") for i in range(MANY)], now)
        kills = 0
        while set(dict(states(opened)).values()) != {"sent"}:
            before, count = dict(states(opened)), len(hook.got)
            deliverer = Deliverer(store_url, hook.address, now)
            until(lambda count=count: len(hook.got) > count, 20)  # type: ignore[misc]
            threading.Event().wait(chance.random() * 0.3)
            deliverer.kill()
            kills += 1
            now += CLAIM_SECONDS
            new = [got.headers["idempotency-key"] for got in hook.got[count:]]
            assert [key for key in new if before[key] == "sent"] == []
            assert max(Counter(new).values()) == 1
    counts = Counter(got.headers["idempotency-key"] for got in hook.got)
    assert set(counts) == {f"k{i}" for i in range(MANY)}
    assert sum(counts.values()) <= MANY + kills


def test_what_was_over_while_nobody_could_tell_is_told_once_and_in_order(store_url: str) -> None:
    with store.open(store_url) as opened, server() as hook:
        put(opened, [message()], NOW)
        deliverer = Deliverer(store_url, hook.address, NOW)
        until(lambda: states(opened) == [("k1", "sent")], 20)
        deliverer.kill()
        put(opened, [message(key="k2", stage="worse")], NOW + 60)
        put(opened, [message(key="k3", stage="over")], NOW + 120)
        put(opened, [message(key="k4", topic="b")], NOW + 130)
        put(opened, [message(key="k5", topic="b", stage="over")], NOW + 140)
        deliverer = Deliverer(store_url, hook.address, NOW + 200)
        until(lambda: "pending" not in dict(states(opened)).values(), 20)
        deliverer.kill()
        deliverer = Deliverer(store_url, hook.address, NOW + 9_000)
        threading.Event().wait(1.5)  # a restart tells nothing that was told
        deliverer.kill()
    assert [got.headers["idempotency-key"] for got in hook.got] == ["k1", "k3", "k4", "k5"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
