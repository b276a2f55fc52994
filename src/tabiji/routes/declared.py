"""Declared routes + method and path → the template that serves it.

A trie of segments, whose literals are folded as SQL folds paths, so that `/v2/1-clicks` is found for
`/v2/:id-clicks`. The most specific route wins, segment by segment from the left: a literal before a segment
with fixed parts (`:id.json`, `:name:cancel`), before a parameter, before a glob; among equals the one
declared first.

Known edges: a folded path can't tell `/404` from `/7`; with a literal `/404` and a parameter `/:name`
declared side by side, numbers go to the literal. Constraints of parameters are not looked at. Empty
segments (`//`, a trailing slash) are passed over, as Rails does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from tabiji.routes.paths import fold_segment

Segment = tuple[str, ...] | None
"""The fixed parts around parameters: `("users",)` is a literal, `("", "")` a parameter, `("", ".json")` a
parameter with a suffix. None is a glob: one segment or more."""

PARAMETER: Final = ("", "")

_SEGMENTS_MAX: Final = 128  # of a path; what comes after is a glob's affair
_REMEMBERED_CHARACTERS_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Route:
    """A route as declared.

    `methods` is empty for any; `template` is without `(.:format)`; there is a shape for each way in which
    optional parts can be there or not; with `formats`, a last literal may carry `.json` and the like.
    """

    methods: tuple[str, ...]
    template: str
    shapes: tuple[tuple[Segment, ...], ...]
    formats: bool = False


@dataclass(slots=True, eq=False)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    mixed: list[tuple[tuple[str, ...], _Node]] = field(
        default_factory=list
    )  # the most fixed characters first
    parameter: _Node | None = None
    glob: _Node | None = None
    templates: dict[str, str] = field(default_factory=dict)  # by method; "" is any
    formats: dict[str, str] = field(default_factory=dict)  # the same, of routes that end in `(.:format)`


class Declared:
    """A table of routes. `name` says where it comes from."""

    def __init__(self, routes: Iterable[Route], name: str = "") -> None:
        self.name = name
        self.routes = tuple(routes)
        self.templates = frozenset(route.template for route in self.routes)
        self._root = _Node()
        for route in self.routes:
            for shape in route.shapes:
                _declare(self._root, route, shape)
        self._remembered = lru_cache(maxsize=16_384)(self._route)

    def route(self, method: str | None, path: str) -> str | None:
        """The template for a path, raw or folded, or None if no route serves it.

        HEAD is served by GET; a method of None by any.
        """
        if len(path) > _REMEMBERED_CHARACTERS_MAX:
            return self._route(method, path)
        return self._remembered(method, path)

    def __reduce__(self) -> tuple[type[Declared], tuple[tuple[Route, ...], str]]:
        return Declared, (self.routes, self.name)  # what is remembered doesn't go to another process

    def _route(self, method: str | None, path: str) -> str | None:
        if not path.startswith("/"):
            return None
        segments = [segment for segment in path.split("/", 4 * _SEGMENTS_MAX) if segment][:_SEGMENTS_MAX]
        return _find(self._root, list(map(fold_segment, segments)), 0, method)


def _declare(root: _Node, route: Route, shape: tuple[Segment, ...]) -> None:
    node = root
    for segment in shape:
        if segment is None:
            node.glob = node.glob or _Node()
            node = node.glob
        elif len(segment) == 1:
            node = _literal(node, segment[0])
        elif segment == PARAMETER:
            node.parameter = node.parameter or _Node()
            node = node.parameter
        else:
            node = _mixed(node, (fold_segment(segment[0]), *segment[1:]))
    for method in route.methods or ("",):
        node.templates.setdefault(method, route.template)
        if route.formats:
            node.formats.setdefault(method, route.template)


def _literal(node: _Node, text: str) -> _Node:
    key = fold_segment(text)
    child = node.literals.setdefault(key, _Node())
    if not key.isascii():  # servers log it encoded
        child = node.literals.setdefault(quote(key, safe=":@!$&'()*+,;=-._~%"), child)
        node.literals[key] = child
    return child


def _mixed(node: _Node, parts: tuple[str, ...]) -> _Node:
    for known, child in node.mixed:
        if known == parts:
            return child
    child = _Node()
    node.mixed.append((parts, child))
    node.mixed.sort(key=lambda entry: -sum(map(len, entry[0])))
    return child


def _find(node: _Node, segments: list[str], at: int, method: str | None) -> str | None:
    """Depth first, the most specific branch first.

    Visits a node of the trie at most once for each place at which a glob above it may end.
    """
    if at == len(segments):
        return _served(node.templates, method)
    segment = segments[at]
    literal = node.literals.get(segment)
    found = _find(literal, segments, at + 1, method) if literal is not None else None
    if found is None and at + 1 == len(segments) and "." in segment:
        literal = node.literals.get(segment.rpartition(".")[0])
        found = _served(literal.formats, method) if literal is not None else None
    if found is None:
        for parts, child in node.mixed:
            if _fits(segment, parts):
                found = _find(child, segments, at + 1, method)
                if found is not None:
                    break
    if found is None and node.parameter is not None:
        found = _find(node.parameter, segments, at + 1, method)
    if found is None and node.glob is not None:
        found = _find_after_glob(node.glob, segments, at, method)
    return found


def _find_after_glob(glob: _Node, segments: list[str], at: int, method: str | None) -> str | None:
    if glob.literals or glob.mixed or glob.parameter or glob.glob:
        for end in range(at + 1, len(segments)):
            found = _find(glob, segments, end, method)
            if found is not None:
                return found
    return _served(glob.templates, method)


def _served(templates: dict[str, str], method: str | None) -> str | None:
    if not templates:
        return None
    if method is None:
        return next(iter(templates.values()))
    found = templates.get(method)
    if found is None and method == "HEAD":
        found = templates.get("GET")
    return templates.get("") if found is None else found


def _fits(segment: str, parts: tuple[str, ...]) -> bool:
    """Whether a segment is the fixed parts with at least one character in each gap."""
    first, *middle, last = parts
    end = len(segment) - len(last)
    if not segment.startswith(first) or not segment.endswith(last):
        return False
    at = len(first)
    for part in middle:
        at = segment.find(part, at + 1, end)
        if at < 0:
            return False
        at += len(part)
    return at < end
