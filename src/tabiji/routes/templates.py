"""The text of a template → the shapes of `declared`. Three spellings: Rails, `{braces}`, `<angles>`."""

from __future__ import annotations

import re
from itertools import product
from typing import Final

from tabiji.language import _
from tabiji.routes.declared import PARAMETER, Segment

Shape = tuple[Segment, ...]

_OPTIONAL_MAX: Final = 8  # optional parts in one template: 256 shapes
_GLOBS_MAX: Final = 2
_CHARACTERS_MAX: Final = 2048

_FORMAT = "(.:format)"
_COLON = re.compile(r":([A-Za-z_]\w*)")
_BRACES = re.compile(r"\{([^{}/]*)\}")
_ANGLES = re.compile(r"<(?:[\w.]+(?:\([^<>]*\))?:)?(\w+)>")


class RouteError(Exception):
    """What is wrong in a table of routes, and in which line (from 1)."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(_("line {line}: {message}", line=line, message=message))


class TemplateError(ValueError):
    """What is wrong with a template, in words."""


def rails(text: str) -> tuple[str, tuple[Shape, ...], bool]:
    """`(/:locale)/posts/:id(.:format)` → template without format, shapes, whether it had a format."""
    _check(text)
    formats = text.endswith(_FORMAT)
    template = text.removesuffix(_FORMAT) or "/"
    if template.count("(") > _OPTIONAL_MAX:
        raise TemplateError(_("more than {most} optional parts", most=_OPTIONAL_MAX))
    shapes = tuple(dict.fromkeys(_shape(variant, _COLON) for variant in _variants(template)))
    return template, shapes, formats


def braces(text: str) -> tuple[str, tuple[Shape, ...]]:
    """`/files/{name}:copy` → `/files/:name:copy` and its shape; `{rest+}` and `{*rest}` are globs."""
    _check(text)
    template = _BRACES.sub(lambda match: _brace(match.group(1)), text)
    if "{" in template or "}" in template:
        raise TemplateError(_("a brace without its partner"))
    return template, (_shape(text, _BRACES),)


def no_slash() -> str:
    """What is wrong with a template that is no path."""
    return _("a route starts with `/`")


def angles(text: str) -> str:
    """Flask's and Django's `<int:id>` in Rails's spelling."""
    return _ANGLES.sub(r":\1", text)


def _brace(name: str) -> str:
    glob = name.startswith("*") or name.endswith("+")
    name = re.sub(r"\W", "_", re.split(r"[:=]", name.strip("*+?"), maxsplit=1)[0])
    if not name:
        raise TemplateError(_("a parameter without a name"))
    return f"*{name}" if glob else f":{name}"


def _check(text: str) -> None:
    if not text.startswith(("/", "(", "*")):
        raise TemplateError(no_slash())
    if len(text) > _CHARACTERS_MAX:
        raise TemplateError(_("a route has at most {most} characters", most=_CHARACTERS_MAX))
    if not text.isprintable():
        raise TemplateError(_("a control character in a route"))


def _variants(text: str) -> list[str]:
    """The texts with each optional part there or not; the fullest first."""
    depth, start = 0, 0
    pieces: list[list[str]] = []
    for at, character in enumerate(text):
        if character == "(":
            if depth == 0:
                pieces.append([text[start:at]])
                start = at + 1
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise TemplateError(_("`)` without `(`"))
            if depth == 0:
                pieces.append([*_variants(text[start:at]), ""])
                start = at + 1
    if depth:
        raise TemplateError(_("`(` without `)`"))
    pieces.append([text[start:]])
    return ["".join(choice) for choice in product(*pieces)]


def _shape(text: str, parameter: re.Pattern[str]) -> Shape:
    shape = tuple(_segment(segment, parameter) for segment in text.split("/") if segment)
    if shape.count(None) > _GLOBS_MAX:
        raise TemplateError(_("more than {most} globs", most=_GLOBS_MAX))
    return shape


def _segment(text: str, parameter: re.Pattern[str]) -> Segment:
    if parameter is _COLON and text.startswith("*"):
        return None
    names = parameter.findall(text)
    if parameter is _BRACES and len(names) == 1 and _brace(names[0]).startswith("*"):
        return None
    parts = tuple(parameter.split(text)[::2])
    return PARAMETER if len(parts) > 1 and not any(parts) else parts
