"""Learned routes: what explodes and what doesn't, confluence, and bounds under attack."""

import random
import string
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji.routes import NO_PATH, Learned, Limits

SMALL = Limits(first=3, deeper=2, missing=1, nodes=100_000, nodes_missing=100_000)


def learnt(paths: list[str], found: bool = True, limits: Limits = SMALL) -> Learned:
    learned = Learned(limits=limits)
    for path in paths:
        learned.observe(path, found)
    return learned


@pytest.mark.parametrize(
    ("paths", "path", "route"),
    [
        pytest.param(["/b/x", "/b/y"], "/b/x", "/b/x", id="two words are allowed"),
        pytest.param(["/b/x", "/b/y", "/b/z"], "/b/x", "/b/:slug", id="three are too many"),
        pytest.param(["/b/x", "/b/y", "/b/y"], "/b/x", "/b/x", id="a word seen twice is one"),
        pytest.param(["/b/x", "/b/y", "/b/new"], "/b/x", "/b/x", id="a fixed word doesn't count"),
        pytest.param(["/b/x", "/b/y", "/b/z", "/b/new"], "/b/new", "/b/new", id="a fixed word doesn't merge"),
        pytest.param(["/b/x", "/b/y", "/b/z", "/b/7"], "/b/9", "/b/:id", id="an id doesn't merge"),
        pytest.param(["/b/x", "/b/y", "/b/z", "/b/7.json"], "/b/9.json", "/b/:id.json", id="with a suffix"),
        pytest.param(["/b/x", "/b/y", "/b/z", "/b/"], "/b/", "/b/", id="a folder doesn't merge"),
        pytest.param(["/b/x", "/b/y", "/b/z"], "/b", "/b", id="another number of segments"),
        pytest.param(["/x", "/y", "/z"], "/x", "/x", id="three first segments are allowed"),
        pytest.param(["/x", "/y", "/z", "/w"], "/x", "/:slug", id="four are too many"),
        pytest.param(["/x", "/y", "/z", "/w"], "*", NO_PATH, id="no path"),
        pytest.param(["/b/x/c", "/b/y/c", "/b/z/d"], "/b/x/c", "/b/:slug/c", id="merged in the middle"),
        pytest.param(["/b/x/c", "/b/y/d", "/b/z/e"], "/b/x/c", "/b/:slug/:slug", id="the union explodes"),
        pytest.param(
            ["/b/x/c", "/b/x/d", "/b/x/e", "/b/y/new", "/b/z/f"],
            "/b/y/g",
            "/b/:slug/:slug",
            id="one exploded, so the union is",
        ),
    ],
)
def test_explosion(paths: list[str], path: str, route: str) -> None:
    assert learnt(paths).route(path, True) == route


def test_not_found_is_learnt_apart() -> None:
    learned = learnt(["/b/x", "/b/y"])
    for path in ("/b/.env", "/b/wp.php", "/b/x"):
        learned.observe(path, False)
    assert learned.route("/b/x", True) == "/b/x"
    assert learned.route("/b/x", False) == "/b/:slug"
    assert learned.exploded == {"2 missing /b/"}


def test_the_default_limits() -> None:
    learned = learnt(
        [f"/w{word(n)}" for n in range(400)] + [f"/b/{word(n)}" for n in range(100)], True, Limits()
    )
    learned.observe("/users/new", True)
    assert learned.exploded == frozenset()
    learned.observe("/one-more", True)
    assert learned.exploded == {"1 found /"}
    learned.observe("/b/one-more", True)
    assert learned.exploded == {"1 found /", "2 found /b/"}
    missing = learnt([f"/{word(n)}" for n in range(20)], False, Limits())
    assert missing.exploded == frozenset()
    missing.observe("/one-more", False)
    assert missing.exploded == {"1 missing /"}


def word(number: int) -> str:
    """A distinct word without digits."""
    return "".join(string.ascii_lowercase[int(digit)] for digit in str(number)) + "-page"


