"""What this process alone does: its leases, renewed again and again, and given back at the end."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable, Mapping

from tabiji.store import Lease, Store

RENEW_SECONDS = 5.0  # a lease lives four times as long
JUDGING = "judging"  # and telling, and tidying
PROBING = "probing"


def counting(source: str) -> str:
    """The lease to count a source's files."""
    return f"source:{source}"


def is_gone(other: str) -> bool:
    """Whether a holder (`host:pid:…`) was a process of this machine that runs no more: nobody need wait for it.

    Of two machines of one name a wrong guess costs a change of epoch, and nothing else.
    """
    host, _, rest = other.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    if int(rest) == os.getpid():
        return True  # in a container the next process often has the number of the one before
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


class Holding:
    """The leases of a process, which its threads share."""

    def __init__(self, store: Store, holder: str) -> None:
        self._store = store
        self._holder = holder
        self._is_new = True
        self._lock = threading.Lock()
        self._held: Mapping[str, Lease] = {}

    def renew(self, names: Iterable[str], now: float) -> None:
        """Takes or renews what can be had of these; to be called every RENEW_SECONDS.

        Raises StoreError where the database is away: what was held may still be.
        """
        if self._is_new:
            left = [
                one for one in self._store.leases.held() if one.holder != self._holder and is_gone(one.holder)
            ]
            self._store.leases.release(left)
            self._is_new = False
        taken = self._store.leases.take(names, self._holder, now)
        with self._lock:
            self._held = taken

    def lease(self, name: str) -> Lease | None:
        """A lease that is held as far as is known; whoever writes has it checked."""
        with self._lock:
            return self._held.get(name)

    def lost(self, lease: Lease) -> None:
        """Takes note that another process has it."""
        with self._lock:
            self._held = {name: one for name, one in self._held.items() if one != lease}

    def names(self) -> tuple[str, ...]:
        """What is held, sorted."""
        with self._lock:
            return tuple(sorted(self._held))

    def release(self) -> None:
        """Gives all back. Raises StoreError; then others wait until the leases are over."""
        with self._lock:
            held, self._held = self._held, {}
        self._store.leases.release(held.values())
