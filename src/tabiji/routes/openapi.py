"""OpenAPI 3 (YAML or JSON; Swagger 2 as well) → routes.

YAML is read as a stream of events into a tree with line numbers: no scalar is interpreted, aliases are
shared and never copied, and nothing recurses, so that a bomb costs what its text costs.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import yaml

from tabiji.language import _
from tabiji.routes.declared import Route
from tabiji.routes.templates import RouteError, TemplateError, braces

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_NESTING_MAX: Final = 200
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_SIGN = re.compile(r"""^(?:\{\s*)?["']?(?:openapi|swagger)["']?\s*:""", re.MULTILINE)


class _At(NamedTuple):
    """A value and the line of its key."""

    line: int
    value: Any  # str, dict[str, _At], list[_At] or None


def is_openapi(text: str) -> bool:
    return text.lstrip().startswith("{") or _SIGN.search(text) is not None


def routes(text: str) -> list[Route]:
    """Raises RouteError."""
    top = _from_json(text) if text.lstrip().startswith("{") else _from_yaml(text)
    if not isinstance(top, dict) or not ("openapi" in top or "swagger" in top):
        raise RouteError(1, _("no OpenAPI document: it has no key `openapi`"))
    paths = top.get("paths", _At(1, None)).value
    if not isinstance(paths, dict):
        raise RouteError(1, _("an OpenAPI document without `paths`"))
    bases = [_text(top["basePath"])] if "basePath" in top else _bases(top, [""])
    return [route for path, item in paths.items() for route in _of_path(path, item, bases)]


def _of_path(path: str, item: _At, bases: list[str]) -> list[Route]:
    if path.startswith("x-"):
        return []
    operations = item.value if isinstance(item.value, dict) else {}
    bases = _bases(operations, bases)
    declared = []
    methods = [key for key in operations if key in _METHODS]
    if "$ref" in operations and not methods:
        methods = [""]  # described elsewhere: any method
    for method in methods:
        own = operations[method].value if method else None
        for base in _bases(own if isinstance(own, dict) else {}, bases):
            try:
                template, shapes = braces(base.rstrip("/") + path)
            except TemplateError as error:
                raise RouteError(item.line, _("{error}: {path!r}", error=error, path=path)) from None
            declared.append(Route((method.upper(),) if method else (), template, shapes))
    return declared


def _bases(node: dict[str, _At], inherited: list[str]) -> list[str]:
    """The distinct base paths of the servers, their variables replaced by the defaults."""
    servers = node["servers"].value if "servers" in node else None
    if not isinstance(servers, list) or not servers:
        return inherited
    bases: dict[str, None] = {}
    for server in servers:
        if not isinstance(server.value, dict) or "url" not in server.value:
            raise RouteError(server.line, _("a server without `url`"))
        url = _text(server.value["url"])
        for name in _VARIABLE.findall(url):
            url = url.replace(f"{{{name}}}", _default(server.value, name))
        try:
            path = urlsplit(url).path
        except ValueError as error:
            raise RouteError(server.line, _("a server's url is no url: {error}", error=error)) from None
        bases[path if path.startswith("/") or not path else f"/{path}"] = None
    return list(bases)


def _default(server: dict[str, _At], name: str) -> str:
    """The default of a server's variable; "" if it has none."""
    at: _At | None = _At(0, server)
    for key in ("variables", name, "default"):
        at = at.value.get(key) if at is not None and isinstance(at.value, dict) else None
    return _text(at) if at is not None else ""


def _text(at: _At) -> str:
    return at.value if isinstance(at.value, str) else ""


def _from_json(text: str) -> Any:
    def node(value: Any, line: int) -> Any:
        if isinstance(value, list):
            return [_At(line, node(item, line)) for item in value]
        return value

    def pairs(items: list[tuple[str, Any]]) -> dict[str, _At]:
        return {key: _At(0, node(value, 0)) for key, value in items}

    try:
        top = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise RouteError(error.lineno, _("no JSON: {error}", error=error.msg)) from None
    except RecursionError:
        raise RouteError(1, _("no JSON that can be read: nested too deeply")) from None
    paths = top.get("paths") if isinstance(top, dict) else None
    if paths is not None and isinstance(paths.value, dict):
        at = max(text.find('"paths"'), 0)
        for path, item in paths.value.items():
            at = max(text.find(json.dumps(path, ensure_ascii=False), at), at)
            paths.value[path] = item._replace(line=text.count("\n", 0, at) + 1)
    return top


def _from_yaml(text: str) -> Any:
    """The first document; every scalar is text, and an alias is the very thing that its anchor is."""
    anchors: dict[str, Any] = {}
    top: list[_At] = []
    keys: list[_At | None] = [None]  # of each open collection: the key whose value comes next
    opened: list[dict[str, _At] | list[_At]] = [top]
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            if isinstance(event, yaml.CollectionEndEvent):
                opened.pop()
                keys.pop()
            if not isinstance(event, yaml.NodeEvent):
                continue
            value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            if isinstance(event, yaml.AliasEvent):
                value = anchors.get(event.anchor or "")
            elif isinstance(event, yaml.ScalarEvent):
                value = event.value
            if event.anchor:
                anchors[event.anchor] = value
            line = event.start_mark.line + 1 if event.start_mark else 1
            into, key = opened[-1], keys[-1]
            if isinstance(into, list):
                into.append(_At(line, value))
            elif key is None:
                keys[-1] = _At(line, value if isinstance(value, str) else "")
            else:
                into[key.value] = _At(key.line, value)
                keys[-1] = None
            if isinstance(event, yaml.CollectionStartEvent):
                opened.append(value)
                keys.append(None)
                if len(opened) > _NESTING_MAX:  # libyaml takes quadratic time over brackets in brackets
                    raise RouteError(line, _("nested more than {most} deep", most=_NESTING_MAX))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = _("no YAML: {error}", error=error.problem or error.context)
        raise RouteError(mark.line + 1 if mark else 1, message) from None
    except yaml.YAMLError as error:
        raise RouteError(1, _("no YAML: {error}", error=error)) from None
    return top[0].value if top else None
