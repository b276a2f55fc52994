"""Paths seen → routes, where nothing is declared: a position with too many distinct words becomes `:slug`.

Each number of segments has a trie of its own, and events that were answered "not found" have tries apart,
so that a scanner can't blur real routes. A node with more distinct words below it than `Limits` allow
*explodes*: its words merge into one child `:slug`, the nodes below them merge likewise, and what then has
too many words explodes too.

That is a least fixed point over the set of paths, hence confluent: routes and marks at the end are the same
in whatever order, batches or processes the paths were seen, and what was routed early is routed on to the
same end. It stops where memory is bounded: with `Limits.nodes` nodes, unknown words are `:slug` at once,
and which words that hits depends on the order.

State is `exploded` plus the routes of stored series: whoever stores both can go on with a new `Learned`,
and two processes join by taking the marks and routes of both. Empty segments, placeholders and `FIXED`
words never merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tabiji.routes.paths import ELLIPSIS, NO_PATH, PLACEHOLDERS, normalise

SLUG: Final = ":slug"

_WORDS = """
about account accounts activate activity admin all answer api app apple-touch-icon.png apply approve archive
articles assets auth authorize autocomplete avatar batch billing blog bookmark bookmarks bulk bulk_create
bulk_delete bulk_update calendar callback cancel cart categories category change check checkout clone close
comment comments complete completions config confirm confirmation contact cookies copy count create css csv
current dashboard de deactivate default delete destroy detail details diff disable docs done download draft
drafts duplicate edit embed en en-gb en-us enable es events export faq favicon.ico favorite favorites feed
feedback files filter finish follow followers following forgot fr graphql health healthcheck healthz help
hide history home icon images import inbox index index.html index.php info invitations invite invoices it
items ja ja-jp join js json ko latest leave legal like likes list live lock login logout manifest
manifest.json mark_as_read me members merge messages metadata metrics mine move my new news next
notifications oauth oauth2 open orders page pages password pause pay payment payments permissions ping
popular posts preferences preview previous pricing print privacy private products profile profiles pt pt-br
public publish purchase queries question questions ranking read ready readyz recent recommendations redirect
refresh refund register registration reject related remove rename reopen reorder replies reply report
reports resend reset resolve restart restore results resume retry reviews robots.txt root rss ru save search
security self send session sessions settings setup share show sign_in sign_out sign_up signin signout signup
sitemap.xml sort start state static stats status stop stream submit subscribe subscription subscriptions
suggest summary support sync tags tasks teams terms test timeline today token tokens top transfer trash undo
unfollow unlike unlock unpublish unread unsubscribe update upgrade upload uploads usage user users v1 v1.0
v1.1 v2 v2.0 v2.1 v3 v3.0 v4 v5 v6 v7 v8 v9 validate validations verify version versions view views vote
votes wallet webhook webhooks wp-admin wp-content wp-includes wp-json wp-login.php xml xmlrpc.php zh zh-cn
zh-tw
"""

_SUFFIXES = (
    "csv css gif htm html ico jpeg jpg js json md mp3 mp4 pdf php png svg txt webp xls xlsx xml yaml zip"
)

FIXED: Final = frozenset(_WORDS.split()) | {
    placeholder + "." + suffix for placeholder in PLACEHOLDERS for suffix in _SUFFIXES.split()
}
"""Words that name a function and not a thing; they stay when their neighbours merge. A closed set."""

_KEPT = FIXED | PLACEHOLDERS | {"", ELLIPSIS}


@dataclass(frozen=True, slots=True)
class Limits:
    """Distinct words below a node, and nodes in memory (about 250 bytes each), at most."""

    first: int = 400  # words of the first segment: pages of a site
    deeper: int = 100
    missing: int = 20  # below any node of the tries of "not found"
    nodes: int = 20_000
    nodes_missing: int = 5_000


@dataclass(slots=True, eq=False)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    words: int = 0  # children that can merge
    exploded: bool = False


class Learned:
    """Routes learned from paths. Not for use from several threads at once.

    `exploded` are marks of an earlier `Learned`; `known` are the learned (not the declared) routes of stored
    series, with whether they were found. Raises ValueError for a text that is no mark.
    """

    def __init__(
        self,
        exploded: Iterable[str] = (),
        known: Iterable[tuple[str, bool]] = (),
        *,
        limits: Limits = Limits(),
    ) -> None:
        self._limits = limits
        self._tries: dict[tuple[int, bool], _Node] = {}
        self._nodes = {True: 0, False: 0}
        for mark in sorted(exploded):
            self._restore(mark)
        for route, found in sorted(known):
            self.observe(route, found)

    def observe(self, path: str, found: bool) -> None:
        """Take note of a path, raw, folded or a route; `found` is False for events answered "not found"."""
        route = normalise(path)
        if route != NO_PATH:
            segments = route.split("/")[1:]
            self._insert(segments, len(segments), found)

    def route(self, path: str, found: bool) -> str:
        """The route of a path that was observed, or of a route that was stored, as things stand now."""
        route = normalise(path)
        if route == NO_PATH:
            return route
        segments = route.split("/")[1:]
        node = self._tries.get((len(segments), found))
        full = self._nodes[found] >= self._nodes_max(found)
        for depth, segment in enumerate(segments):
            label = segment
            if segment not in _KEPT:
                if node is not None and node.exploded:
                    label = SLUG
                elif full and (node is None or segment not in node.children):
                    label = SLUG  # it found no room
            segments[depth] = label
            node = node.children.get(label) if node is not None else None
        return "/" + "/".join(segments)

    @property
    def exploded(self) -> frozenset[str]:
        """The marks to store: `SEGMENTS found|missing PREFIX` of each exploded node: `2 found /blog/`."""
        return frozenset(
            f"{segments} {'found' if found else 'missing'} {prefix}"
            for (segments, found), root in self._tries.items()
            for prefix in _exploded(root, "/")
        )

    def __len__(self) -> int:
        """Nodes in memory."""
        return sum(self._nodes.values())

    def _nodes_max(self, found: bool) -> int:
        return self._limits.nodes if found else self._limits.nodes_missing

    def _words_max(self, found: bool, depth: int) -> int:
        if not found:
            return self._limits.missing
        return self._limits.first if depth == 0 else self._limits.deeper

    def _insert(self, segments: list[str], number: int, found: bool) -> _Node | None:
        """The node of these segments, in the trie of paths with `number` segments; None when it is full."""
        node = self._tries.get((number, found))
        if node is None:
            node = self._tries[number, found] = _Node()
            self._nodes[found] += 1
        for depth, segment in enumerate(segments):
            label = SLUG if node.exploded and segment not in _KEPT else segment
            child = node.children.get(label)
            if child is None:
                if self._nodes[found] >= self._nodes_max(found):
                    return None
                child = node.children[label] = _Node()
                self._nodes[found] += 1
                if label not in _KEPT:
                    node.words += 1
                    if node.words > self._words_max(found, depth):
                        self._explode(node, depth, found)
                        child = node.children[SLUG]
            node = child
        return node

    def _restore(self, mark: str) -> None:
        number, kind, prefix = mark.split(" ", 2)
        if kind not in ("found", "missing") or not prefix.startswith("/") or not prefix.endswith("/"):
            raise ValueError(f"not a mark of an exploded node: {mark!r}")
        found = kind == "found"
        segments = prefix.split("/")[1:-1]
        node = self._insert(segments, int(number), found)
        if node is not None and not node.exploded:
            self._explode(node, len(segments), found)

    def _explode(self, node: _Node, depth: int, found: bool) -> None:
        """Merge the words below a node at this depth into `:slug`, and what is below them."""
        node.exploded = True
        words = [label for label in node.children if label not in _KEPT]
        node.words = 0
        if words and SLUG not in node.children:
            node.children[SLUG] = _Node()
            self._nodes[found] += 1
        for label in words:
            self._absorb(node.children[SLUG], node.children.pop(label), depth + 1, found)

    def _absorb(self, node: _Node, other: _Node, depth: int, found: bool) -> None:
        """Make a node the union of itself and another one, which is given up."""
        self._nodes[found] -= 1
        for label, child in other.children.items():
            if node.exploded and label not in _KEPT:
                label = SLUG
            mine = node.children.get(label)
            if mine is not None:
                self._absorb(mine, child, depth + 1, found)
            else:
                node.children[label] = child
                node.words += label not in _KEPT
        if not node.exploded and (other.exploded or node.words > self._words_max(found, depth)):
            self._explode(node, depth, found)


def _exploded(node: _Node, prefix: str) -> Iterator[str]:
    if node.exploded:
        yield prefix
    for label, child in node.children.items():
        yield from _exploded(child, f"{prefix}{label}/")
