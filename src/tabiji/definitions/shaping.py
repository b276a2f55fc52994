"""A document → its shape, with what does not fit told in our words and left out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tabiji.definitions.documents import Document, Loc, Tree
from tabiji.definitions.shapes import PARTS

Shape = TypeVar("Shape", bound=BaseModel)

# What is below these has a name or a number.
_NAMED = (
    *("sources", "teams", "steps", "objectives", "tiers", "policies"),
    *("exceptions", "corrections", "receivers", "probes"),
)


def shaped(document: Document, shape: type[Shape]) -> Shape:
    """The document in its shape. What has a fault is noted in the document and left out, so that the rest
    can be checked as well."""
    if document.tree is None:  # told already
        document.faulty.add(())
        return shape()
    _refuse_nothing(document, document.tree, ())
    for loc in sorted(document.faulty, key=len):
        _without(document.tree, loc)
    while True:
        try:
            return shape.model_validate(document.tree)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        locs = [tuple(part for part in one["loc"] if part not in ("(text)", "(mapping)")) for one in errors]
        for loc, one in zip(locs, errors, strict=True):
            _tell(document, shape, loc, one)
        if () in locs:  # not even a mapping
            document.faulty.add(())
            return shape()
        for loc in locs:
            document.faulty.add(loc)
            _without(document.tree, loc)


def did_you_mean(written: str, known: Iterable[str], otherwise: str = "there are") -> str:
    """The end of a message about a word that is not known."""
    words = list(known)
    near = get_close_matches(written, words, 1, 0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"{otherwise} {', '.join(words)}" if words else "there are none"


def _refuse_nothing(document: Document, tree: Tree, loc: Loc) -> None:
    """A key without a value is a fault: a line that was begun."""
    below = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in below:
        here = (*loc, key)
        if value is None:
            what = f"`{key}`" if isinstance(key, str) else "this item"
            document.blame(here, f"{what} is empty; give it a value or remove it", key=True)
            document.faulty.add(here)
        else:
            _refuse_nothing(document, value, here)


def _without(tree: Any, loc: Loc) -> None:
    """Take a value out of the tree; one of a list takes the list with it: the others keep their places."""
    holder = tree
    for key in loc[:-1]:
        in_list = isinstance(holder, list) and isinstance(key, int) and key < len(holder)
        if not in_list and not (isinstance(holder, dict) and key in holder):
            return
        holder = holder[key]
    if isinstance(holder, list) and len(loc) > 1:
        _without(tree, loc[:-1])
    elif isinstance(holder, dict):
        holder.pop(loc[-1], None)


def _tell(document: Document, shape: type[BaseModel], loc: Loc, error: Any) -> None:
    """One of pydantic's errors in our words."""
    name = f"`{loc[-1]}`" if loc and isinstance(loc[-1], str) else "this"
    kind = error["type"]
    if kind == "extra_forbidden":
        noun, part = PARTS[shape][_pattern(loc[:-1])]
        hint = did_you_mean(str(loc[-1]), _keys(part))
        meant = get_close_matches(str(loc[-1]), _keys(part), 1, 0.6)
        document.faulty.update((*loc[:-1], key) for key in meant)  # don't call that one missing as well
        document.blame(loc, f"{name} is not a key of {noun}; {hint}", key=True)
    elif kind == "literal_error":
        known = _options(error["ctx"]["expected"])
        if isinstance(error["input"], str):
            hint = did_you_mean(error["input"], known)
            document.blame(loc, f"`{error['input']}` is not known here; {hint}")
        else:
            document.blame(loc, f"{name} must be one of {', '.join(known)}")
    elif kind == "string_type":
        document.blame(loc, f"{name} must be a text")
    elif kind == "list_type":
        document.blame(loc, f"{name} must be a list, such as `[a, b]`")
    elif kind == "dict_type":
        document.blame(loc, f"{name} must be a mapping of names")
    elif kind == "model_type":
        noun, part = PARTS[shape][_pattern(loc)]
        document.blame(loc, f"{noun} must be a mapping; its keys are {', '.join(_keys(part))}")
    else:
        document.blame(loc, f"{name} {error['msg']}")


def _options(expected: str) -> list[str]:
    """pydantic says `'a', 'b' or 'c'`."""
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]


def _keys(part: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in part.model_fields.items()]


def _pattern(loc: Loc) -> tuple[str, ...]:
    return tuple("*" if i and loc[i - 1] in _NAMED else str(key) for i, key in enumerate(loc))
