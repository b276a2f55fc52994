"""kill -9 at every point of a commit, and two writers at once: nothing is lost, nothing is counted twice.

The processes are real and so are their deaths.
"""

from __future__ import annotations

import signal

import pytest
from batches import contents, expected
from writers import LENGTH, RANGES, batch_at, cells_of, commit_all, commit_and_die, next_batch, processes

from tabiji import store
from tabiji.counting import Account
from tabiji.store import COMMIT_POINTS

ITERATIONS = 20


def assert_exact(url: str) -> None:
    with store.open(url) as opened:
        assert contents(opened) == expected(cell for index in range(RANGES) for cell in cells_of(index))
        assert opened.accounts() == {
            "web": Account(20 * RANGES, 18 * RANGES, (("not-json", RANGES),), RANGES)
        }
        assert [(entry.start, entry.end) for entry in opened.chunks()] == [
            (index * LENGTH, (index + 1) * LENGTH) for index in range(RANGES)
        ]
        assert opened.route_marks("web") == tuple(sorted(f"mark-{index}" for index in range(RANGES)))
        assert {fact.name: fact.value for fact in opened.check()}.get("integrity", "ok") == "ok"


def test_killed_at_every_point_of_a_commit_nothing_is_lost_and_nothing_counted_twice(store_url: str) -> None:
    held = 0
    for iteration in range(ITERATIONS):
        point = COMMIT_POINTS[iteration % len(COMMIT_POINTS)]
        child = processes.Process(target=commit_and_die, args=(store_url, point))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL, f"iteration {iteration}, {point}"
        held += point == "after-commit"  # only there the range is in the store; before, no trace of it
        with store.open(store_url) as opened:
            assert [file.offset for file in opened.files("web")] == ([held * LENGTH] if held else [])
            assert len(opened.chunks()) == len(opened.route_marks("web")) == held
            if iteration % 2:  # another writer carries on
                opened.commit(batch_at(next(iter(opened.files("web")), None)))
                held += 1
    with store.open(store_url) as opened:
        while (following := next_batch(opened)) is not None:
            opened.commit(following)
    assert_exact(store_url)


@pytest.mark.parametrize("writers", [2, 3])
def test_of_writers_with_the_same_range_exactly_one_counts(store_url: str, writers: int) -> None:
    together, wins = processes.Barrier(writers), processes.Queue()
    children = [
        processes.Process(target=commit_all, args=(store_url, together, wins)) for _ in range(writers)
    ]
    for child in children:
        child.start()
    won = sum(wins.get(timeout=60) for _ in children)
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert won == RANGES
    assert_exact(store_url)
