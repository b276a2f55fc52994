"""However logs are cut, packed, ordered and spread over runs, the rollups and the books are those of one plain run."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from outcome import IDLE, account, contents, ingest, objects, web
from writing import PACKED, SUFFIX, traffic, with_faults

from tabiji import store
from tabiji.definitions import Source
from tabiji.store import Store

MEMORY = (
    "/dev/shm"  # where there is one: hundreds of databases are made here, and none has to outlive the test
)
names = (f"source-{number}" for number in count())


class Growing(NamedTuple):
    """A file, and its lengths on disk at the runs before the last one, as shares of the whole."""

    seed: int
    events: int
    kind: str
    lengths: tuple[float, ...]
    last_newline: bool
    fate: str  # what becomes of it half way: it stays, is renamed, or packed
    age: int  # files are read in the order of their ages


growing = st.builds(
    Growing,
    seed=st.integers(0, 10**6),
    events=st.sampled_from([1, 2, 30, 400]),
    kind=st.sampled_from(sorted(PACKED)),
    lengths=st.lists(st.floats(0, 1), max_size=3).map(lambda shares: tuple(sorted(shares))),
    last_newline=st.booleans(),
    fate=st.sampled_from(["stays", "is renamed", "is packed"]),
    age=st.integers(1, 9),
)


@contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="tabiji-cuts-", dir=MEMORY if os.path.isdir(MEMORY) else None))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def check(
    opened: Store, made: Callable[..., Source], files: list[Growing], executor: Executor | None
) -> None:
    """Ingests the files as they grow, and all at once."""
    files = [
        file._replace(seed=10 * file.seed + number) for number, file in enumerate(files)
    ]  # no two are the same
    with folder() as once, folder() as often:
        source = replace(made(f"{often}/*", series_max=10**6), name=next(names))
        whole = replace(made(f"{once}/*", series_max=10**6), name=next(names))
        for number, file in enumerate(files):
            (once / f"{number}.log").write_bytes(_content(file, made))
        ingest(whole, opened, later=IDLE)
        for run in range(max(len(file.lengths) for file in files)):
            for number, file in enumerate(files):
                _grow(often / f"{number}.log", file, made, run)
            ingest(source, opened, executor=executor)
        for number, file in enumerate(files):
            _finish(often / f"{number}.log", file, made)
        ingest(source, opened, executor=executor)
        last = ingest(source, opened, later=IDLE)
        assert last.problems == ()
        assert ingest(source, opened, later=IDLE).account.read == 0
        assert contents(opened, source.name) == contents(opened, whole.name)
        assert account(opened, source.name) == account(opened, whole.name)
        assert opened.route_marks(source.name) == opened.route_marks(whole.name)


def _content(file: Growing, made: Callable[..., Source]) -> bytes:
    content = with_faults(traffic(file.seed, file.events), file.seed, as_json=made is objects)
    return content if file.last_newline else content.removesuffix(b"\n")


def _grow(path: Path, file: Growing, made: Callable[..., Source], run: int) -> None:
    """Appends, as a writer does, or `gzip` at work."""
    if run < len(file.lengths):
        packed = PACKED[file.kind](_content(file, made))
        with path.open("ab") as log:
            log.write(packed[log.tell() : int(len(packed) * file.lengths[run])])
        _age(path, file)


def _finish(path: Path, file: Growing, made: Callable[..., Source]) -> None:
    _grow(path, file._replace(lengths=(1.0,)), made, 0)
    if file.fate == "is renamed":
        path.rename(f"{path}.1")
    elif file.fate == "is packed" and file.kind == "plain":
        twin = path.with_name(path.name + SUFFIX["gzip"])
        twin.write_bytes(PACKED["gzip"](path.read_bytes()))
        _age(twin, file)
        path.unlink()


def _age(path: Path, file: Growing) -> None:
    """Not so old that half a line would count."""
    then = time.time() - file.age
    os.utime(path, (then, then))


@contextmanager
def empty(template: Path) -> Iterator[Store]:
    with folder() as made:
        shutil.copy(template, made / "counts.db")
        with store.open(f"sqlite:///{made}/counts.db") as opened:
            yield opened


law = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(law, max_examples=40)
@given(st.lists(growing, min_size=1, max_size=3), st.sampled_from([web, objects]), st.booleans())
@example([Growing(1, 400, "plain", (0.2, 0.5), True, "is packed", 1)] * 2, web, False)
def test_logs_cut_anywhere_give_the_same_rollups(
    sqlite_template: Path, pool: Executor, files: list[Growing], made: Callable[..., Source], pooled: bool
) -> None:
    with empty(sqlite_template) as opened:
        check(opened, made, files, pool if pooled else None)


@settings(law, max_examples=6)
@given(
    files=st.lists(growing, min_size=1, max_size=3),
    made=st.sampled_from([web, objects]),
    pooled=st.booleans(),
)
def test_on_both_databases(
    store_url: str, pool: Executor, files: list[Growing], made: Callable[..., Source], pooled: bool
) -> None:
    with store.open(store_url) as opened:
        check(opened, made, files, pool if pooled else None)


@pytest.mark.parametrize("kind", sorted(PACKED))
def test_a_log_cut_at_every_byte_of_its_last_lines(sqlite_template: Path, kind: str) -> None:
    events = traffic(3, 3)
    content = b"".join(with_faults(events, seed) for seed in (0, 1))
    with folder() as once, folder() as often, empty(sqlite_template) as sqlite:
        whole = replace(web(f"{once}/*"), name=next(names))
        (once / "0.log").write_bytes(content)
        ingest(whole, sqlite)
        packed = PACKED[kind](content)
        path = often / "0.log"
        source = replace(web(path), name=next(names))
        for end in range(
            len(packed) - 300 if kind == "plain" else 0, len(packed) + 1, 1 if kind == "plain" else 5
        ):
            with path.open("ab") as log:
                log.write(packed[log.tell() : end])
            ingest(source, sqlite)
        with path.open("ab") as log:
            log.write(packed[log.tell() :])
        assert ingest(source, sqlite).problems == ()
        assert contents(sqlite, source.name) == contents(sqlite, whole.name)
        assert account(sqlite, source.name) == account(sqlite, whole.name)
