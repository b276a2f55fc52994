"""How a part of the store reads and writes: in transactions that the store opens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import sqlalchemy as sa


class Transactions(NamedTuple):
    """`reading()` sees one moment and writes nothing; `writing()` commits at its end, or nothing at all.

    Both raise StoreError when the database does not do its part.
    """

    reading: Callable[[], AbstractContextManager[sa.Connection]]
    writing: Callable[[], AbstractContextManager[sa.Connection]]
