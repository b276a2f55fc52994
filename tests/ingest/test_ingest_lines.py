"""From a number back to the very lines behind it, wherever they stand now; by plain Python, as the oracle."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from outcome import IDLE, idle, ingest
from writing import BASE, FIELDS, FORMAT, PACKED, SUFFIX, Event, line, log, ndjson, traffic

from tabiji import definitions, store
from tabiji.definitions import Site
from tabiji.runs import exploring
from tabiji.runs.exploring import Gone, Line
from tabiji.store import Store

EVENTS = traffic(11, 1500)
AFTER = [event._replace(minute=BASE + 400) for event in traffic(12, 50)]
PERIODS = [
    pytest.param(BASE, BASE + 180, id="all"),
    pytest.param(BASE + 30, BASE + 31, id="one minute"),
    pytest.param(BASE + 29, BASE + 91, id="an hour and more"),
    pytest.param(BASE - 60, BASE, id="before all of it"),
]


class Promise(NamedTuple):
    """What an objective counts, and what of it is good."""

    counts: Callable[[Event], bool]
    good: Callable[[Event], bool]


def _fast(event: Event) -> bool:
    return event.us is not None and event.us <= 800_000


PROMISES = {
    "shop/available": Promise(
        lambda event: event.path == "/" or event.path.startswith("/courses/"),
        lambda event: event.status < 500,
    ),
    "shop/fast": Promise(lambda event: event.path.startswith("/courses/"), _fast),
    "shop/fast-and-right": Promise(
        lambda event: event.path.startswith("/courses/") and event.status != 500,
        lambda event: event.plan != "-" and _fast(event),
    ),
    "blog/minutes": Promise(
        lambda event: event.path.startswith("/blog/"),
        lambda event: event.method == "GET",
    ),
}


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Site:
    folder = tmp_path / "site"
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(
        f"""
store: {store_url}
sources:
  web:
    format: nginx
    paths: [access.log*]
    log_format: {json.dumps(FORMAT)}
    error: x_error
    labels: {{plan: x_plan}}
  app:
    format: json
    paths: [app.ndjson*]
    fields: {json.dumps(FIELDS)}
    labels: {{plan: plan}}
"""
    )
    (folder / "journeys" / "shop.yaml").write_text(
        """
journey: shop
title: Buy
steps:
  home: {title: Home, events: "route = '/'"}
  course: {title: Course, events: "route = '/courses/:id'"}
objectives:
  available: {good: status < 500, target: 99%}
  fast: {steps: [course], faster_than: 800ms, target: 99%}
  fast-and-right: {steps: [course], good: plan is not null, exclude: status = 500, faster_than: 800ms, target: 99%}
"""
    )
    (folder / "journeys" / "blog.yaml").write_text(
        """
journey: blog
title: Read
steps:
  read: {title: Read, events: "route in ('/blog/:slug', '/blog/:slug/comments')"}
objectives:
  minutes: {bad_minute: error_rate >= 10%, for: 2m, good: method = 'GET', target: 99%}
