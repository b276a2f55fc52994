"""A document → its shape, with what does not fit told in our words and left out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tabiji.definitions.documents import Document, Loc, Tree
from tabiji.definitions.shapes import PARTS
from tabiji.language import _, listed, pgettext

Shape = TypeVar("Shape", bound=BaseModel)

# What is below these has a name or a number.
_NAMED = (
    *("sources", "teams", "steps", "objectives", "tiers", "policies"),
    *("exceptions", "corrections", "receivers", "probes", "rules"),
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


def nearest(written: str, known: Iterable[str]) -> str:
    """What follows a message about a word that is not known, with what separates them."""
    words = list(known)
    near = get_close_matches(written, words, 1, 0.6)
    if near:
        return _("; did you mean `{near}`?", near=near[0])
    return _("; there are {known}", known=listed(words)) if words else _("; there are none")


def _refuse_nothing(document: Document, tree: Tree, loc: Loc) -> None:
    """A key without a value is a fault: a line that was begun."""
    below = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in below:
        here = (*loc, key)
        if value is None:
            if isinstance(key, str):
                message = _("`{key}` is empty; give it a value or remove it", key=key)
            else:
                message = _("this item is empty; give it a value or remove it")
            document.blame(here, message, key=True)
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
    if loc and isinstance(loc[-1], str):
        what = pgettext("the value of a key", "`{key}`", key=loc[-1])
    else:
        what = pgettext("the value that is meant", "this")
    kind = error["type"]
    if kind == "extra_forbidden":
        noun, part = PARTS[shape][_pattern(loc[:-1])]
        meant = get_close_matches(str(loc[-1]), _keys(part), 1, 0.6)
        document.faulty.update((*loc[:-1], key) for key in meant)  # don't call that one missing as well
        message = _(
            "`{key}` is not a key of {noun}{hint}",
            key=loc[-1],
            noun=_(noun),
            hint=nearest(str(loc[-1]), _keys(part)),
        )
        document.blame(loc, message, key=True)
    elif kind == "literal_error":
        known = _options(error["ctx"]["expected"])
        if isinstance(error["input"], str):
            written = error["input"]
            hint = nearest(written, known)
            document.blame(loc, _("`{written}` is not known here{hint}", written=written, hint=hint))
        else:
            document.blame(loc, _("{what} must be one of {known}", what=what, known=listed(known)))
    elif kind == "string_type":
        document.blame(loc, _("{what} must be a text", what=what))
    elif kind == "list_type":
        document.blame(loc, _("{what} must be a list, such as `[a, b]`", what=what))
    elif kind == "dict_type":
        document.blame(loc, _("{what} must be a mapping of names", what=what))
    elif kind == "model_type":
        noun, part = PARTS[shape][_pattern(loc)]
        keys = listed(_keys(part))
        document.blame(loc, _("{noun} must be a mapping; its keys are {keys}", noun=_(noun), keys=keys))
    elif kind == "not_whole":
        document.blame(loc, _("{what} must be a whole number", what=what))
    elif kind == "not_truth":
        document.blame(loc, _("{what} must be `true` or `false`", what=what))
    else:
        document.blame(loc, f"{what} {error['msg']}")  # in pydantic's words: none is known


def _options(expected: str) -> list[str]:
    """pydantic says `'a', 'b' or 'c'`."""
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]


def _keys(part: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in part.model_fields.items()]


def _pattern(loc: Loc) -> tuple[str, ...]:
    return tuple("*" if i and loc[i - 1] in _NAMED else str(key) for i, key in enumerate(loc))
