"""The text of a table of routes → `Declared`: `rails routes`, OpenAPI, or a list of `METHOD /path/:id`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tabiji.language import _
from tabiji.routes.declared import Declared, Route
from tabiji.routes.openapi import is_openapi
from tabiji.routes.openapi import routes as openapi_routes
from tabiji.routes.paths import NO_PATH, path_of
from tabiji.routes.templates import RouteError, Shape, TemplateError, angles, braces, no_slash, rails

_VERBS: Final = r"[A-Z]+(?:\|[A-Z]+)*"
_TABLE = re.compile(r"^\s*Prefix\s+Verb\s+URI Pattern\s+Controller#Action", re.MULTILINE)
_BLOCKS = re.compile(r"^--\[ Route \d+ \]-*\s*$", re.MULTILINE)
_ROW = re.compile(
    rf"\s*(?:(?P<prefix>[^\s/(*]\S*)\s+)??(?:(?P<verbs>{_VERBS})\s+)?(?P<uri>\(?[/*]\S*)\s+(?P<to>\S.*)"
)
_BARE_ROW = re.compile(rf"\s*(?:[a-z]\w*\s+)?(?:{_VERBS}\s+)?\(?/\S*\s+[a-z][\w/]*#\w+(?:\s+\{{.*)?\s*")
_CELL = re.compile(r"(Prefix|Verb|URI|Controller#Action|Source Location)\s*\| ?(.*)")
_ENGINE = re.compile(r"\s*\[?\s*Routes for ([\w:]*\w)\s*:?\s*\]?[-\s]*")
_APP = re.compile(
    r"[A-Z]\w*(?:::[A-Z]\w*)*(?=\s|$)"
)  # a mounted application, not `users#show` or `redirect(301)`
_ENTRY = re.compile(r"(?:(?P<methods>\*|[A-Za-z]+(?:[|,][A-Za-z]+)*)\s+)?(?P<path>\S+)\s*")
_ANY: Final = frozenset({"*", "ANY", "ALL"})
_METHOD = re.compile(
    "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY|LINK|UNLINK|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE"
    "|LOCK|UNLOCK|REPORT|SEARCH|PURGE"
)


class _Row(NamedTuple):
    line: int
    verbs: str
    uri: str
    to: str
    engine: str  # "" for the application itself


def parse(text: str, name: str) -> Declared:
    """The routes that a file declares; what kind of file it is, is seen from its content.

    - `rails routes`, plain or `--expanded`, also an excerpt without headings. Routes of engines come under
      the path where the engine is mounted; everything below another mounted application is that application's
      one route. A blank verb is any. Constraints are read over.
    - OpenAPI 3, YAML or JSON: the paths of its servers come before each path.
    - A list: `GET /users/:id`, `GET|POST /x`, `* /any/{id}`, or just `/users/<int:id>`; `#` starts a comment.

    `name` is what messages call the file. Raises RouteError, with the line.
    """
    text = text.removeprefix("\ufeff")
    if is_openapi(text):
        routes = openapi_routes(text)
    elif _TABLE.search(text):
        routes = _of_rows(_rows_of_table(text))
    elif _BLOCKS.search(text):
        routes = _of_rows(_rows_of_blocks(text))
    elif any(_BARE_ROW.fullmatch(line) for line in text.split("\n")):
        routes = _of_rows(_rows(text, headed=True))
    else:
        routes = _of_list(text)
    if not routes:
        raise RouteError(1, _("{name} declares no route", name=name))
    return Declared(routes, name)


def _rows_of_table(text: str) -> Iterator[_Row]:
    return _rows(text, headed=False)


def _rows(text: str, headed: bool) -> Iterator[_Row]:
    engine = ""
    for line, content in enumerate(text.split("\n"), 1):
        section = _ENGINE.fullmatch(content)
        if section is not None:
            engine, headed = section.group(1), True
        elif _TABLE.match(content):
            headed = True
        elif headed and content.strip():
            row = _ROW.fullmatch(content.rstrip())
            if row is None:
                message = _("no row of a table of routes: {row!r}", row=content.strip()[:80])
                raise RouteError(line, message)
            yield _Row(line, row["verbs"] or "", row["uri"], row["to"], engine)


def _rows_of_blocks(text: str) -> Iterator[_Row]:
    engine = ""
    cells: dict[str, str] = {}
    start = 0
    for line, content in enumerate([*text.split("\n"), "--[ Route 0 ]--"], 1):
        cell = _CELL.fullmatch(content.rstrip())
        section = _ENGINE.fullmatch(content)
        if cell is not None:
            cells[cell.group(1)] = cell.group(2).strip()
        elif section is not None or _BLOCKS.match(content):
            if cells:
                if not cells.get("URI"):
                    raise RouteError(start, _("a route without `URI`"))
                yield _Row(
                    start, cells.get("Verb", ""), cells["URI"], cells.get("Controller#Action", ""), engine
                )
            cells, start = {}, line
            if section is not None:
                engine = section.group(1)


def _of_rows(rows: Iterable[_Row]) -> list[Route]:
    """Routes of rows; engines under the paths where they are mounted, in the order in which they appear."""
    rows = list(rows)
    sections = {row.engine for row in rows}
    mounts: dict[str, list[str]] = {"": [""]}
    routes: list[Route] = []
    for row in rows:
        app = _APP.match(row.to) if not row.verbs else None
        for base in mounts.get(row.engine, []):
            uri = base + (row.uri if row.uri.startswith(("/", "(")) else f"/{row.uri}")
            if base and row.uri == "/":
                uri = base
            template, shapes, formats = _rails(row.line, uri)
            if app is not None:
                if app.group() in sections:
                    mounts.setdefault(app.group(), []).append(template.rstrip("/"))
                    continue
                shapes = (*shapes, *((*shape, None) for shape in shapes))
            methods = tuple(row.verbs.split("|")) if row.verbs else ()
            routes.append(Route(methods, template, shapes, formats))
    return routes


def _of_list(text: str) -> list[Route]:
    routes = []
    for line, content in enumerate(text.split("\n"), 1):
        content = re.sub(r"(?:^|\s)#.*", "", content).strip()
        if not content:
            continue
        entry = _ENTRY.fullmatch(content)
        if entry is None:
            raise RouteError(line, _("not `METHOD /path`: {line!r}", line=content[:80]))
        methods = _methods(line, entry["methods"] or "*")
        path = entry["path"]
        if not path.startswith(("/", "(", "*")):
            path = path_of(path)
        if path == NO_PATH:
            raise RouteError(line, _("{error}: {path!r}", error=no_slash(), path=entry["path"][:80]))
        if "{" in path:
            try:
                template, shapes = braces(path)
            except TemplateError as error:
                raise RouteError(line, _("{error}: {path!r}", error=error, path=path[:80])) from None
            routes.append(Route(methods, template, shapes))
        else:
            routes.append(Route(methods, *_rails(line, angles(path))))
    return routes


def _methods(line: int, text: str) -> tuple[str, ...]:
    methods = tuple(re.split("[|,]", text.upper()))
    if _ANY.intersection(methods):
        return ()
    for method in methods:
        if not _METHOD.fullmatch(method):
            raise RouteError(line, _("{method} is no HTTP method", method=method[:40]))
    return methods


def _rails(line: int, uri: str) -> tuple[str, tuple[Shape, ...], bool]:
    try:
        return rails(uri)
    except TemplateError as error:
        raise RouteError(line, _("{error}: {path!r}", error=error, path=uri[:80])) from None
