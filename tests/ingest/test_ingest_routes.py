"""Routes that are learned while lines are counted, the cap on series, filters: totals stay exact (T10, T19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase

import pytest
from outcome import account, by_minute, contents, ingest, web
from writing import BASE, Event, log, traffic
from writing import by_minute as expected

from tabiji import store
from tabiji.counting import OTHER, Account
from tabiji.runs import ingesting
from tabiji.store import Store

WORDS = [f"about-{first}{second}" for first in ascii_lowercase for second in ascii_lowercase]


@pytest.fixture
def opened(store_url: str) -> Iterator[Store]:
    with store.open(store_url) as one:
        yield one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def append(path: Path, events: list[Event]) -> None:
    with path.open("ab") as file:
        file.write(log(events))


def by_route(opened: Store, source: str = "web") -> Counter[tuple[str | None, int | None]]:
    found: Counter[tuple[str | None, int | None]] = Counter()
    for (_, series), (events, _, _) in contents(opened, source)["day"].items():
        found[series.route, series.status] += events
    return found


def visits(paths: list[str], status: int = 200) -> list[Event]:
    """Twice each, in two minutes of different days, with durations that tell them apart."""
    return [
        Event(BASE + 1500 * visit, status, path, us=1000 + 37 * number)
        for number, path in enumerate(paths)
        for visit in (0, 1)
    ]


def test_words_that_become_too_many_merge_with_all_that_was_counted(opened: Store, path: Path) -> None:
    stages = [
        visits([f"/blog/{word}" for word in WORDS[:90]] + ["/blog/new", "/blog/7"]),
        visits(
            [f"/blog/{word}/comments" for word in WORDS[:60]] + [f"/blog/{word}" for word in WORDS[50:90]]
        ),
        visits([f"/blog/{word}" for word in WORDS[90:120]]),  # now /blog/ explodes …
        visits([f"/blog/{word}/comments" for word in WORDS[60:130]]),  # … and /blog/…/comments
        visits([f"/{word}/wp.php" for word in WORDS[:30]], status=404),
        visits([f"/{word}" for word in WORDS[:450]]),
    ]
    counted: list[Event] = []
    kept: list[set[str | None]] = []
    for stage in stages:
        append(path, stage)
        ingest(web(path), opened)
        counted += stage
        assert by_minute(opened) == expected(counted)
        assert account(opened) == Account(len(counted), len(counted))
        kept.append({series.route for series in opened.series().values()})
    assert [len(routes) for routes in kept] == [92, 152, 63, 4, 5, 6]
    assert by_route(opened) == Counter(
        {
            ("/blog/new", 200): 2,
            ("/blog/:id", 200): 2,
            ("/blog/:slug", 200): 2 * (90 + 40 + 30),
            ("/blog/:slug/comments", 200): 2 * 130,
            ("/:slug/wp.php", 404): 2 * 30,
            ("/:slug", 200): 2 * 450,
        }
    )
    path.rename(f"{path}.1")
    ingest(web(f"{path}.1", name="at once"), opened)
    assert contents(opened) == contents(opened, "at once")
    assert opened.route_marks("web") == opened.route_marks("at once")


@pytest.mark.parametrize(
    "made",
    [
        pytest.param({"operation": "route"}, id="the operation is the route"),
        pytest.param(
            {"operation": "method || ' ' || route || ' on ' || host"}, id="the route is in its middle"
        ),
        pytest.param({"labels": (("page", "route"), ("plan", "x_plan"))}, id="a label is the route"),
        pytest.param({"error": "coalesce(x_error, 'on ' || route)"}, id="an error tells the route"),
        pytest.param({"operation": "host", "labels": ()}, id="nothing does"),
    ],
)
def test_whatever_tells_the_route_is_widened_with_it(
    sqlite_url: str, path: Path, made: dict[str, object]
) -> None:
    with store.open(sqlite_url) as opened:
        for stage in (WORDS[:80], WORDS[80:160], WORDS[:160]):
            append(path, visits([f"/blog/{word}" for word in stage]))
            ingest(web(path, **made), opened)
        ingest(web(path.rename(f"{path}.1"), name="at once", **made), opened)
        assert contents(opened) == contents(opened, "at once")


def test_declared_routes_are_never_widened(opened: Store, path: Path, tmp_path: Path) -> None:
    table = tmp_path / "routes.txt"
    table.write_text("GET /blog/:title\nGET /blog/about-aa\nPOST /blog\n")
    append(path, visits([f"/blog/{word}" for word in WORDS[:130]] + ["/blog"]))
    for _ in range(2):
        ingest(web(path, routes=table), opened)
    append(path, visits([f"/page/{word}" for word in WORDS[:130]]))
    ingest(web(path, routes=table), opened)
    assert by_route(opened) == Counter(
        {
            ("/blog/about-aa", 200): 2,
            ("/blog/:title", 200): 2 * 129,
            ("/blog", 200): 2,  # not declared for GET: learned
            ("/page/:slug", 200): 2 * 130,
        }
    )


@pytest.mark.parametrize("cap", [1, 3, 10])
def test_series_beyond_the_cap_are_one_and_the_totals_exact(opened: Store, path: Path, cap: int) -> None:
    events = [
        Event(BASE + number % 5, 200, "/", plan=f"plan-{number % 12}", us=number * 1000)
        for number in range(240)
    ]
    source = web(path, series_max=cap)
    beyond = 0
    for part in range(4):
        append(path, events[part * 60 : part * 60 + 60])
        beyond += ingest(source, opened).beyond_cap
    found = contents(opened)["minute"]
    others = {key: row for key, row in found.items() if key[1].operation == OTHER}
    assert len(opened.series()) == cap + 1
    assert beyond == sum(events for events, _, _ in others.values()) == 240 - cap * 20
    assert sum(us for _, us, _ in found.values()) == sum(event.us or 0 for event in events)
    assert Counter(minute for (minute, _), row in found.items() for _ in range(row[0])) == Counter(
        event.minute for event in events
    )
    assert sum(n for _, _, counts in others.values() for n in counts.values()) == beyond


def test_a_filter_that_changes_holds_from_then_on(opened: Store, path: Path) -> None:
    events = traffic(5, 400)
    half = len(events) // 2
    append(path, events[:half])
    ingest(web(path, where="status < 500"), opened)
    append(path, events[half:])
    outcome = ingest(web(path, where="method = 'GET'"), opened)
    first = [event for event in events[:half] if event.status < 500]
    second = [event for event in events[half:] if event.method == "GET"]
    assert outcome.account == Account(half, len(second), filtered=half - len(second))
    assert account(opened) == Account(400, len(first + second), filtered=400 - len(first + second))
    assert by_minute(opened) == expected(first + second)


@pytest.mark.parametrize(
    "where", ["route <> '/users/me'", "path like '/blog/%'", "x_plan is null", "status = 500"]
)
def test_lines_that_are_filtered_are_read_and_not_counted(opened: Store, path: Path, where: str) -> None:
    events = traffic(6, 400)
    append(path, events)
    ingest(web(path, where=where), opened)
    kept = {
        "route <> '/users/me'": lambda event: event.path != "/users/me",
        "path like '/blog/%'": lambda event: event.path.startswith("/blog/"),
        "x_plan is null": lambda event: event.plan == "-",
        "status = 500": lambda event: event.status == 500,
    }[where]
    wanted = [event for event in events if kept(event)]
    assert 0 < len(wanted) < len(events)
    assert account(opened) == Account(400, len(wanted), filtered=400 - len(wanted))
    assert by_minute(opened) == expected(wanted)


# T10: events that come late


def test_events_out_of_order_are_in_their_own_minute(opened: Store, path: Path) -> None:
    events = [event._replace(minute=BASE + 7 * number % 180) for number, event in enumerate(traffic(7, 900))]
    for part in range(3):
        append(path, events[part * 300 : part * 300 + 300])
        ingest(web(path), opened)
    assert by_minute(opened) == expected(events)
    assert opened.extent() == (BASE, BASE + 179)


def test_events_forty_days_late_are_in_their_own_minute(opened: Store, path: Path) -> None:
    late = [event._replace(minute=event.minute - 40 * 1440) for event in traffic(8, 300)]
    append(path, traffic(9, 300))
    ingest(web(path), opened)
    append(path, late)
    ingest(web(path), opened)
    assert by_minute(opened) == expected(traffic(9, 300) + late)


def test_events_of_minutes_no_longer_kept_are_in_their_hour_and_day(opened: Store, path: Path) -> None:
    late = [event._replace(minute=event.minute - 45 * 1440) for event in traffic(8, 300)]
    recent = traffic(9, 300)
    append(path, recent)
    ingest(web(path), opened)
    opened.forgetting.rollups(BASE, 40, 396)
    append(path, late)
    assert ingest_unbalanced(path, opened) == Account(300, 300)
    assert by_minute(opened) == expected(recent)
    for grain, minutes in (("hour", 60), ("day", 1440)):
        found: Counter[int] = Counter()
        for (minute, _), (events, _, _) in contents(opened)[grain].items():
            found[minute] += events
        assert found == Counter(event.minute // minutes * minutes for event in recent + late)


def ingest_unbalanced(path: Path, opened: Store) -> Account:
    """A run after which the minutes hold less than the days."""
    return ingesting.ingest(web(path), opened, now=BASE * 60, workers=1).account
