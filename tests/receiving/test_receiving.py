"""Pushed lines are counted by the road of files, once for each id, and can be read again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pushed import NOW, line, lines

from tabiji import definitions, store
from tabiji.counting import Account
from tabiji.runs.receiving import NotRecognised, Receiving, UnknownSource
from tabiji.store import Store


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> definitions.Site:
    (tmp_path / "tabiji.yaml").write_text(
        f"store: {store_url}\n"
        "sources:\n"
        "  app: {format: json, fields: {time: ts, status: status, path: path, method: m, duration_ms: ms}}\n"
        "  any: {}\n"
    )
    return definitions.load(tmp_path, {})


@pytest.fixture
def opened(site: definitions.Site) -> Iterator[Store]:
    with store.open(site.store) as one:
        yield one


@pytest.fixture
def receiving(site: definitions.Site, opened: Store) -> Iterator[Receiving]:
    with Receiving(opened, lambda: site) as one:
        yield one


def test_what_was_pushed_is_counted_when_it_is_answered(receiving: Receiving, opened: Store) -> None:
    pushed = lines(3) + b"not json\n" + line(4).rstrip(b"\n")  # a push is complete, also without the newline
    expected = Account(5, 4, (("not_json", 1),))
    assert receiving.receive("app", pushed, None, NOW).account == expected
    assert opened.accounts() == {"app": expected}
    assert opened.extent("app") == (NOW // 60, NOW // 60)


def test_the_same_id_is_counted_once_and_other_ids_are_not(receiving: Receiving, opened: Store) -> None:
    outcomes = [
        (one.account.counted, one.duplicate)
        for one in (
            receiving.receive("app", lines(2), "a", NOW),
            receiving.receive("app", lines(2), "a", NOW + 86_000),
            receiving.receive("app", lines(2), "b", NOW),
            receiving.receive("any", lines(2), "a", NOW),
            receiving.receive("app", lines(2), None, NOW),
            receiving.receive("app", lines(2), None, NOW),
        )
    ]
    assert outcomes == [(2, False), (0, True), (2, False), (2, False), (2, False), (2, False)]
    assert opened.accounts() == {"app": Account(8, 8), "any": Account(2, 2)}


def test_requests_that_come_together_are_answered_each_with_its_own_account(
    receiving: Receiving, opened: Store
) -> None:
    answers = [
        receiving.submit("app", pushed, None, time.time())
        for pushed in (lines(2), b"no\n" + line(1), b"", lines(1), b"\n")
    ]
    assert [one.result().account for one in answers] == [
        Account(2, 2),
        Account(2, 1, (("not_json", 1),)),
        Account(),
        Account(1, 1),
        Account(1, 0, (("blank", 1),)),
    ]
    assert opened.accounts()["app"] == Account(6, 4, (("blank", 1), ("not_json", 1)))


def test_a_source_that_does_not_exist_is_told_with_the_nearest(receiving: Receiving) -> None:
    with pytest.raises(UnknownSource, match=r"`ap` is not a source; did you mean `app`\?"):
        receiving.receive("ap", lines(1), None, NOW)


def test_lines_of_no_known_format_are_refused_where_none_is_defined(receiving: Receiving) -> None:
    with pytest.raises(NotRecognised, match="say `format:` of source `any`"):
        receiving.receive("any", b"hello\n", None, NOW)
