"""`/api/docs`: the OpenAPI document as a page, for people; without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from tabiji.web.context import Context
from tabiji.web.rendering import Page

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that is asked with: where it stands (path, query, body), its type and what it means."""

    name: str
    where: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Call:
    """Something that can be asked."""

    method: str
    path: str
    tag: str
    words: str
    parameters: tuple[Parameter, ...]
    answers: tuple[tuple[str, str], ...]


def routes(context: Context) -> APIRouter:
    """The page about the API."""
    router = APIRouter(include_in_schema=False)

    @router.get("/api/docs")
    def docs(request: Request) -> Response:
        calls = list(_calls(request.app.openapi()))
        tags = list(dict.fromkeys(call.tag for call in calls))
        groups = [(tag, [call for call in calls if call.tag == tag]) for tag in tags]
        return Page(context, request).html("api.html", groups=groups)

    return router


def _calls(document: Mapping[str, Any]) -> Iterator[Call]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                one = methods[method]
                yield Call(
                    method.upper(),
                    path,
                    (one.get("tags") or ["other"])[0],
                    one.get("description") or one.get("summary", ""),
                    tuple(_parameters(document, one)),
                    tuple((status, answer["description"]) for status, answer in one["responses"].items()),
                )


def _parameters(document: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[Parameter]:
    for found in one.get("parameters", []):
        words = found.get("description") or found["schema"].get("description", "")
        yield Parameter(
            found["name"], found["in"], _kind(found["schema"]), found.get("required", False), words
        )
    for kind, body in one.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(document, body.get("schema", {}))
        for name, field in schema.get("properties", {}).items():
            required = name in schema.get("required", [])
            yield Parameter(name, "body", _kind(field), required, field.get("description", ""))
        if not schema.get("properties"):
            yield Parameter("", "body", kind, True, schema.get("description", ""))


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    """The type of a value in a word or two: `string`, `integer`, `human | enquiry`, `string[]`."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(_kind(one) for one in schema[several] if one.get("type") != "null")
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items', {}))}[]"
    return str(schema.get("type") or schema.get("$ref", "").rpartition("/")[2] or "any")