"""
    )
    return definitions.load(folder, {})


@pytest.fixture
def opened(site: Site) -> Iterator[Store]:
    with store.open(site.store) as one:
        yield one


def run(site: Site, opened: Store, *, later: int = 0) -> None:
    for source in site.sources:
        ingest(source, opened, later=later)


def found(
    site: Site, opened: Store, first: int, end: int, *, bad: bool
) -> dict[str, list[tuple[int, int | None, bool, str] | Gone]]:
    """The lines behind every objective: minute, duration, whether good, text."""
    return {
        objective.id: sorted(
            (one.minute, one.duration_us if one.duration_us is not None else -1, one.good, one.text)
            for one in exploring.lines(
                site, opened, journey, objective, bad=bad, first_minute=first, end_minute=end
            )
            if isinstance(one, Line)
        )
        for journey in site.journeys
        for objective in journey.objectives
    }


def bad_minutes(events: list[Event]) -> set[int]:
    """The minutes of `blog/minutes` that are bad: 10 % or more are, in two of them in a row at least."""
    promise = PROMISES["blog/minutes"]
    counted = [event for event in events if promise.counts(event)]
    total = Counter(event.minute for event in counted)
    bad = Counter(event.minute for event in counted if not promise.good(event))
    high = {minute for minute in total if bad[minute] * 10 >= total[minute]}
    return {minute for minute in high if {minute - 1, minute + 1} & high}


def wanted(
    events: list[Event], first: int, end: int, *, bad: bool, write: Callable[[Event, int], bytes] = line
) -> dict[str, list[tuple[int, int, bool, str]]]:
    minutes = bad_minutes(events)
    return {
        name: sorted(
            (
                event.minute,
                -1 if event.us is None else event.us,
                promise.good(event),
                write(event, number).decode(),
            )
            for number, event in enumerate(events)
            if promise.counts(event)
            and first <= event.minute < end
            and not (bad and (event.minute not in minutes if name == "blog/minutes" else promise.good(event)))
        )
        for name, promise in PROMISES.items()
    }


def gone(site: Site, opened: Store) -> list[Gone]:
    journey = site.journeys[0]
    every = exploring.lines(
        site, opened, journey, journey.objectives[0], bad=False, first_minute=BASE, end_minute=BASE + 180
    )
    return [one for one in every if isinstance(one, Gone)]


@pytest.mark.parametrize("bad", [False, True], ids=["all", "bad"])
@pytest.mark.parametrize(("first", "end"), PERIODS)
def test_the_lines_behind_every_objective(site: Site, opened: Store, first: int, end: int, bad: bool) -> None:
    path = site.folder / "access.log"
    content = log(EVENTS)
    for part in range(3):  # ranges that end in the middle of lines
        with path.open("ab") as file:
            file.write(content[file.tell() : len(content) * (part + 1) // 3])
        run(site, opened)
    with path.open("ab") as file:
        file.write(log(EVENTS, 5000))  # not counted yet, so behind no number
    assert found(site, opened, first, end, bad=bad) == wanted(EVENTS, first, end, bad=bad)


def test_of_two_formats(site: Site, opened: Store) -> None:
    (site.folder / "access.log").write_bytes(log(EVENTS))
    (site.folder / "app.ndjson").write_bytes(
        b"".join(ndjson(event, n) + b"\n" for n, event in enumerate(EVENTS))
    )
    run(site, opened)
    one, other = (
        wanted(EVENTS, BASE, BASE + 180, bad=True),
        wanted(EVENTS, BASE, BASE + 180, bad=True, write=ndjson),
    )
    assert found(site, opened, BASE, BASE + 180, bad=True) == {
        name: sorted(one[name] + other[name]) for name in one
    }


@pytest.mark.parametrize(
    "kind", ["plain", *(pytest.param(kind, id=kind) for kind in PACKED if kind != "plain")]
)
@pytest.mark.parametrize("again", [False, True], ids=["at once", "after another run"])
def test_lines_of_a_file_that_was_rotated(site: Site, opened: Store, kind: str, again: bool) -> None:
    path = site.folder / "access.log"
    path.write_bytes(log(EVENTS))
    run(site, opened)
    old = path.rename(f"{path}.1")
    if kind != "plain":
        old.with_name(old.name + SUFFIX[kind]).write_bytes(PACKED[kind](old.read_bytes()))
        old.unlink()
    path.write_bytes(log(AFTER, 5000))
    if again:
        run(site, opened)
    assert found(site, opened, BASE, BASE + 180, bad=False) == wanted(EVENTS, BASE, BASE + 180, bad=False)


@pytest.mark.parametrize("again", [False, True], ids=["at once", "after another run"])
def test_lines_of_a_file_that_was_copied_and_cut_off(site: Site, opened: Store, again: bool) -> None:
    path = site.folder / "access.log"
    path.write_bytes(log(EVENTS))
    run(site, opened)
    shutil.copy(path, f"{path}.1")
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(log(AFTER, 5000))
    if again:
        run(site, opened)
    assert found(site, opened, BASE, BASE + 180, bad=False) == wanted(EVENTS, BASE, BASE + 180, bad=False)
    assert gone(site, opened) == []


def test_lines_counted_partly_before_and_partly_in_an_archive(site: Site, opened: Store) -> None:
    path = site.folder / "access.log"
    content = log(EVENTS)
    path.write_bytes(content[:50_000])
    run(site, opened)
    path.unlink()
    (site.folder / "access.log.1.gz").write_bytes(PACKED["gzip"](content))
    run(site, opened)
    assert found(site, opened, BASE, BASE + 180, bad=False) == wanted(EVENTS, BASE, BASE + 180, bad=False)


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2"])
def test_lines_of_an_archive_that_was_read_in_parts(site: Site, opened: Store, kind: str) -> None:
    path = site.folder / f"access.log{SUFFIX[kind]}"
    parts = [PACKED[kind](log(EVENTS[part : part + 300], part)) for part in range(0, len(EVENTS), 300)]
    for part in parts:
        with path.open("ab") as file:
            file.write(part)
        run(site, opened)
    assert len(opened.chunks("web")) == len(parts)
    assert found(site, opened, BASE, BASE + 180, bad=False) == wanted(EVENTS, BASE, BASE + 180, bad=False)
    path.write_bytes(b"".join(parts[:3]) + parts[3][:50])
    assert [(one.lines, one.reason) for one in gone(site, opened)] == [
        (300, "its content is another by now")
    ] * 5


def test_lines_that_were_never_counted_are_behind_no_number(site: Site, opened: Store) -> None:
    path = site.folder / "access.log"
    torn = line(EVENTS[3], 3)
    path.write_bytes(log(EVENTS[:3]) + b"x" * 70_000 + b"\n\n" + torn)
    idle(path)
    run(site, opened)
    with path.open("ab") as file:
        file.write(b" and more of it\n")
    run(site, opened, later=IDLE)
    assert found(site, opened, BASE, BASE + 180, bad=False) == wanted(EVENTS[:4], BASE, BASE + 180, bad=False)


@pytest.mark.parametrize("what", ["gone", "cut off", "another"])
def test_lines_that_are_gone_are_said_to_be(site: Site, opened: Store, what: str) -> None:
    path = site.folder / "access.log"
    path.write_bytes(log(EVENTS[:500]))
    run(site, opened)
    with path.open("ab") as file:
        file.write(log(EVENTS[500:], 500))
    (site.folder / "access.log.other").write_bytes(log(EVENTS, 5000))
    run(site, opened)
    if what == "gone":
        path.unlink()
    elif what == "cut off":
        path.write_bytes(log(AFTER))
    else:
        path.unlink()
        path.write_bytes(log(AFTER, 9000))
    reason = "the file is gone" if what == "gone" else "its content is another by now"
    assert gone(site, opened) == [Gone(str(path), 500, reason), Gone(str(path), 1000, reason)]
    left = {
        name: sorted(
            (minute, us, good, text[:-9] + f'{int(text[-9:-1]) + 5000:08d}"')
            for minute, us, good, text in lines
        )
        for name, lines in wanted(EVENTS, BASE, BASE + 180, bad=False).items()
    }
    assert found(site, opened, BASE, BASE + 180, bad=False) == left


def test_lines_of_corrected_minutes_are_behind_no_number(site: Site, opened: Store) -> None:
    (site.folder / "access.log").write_bytes(log(EVENTS))
    run(site, opened)
    bad = bad_minutes(EVENTS)
    start = min(bad)
    (site.folder / "policies").mkdir()
    (site.folder / "policies" / "load.yaml").write_text(
        f"""
corrections:
  load:
    category: load-test
    author: Ito
    reason: The load test
    start: {datetime.fromtimestamp(start * 60, UTC):%Y-%m-%dT%H:%M}Z
    duration: 40m
"""
    )
    site = definitions.load(site.folder, {})
    left = {
        name: [one for one in some if not start <= one[0] < start + 40]
        for name, some in (wanted(EVENTS, BASE, BASE + 180, bad=True).items())
    }
    assert len(bad) > len({one[0] for one in left["blog/minutes"]}) > 0
    assert found(site, opened, BASE, BASE + 180, bad=True) == left
    every, counted = (
        wanted(EVENTS, BASE, BASE + 180, bad=False),
        found(site, opened, BASE, BASE + 180, bad=False),
    )
    assert counted["blog/minutes"] == every["blog/minutes"]
    assert len(counted["shop/fast"]) < len(every["shop/fast"])