segments = st.sampled_from(["a", "b", "c", "d", "e", "f", "new", "7", "", ":slug", "…"])
observations = st.lists(
    st.tuples(
        st.lists(segments, min_size=1, max_size=4).map(lambda some: "/" + "/".join(some)), st.booleans()
    ),
    max_size=60,
)


def routed(batches: list[list[tuple[str, bool]]]) -> tuple[Counter[tuple[str, bool]], frozenset[str]]:
    """Events per route after batches, each by a new `Learned` from what was stored, as `ingest` does it."""
    stored: Counter[tuple[str, bool]] = Counter()
    marks: frozenset[str] = frozenset()
    for batch in batches:
        learned = Learned(marks, stored, limits=SMALL)
        for path, found in batch:
            learned.observe(path, found)
        merged: Counter[tuple[str, bool]] = Counter()
        for (path, found), events in stored.items():
            merged[learned.route(path, found), found] += events
        for path, found in batch:
            merged[learned.route(path, found), found] += 1
        stored, marks = merged, learned.exploded
    return stored, marks


@given(observations, st.randoms(use_true_random=False), st.lists(st.integers(0, 60), max_size=5))
def test_order_and_batches_change_nothing(
    seen: list[tuple[str, bool]], chance: random.Random, cuts: list[int]
) -> None:
    shuffled = chance.sample(seen, len(seen))
    at = [0, *sorted(cuts), len(shuffled)]
    batches = [shuffled[start:end] for start, end in pairwise(at)]
    assert routed(batches) == routed([seen])


@given(observations, observations)
def test_two_processes_join(one: list[tuple[str, bool]], other: list[tuple[str, bool]]) -> None:
    (stored, marks), (stored2, marks2) = routed([one]), routed([other])
    joined = Learned(marks | marks2, [*stored, *stored2], limits=SMALL)
    together, marks_together = routed([one + other])
    assert joined.exploded == marks_together
    assert {(joined.route(path, found), found) for path, found in [*stored, *stored2]} == set(together)


@given(observations)
def test_routing_a_route_changes_nothing(seen: list[tuple[str, bool]]) -> None:
    learned = Learned(limits=SMALL)
    for path, found in seen:
        learned.observe(path, found)
    for path, found in seen:
        route = learned.route(path, found)
        assert learned.route(route, found) == route


@given(st.lists(st.tuples(st.text(max_size=80), st.booleans()), max_size=40))
def test_any_text_is_routed(seen: list[tuple[str, bool]]) -> None:
    learned = Learned(limits=SMALL)
    for path, found in seen:
        learned.observe(path, found)
        learned.observe("/" + path, found)
    marks = learned.exploded
    assert Learned(marks, limits=SMALL).exploded == marks
    for path, found in seen:
        assert len(learned.route("/" + path, found)) <= 512


def test_memory_is_bounded_under_attack() -> None:
    chance = random.Random(7)
    learned = Learned()
    for number in range(30_000):
        deep = "/".join(
            chance.choice(string.ascii_lowercase) * chance.randrange(1, 4) for _ in range(number % 40)
        )
        learned.observe(f"/{word(number)}", True)
        learned.observe(f"/{word(number)}", False)
        learned.observe("/" + deep, number % 2 == 0)
        learned.observe(f"/x/{word(number)}/new/{word(number % 97)}", False)
    assert len(learned) <= 25_000 + 64  # an explosion may add its `:slug` before it removes the words
    assert learned.route("/never-seen-before", True) == "/:slug"
    assert learned.route("/users/new", True) in ("/users/new", "/:slug/new")


def test_without_room_an_unknown_word_is_a_slug_at_once() -> None:
    learned = learnt(["/a/b", "/a/c"], True, Limits(nodes=3))
    assert learned.route("/a/b", True) == "/a/b"
    assert learned.route("/a/c", True) == "/a/:slug"
    assert learned.route("/new/c", True) == "/new/:slug"
    assert len(learned) == 3


@pytest.mark.parametrize("mark", ["", "2 found", "x found /", "2 lost /a/", "2 found a/", "2 found /a"])
def test_what_is_no_mark(mark: str) -> None:
    with pytest.raises(ValueError, match=r"mark|unpack|literal"):
        Learned([mark])
