"""Leases: one holder at a time, and nothing written by one that was taken over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from batches import DAY, Cell, batch

from tabiji import store
from tabiji.store import Lease, StaleLease
from tabiji.store.leases import LEASE_MS, leases

NOW = 1_700_000_000


def take(opened: store.Store, name: str, holder: str, now: float) -> Lease | None:
    return opened.leases.take([name], holder, now).get(name)


def pass_by(opened: store.Store, milliseconds: int) -> None:
    """Lets all leases grow older by so much."""
    with opened._writing() as connection:
        connection.execute(leases.update().values(until=leases.c.until - milliseconds))


def test_one_process_at_a_time_holds_a_lease(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = take(opened, "judging", "a", NOW)
        assert first is not None
        assert (first.epoch, take(opened, "judging", "b", NOW)) == (1, None)
        again = take(opened, "judging", "a", NOW + 5)
        assert again is not None
        assert again.epoch == 1
        pass_by(opened, LEASE_MS - 2_000)
        assert take(opened, "judging", "b", NOW) is None


def test_a_lease_that_is_over_passes_on_and_its_epoch_grows(store_url: str) -> None:
    with store.open(store_url) as opened:
        take(opened, "judging", "a", NOW)
        pass_by(opened, LEASE_MS + 6_000)
        second = take(opened, "judging", "b", NOW)
        assert second is not None
        assert second.epoch == 2
        assert take(opened, "judging", "a", NOW) is None


def test_a_released_lease_is_free_at_once(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = take(opened, "judging", "a", NOW)
        assert first is not None
        opened.leases.release([first])
        second = take(opened, "judging", "b", NOW)
        assert second is not None
        opened.leases.release([first])  # of an epoch that has passed: changes nothing
        assert take(opened, "judging", "a", NOW) is None
        assert [(one.name, one.holder, one.epoch) for one in opened.leases.held()] == [("judging", "b", 2)]


def test_a_lease_of_a_clock_that_was_wrong_is_over(store_url: str) -> None:
    with store.open(store_url) as opened:
        take(opened, "judging", "a", NOW)
        pass_by(opened, -3_600_000)
        second = take(opened, "judging", "b", NOW)
        assert second is not None
        assert second.epoch == 2


def test_a_batch_of_a_lease_that_was_taken_over_is_not_written(store_url: str) -> None:
    with store.open(store_url) as opened:
        frozen = take(opened, "source:web", "a", NOW)
        pass_by(opened, LEASE_MS + 6_000)
        held = take(opened, "source:web", "b", NOW)
        one = batch([Cell(DAY, "a")])
        with pytest.raises(StaleLease):
            opened.commit(replace(one, lease=frozen))
        assert opened.accounts() == {}
        opened.commit(replace(one, lease=held))
        assert opened.accounts() != {}
