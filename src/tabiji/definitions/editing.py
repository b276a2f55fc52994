"""The text of a YAML file, and other values for some of its keys → the text with only these changed, in place.

Comments, order, quotes and breaks stay as they are. What was edited is read again: it says what was asked for, or
nothing is edited.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from tabiji.definitions import documents
from tabiji.definitions.templates import Item, flow, quoted
from tabiji.errors import UsageError
from tabiji.language import _

Path = tuple[str | int, ...]  # the keys, and places in lists, that lead to a value

LINE_MAX = 100  # characters of a value that is written on its key's line
ORDER: Mapping[str, Sequence[str]] = {  # of the keys below a key
    "objectives": (
        *("title", "steps", "good", "exclude", "faster_than", "bad_minute", "for", "no_data"),
        *("target", "window", "state", "alerts"),
    ),
    "steps": ("title", "events"),
}
_COLON = re.compile(r"[ \t]*:")
_BREAK = re.compile(r"\r\n|\r|\n")


class UneditableError(UsageError):
    """The file is written in a way that can't be changed in place: by anchors, aliases, or explicit keys."""


def edited(text: str, changes: Mapping[Path, Item | None]) -> str:
    """The text with these values at these places; None removes a key, others are added where they were not.

    Raises UneditableError where that can't be done without changing more than these.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    written = text.removeprefix("\ufeff")
    expected = _tree(written)
    for path, item in changes.items():
        expected = _with(expected, path, item)
        written = _edited(written, path, item)
    if _tree(written) != expected:
        raise UneditableError(_("this file can't be changed in place; change it by hand"))
    return mark + written


def excerpt(text: str, path: Path) -> str:
    """The lines of a key and all that is below it, as they stand in the file; nothing where it is not there."""
    text = text.removeprefix("\ufeff")
    found = _found(text, path)
    if found is None:
        return ""
    key, value = found
    begin = text.rfind("\n", 0, key.start) + 1
    return text[begin : _line_end(text, _content_end(text, value))]


def places(text: str, path: Path) -> dict[str, tuple[int, int]]:
    """The keys of a mapping, with the line and the column of each, from 1."""
    text = text.removeprefix("\ufeff")
    found = _found(text, path)
    if found is None:
        return {}
    return {key.text: (key.line + 1, key.column + 1) for key, _value in found[1].pairs}


@dataclass(slots=True)
class _Node:
    """A value as it stands in the text: the characters [start, end)."""

    kind: str  # scalar, list, mapping, alias
    start: int
    end: int
    line: int
    column: int
    flow: bool
    anchored: bool
    text: str = ""
    style: str = ""
    items: list[_Node] = field(default_factory=list)

    @property
    def pairs(self) -> Iterator[tuple[_Node, _Node]]:
        items = iter(self.items) if self.kind == "mapping" else iter(())
        return zip(items, items, strict=True)


def _tree(text: str) -> Any:
    """What a text says; raises UneditableError where that is not clear."""
    document = documents.read("", text.encode())
    if document.tree is None or document.faults:
        raise UneditableError(_("this file has faults; mend them first"))
    return document.tree


def _with(tree: Any, path: Path, item: Item | None) -> Any:
    """The tree with a value in place of another."""
    made = copy.deepcopy(tree)
    holder, last = made, path[-1]
    try:
        for key in path[:-1]:
            holder = holder[key]
        if item is not None:
            holder[last] = _texts(item)
        elif last in holder:
            del holder[last]
    except (KeyError, IndexError, TypeError):
        raise _absent(path) from None
    return made


def _absent(path: Path) -> UneditableError:
    return UneditableError(_("there is no `{path}` in this file", path=".".join(map(str, path[:-1]))))


def _texts(item: Item) -> Any:
    """A value as `documents` reads it: every scalar is a text."""
    match item:
        case dict():
            return {key: _texts(below) for key, below in item.items()}
        case list():
            return [_texts(below) for below in item]
        case bool():
            return str(item).lower()
        case _:
            return str(item)


# Where things stand


def _root(text: str) -> _Node:
    open_nodes: list[_Node] = []
    root: _Node | None = None
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            node = open_nodes.pop()
            node.end = _mark(event.end_mark).index
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event)
            if open_nodes:
                open_nodes[-1].items.append(node)
            root = root or node
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append(node)
    return root or _Node("mapping", 0, 0, 0, 0, flow=False, anchored=False)


def _node(event: yaml.NodeEvent) -> _Node:
    start, end = _mark(event.start_mark), _mark(event.end_mark)
    anchored = event.anchor is not None and not isinstance(event, yaml.AliasEvent)
    match event:
        case yaml.AliasEvent():
            kind, is_flow = "alias", True
        case yaml.ScalarEvent():
            kind, is_flow = "scalar", event.style not in ("|", ">")
        case _:
            kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
            is_flow = bool(event.flow_style) if isinstance(event, yaml.CollectionStartEvent) else False
    made = _Node(kind, start.index, end.index, start.line, start.column, is_flow, anchored)
    if isinstance(event, yaml.ScalarEvent):
        made.text, made.style = event.value, event.style or ""
    return made


def _mark(mark: Any) -> Any:
    """A mark of the scanner: every event of a text has them."""
    return mark


def _found(text: str, path: Path) -> tuple[_Node, _Node] | None:
    """The key at a path and its value; None where it is not there."""
    node = _root(text)
    pair: tuple[_Node, _Node] | None = None
    for name in path:
        if isinstance(name, int):
            pair = (node.items[name],) * 2 if node.kind == "list" and name < len(node.items) else None
        else:
            pair = next(((key, value) for key, value in node.pairs if key.text == name), None)
        if pair is None:
            return None
        node = pair[1]
        if node.kind == "alias":
            raise UneditableError(
                _("`{name}` is an alias of what stands elsewhere; change it by hand", name=name)
            )
    return pair


def _content_end(text: str, node: _Node) -> int:
    """The end of the last character of a value that is no space, no break and no comment."""
    while not node.flow and node.items:
        node = node.items[-1]
    if node.style in ("|", ">"):
        return node.start + len(text[node.start : node.end].rstrip())
    return node.end


def _line_end(text: str, at: int) -> int:
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


# One change


def _edited(text: str, path: Path, item: Item | None) -> str:
    holder = _root(text) if len(path) == 1 else (_found(text, path[:-1]) or (None, None))[1]
    if holder is None:
        raise _absent(path)
    if isinstance(path[-1], int):
        return _item_edited(text, holder.items[path[-1]], item)
    pairs = list(holder.pairs)
    at = next((place for place, (key, _) in enumerate(pairs) if key.text == path[-1]), None)
    if at is None:
        return text if item is None else _added(text, holder, path[:-1], path[-1], item)
    key, value = pairs[at]
    if value.anchored:
        raise UneditableError(_("`{name}` is used elsewhere by its anchor; change it by hand", name=path[-1]))
    if item is None:
        return _removed(text, holder, pairs, at)
    if value.flow and value.end > value.start:
        return text[: value.start] + _like(item, value) + text[value.end :]
    colon = _colon(text, key)
    if value.end == value.start:
        return f"{text[:colon]} {flow(item)}{text[max(value.end, colon) :]}"
    beside = text[colon : _line_end(text, colon)]  # a comment, or how a block of text begins
    if value.style in ("|", ">"):
        comment = beside.partition("#")
        beside = f" #{comment[2]}" if comment[1] else ""
    first, *rest = _written(path[-1], item, key.column)
    said = first.removeprefix(quoted(path[-1])).removeprefix(":")
    return text[:colon] + _lines(text, [said + beside, *rest], key.column) + text[_content_end(text, value) :]


def _item_edited(text: str, value: _Node, item: Item | None) -> str:
    if item is None or value.anchored or not value.flow:
        raise UneditableError(_("an item of a list is written over several lines; change it by hand"))
    return text[: value.start] + _like(item, value) + text[value.end :]


def _written(name: str, item: Item, column: int) -> list[str]:
    """A key and its value, on one line where that is short enough."""
    line = f"{quoted(name)}: {flow(item)}"
    return [line] if column + len(line) <= LINE_MAX else _block(name, item)


def _lines(text: str, lines: Sequence[str], column: int) -> str:
    """Lines below each other, broken as the text is."""
    broken = _BREAK.search(text)
    return ((broken[0] if broken else "\n") + " " * column).join(lines)


def _like(item: Item, value: _Node) -> str:
    """A value as it is written, in the quotes that stand there already."""
    if isinstance(item, str) and item.isprintable() and "\\" not in item:
        if value.style == '"' and '"' not in item:
            return f'"{item}"'
        if value.style == "'":
            return "'" + item.replace("'", "''") + "'"
    return flow(item)


def _colon(text: str, key: _Node) -> int:
    """The end of the colon after a key."""
    found = _COLON.match(text, key.end)
    if found is None:
        raise UneditableError(_("`{name}` is written as `? {name}`; change it by hand", name=key.text))
    return found.end()


def _removed(text: str, holder: _Node, pairs: Sequence[tuple[_Node, _Node]], at: int) -> str:
    key, value = pairs[at]
    if len(pairs) == 1 and not holder.flow:
        raise UneditableError(_("nothing would be left beside `{name}`; change it by hand", name=key.text))
    if not holder.flow:
        begin, end = text.rfind("\n", 0, key.start) + 1, _line_end(text, _content_end(text, value))
        broken = _BREAK.match(text, end)
        return text[:begin] + text[broken.end() if broken else end :]
    if at:
        return text[: pairs[at - 1][1].end] + text[value.end :]
    return text[: key.start] + text[pairs[1][0].start if len(pairs) > 1 else value.end :]


def _added(text: str, holder: _Node, where: Path, name: str, item: Item) -> str:
    pairs = list(holder.pairs)
    order = list(ORDER.get(str(where[-2]) if len(where) > 1 else "", ()))
    before = order[: order.index(name)] if name in order else [key.text for key, _value in pairs]
    known = [place for place, (key, _) in enumerate(pairs) if key.text in before]
    if holder.flow:
        written = f"{quoted(name)}: {flow(item)}"
        if known:
            end = pairs[known[-1]][1].end
            return f"{text[:end]}, {written}{text[end:]}"
        start = pairs[0][0].start if pairs else holder.start + 1
        return f"{text[:start]}{written}{', ' if pairs else ''}{text[start:]}"
    column = pairs[0][0].column
    lines = _written(name, item, column)
    if known:
        end = _line_end(text, _content_end(text, pairs[known[-1]][1]))
        return text[:end] + _lines(text, ["", *lines], column) + text[end:]
    start = pairs[0][0].start
    return text[:start] + _lines(text, [*lines, ""], column) + text[start:]


def _block(name: str, item: Item) -> list[str]:
    """A key and its value, a line for each part of it."""
    match item:
        case dict() if item:
            below = [line for key, one in item.items() for line in _block(key, one)]
            return [f"{quoted(name)}:", *(f"  {line}" for line in below)]
        case list() if item:
            return [f"{quoted(name)}:", *(f"  - {flow(one)}" for one in item)]
        case _:
            return [f"{quoted(name)}: {flow(item)}"]
