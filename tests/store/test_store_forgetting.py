"""The ledger grows older: fewer entries, the same books, and each minute still leads to its lines."""

from __future__ import annotations

from batches import DAY, Cell, batch

from tabiji import store
from tabiji.counting import Account
from tabiji.store import LogFile, Sample, Store

OLD, NEW = 1_000, 2_000


def count(
    opened: Store, file: LogFile | None, minute: int, now: int, account: Account, inode: int = 1
) -> LogFile:
    samples = tuple(Sample(reason, 0, "x") for reason, _ in account.rejected)
    one = batch([Cell(minute, "a")], file, inode=inode, account=account, samples=samples, now=now)
    return opened.commit(one).file


def entries(opened: Store) -> list[tuple[int, int, int | None, int | None, Account]]:
    return [
        (one.start, one.end, one.first_minute, one.last_minute, one.account) for one in opened.chunks("web")
    ]


def test_old_entries_that_follow_each_other_become_one(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = count(opened, None, DAY + 5, OLD, Account(3, 1, (("blank", 2),)))
        first = count(opened, first, DAY + 1, OLD, Account(2, 1, (("no_time", 1),)))
        other = count(opened, None, DAY + 2, OLD, Account(1, 1), inode=2)
        first = count(opened, first, DAY + 9, OLD + 5, Account(2, 1, (("blank", 1),)))
        count(opened, other, DAY + 3, NEW, Account(1, 1), inode=2)
        count(opened, first, DAY + 10, NEW, Account(1, 1))
        books = opened.accounts()
        assert opened.forgetting.entries(NEW) == 2
        assert sorted(entries(opened)) == [
            (0, 100, DAY + 2, DAY + 2, Account(1, 1)),
            (0, 300, DAY + 1, DAY + 9, Account(7, 3, (("blank", 3), ("no_time", 1)))),
            (100, 200, DAY + 3, DAY + 3, Account(1, 1)),
            (300, 400, DAY + 10, DAY + 10, Account(1, 1)),
        ]
        assert opened.accounts() == books
        assert len(opened.chunks("web", DAY + 5, DAY + 6)) == 1
        assert opened.forgetting.entries(NEW) == 0


def test_no_entry_becomes_longer_than_is_read_for_a_line(store_url: str) -> None:
    with store.open(store_url) as opened:
        file = None
        for minute in range(5):
            file = count(opened, file, DAY + minute, OLD, Account(1, 1))
        assert opened.forgetting.entries(NEW, bytes_max=200) == 2
        assert [one[:2] for one in entries(opened)] == [(0, 200), (200, 400), (400, 500)]
