"""The shapes of a source's `probes:`: which keys there are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema


def _listed(written: object) -> object:
    return [written] if isinstance(written, str) else written


Statuses = Annotated[
    list[str],
    BeforeValidator(_listed),
    WithJsonSchema({"type": ["integer", "array"], "items": {"type": "integer"}}),
]


class Expect(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """What must be so for a probe to be good."""

    status: Statuses | None = Field(
        None, description="The status, or a list of them; default: any below 400."
    )
    text: str | None = Field(None, description="What the first 64 KiB of the answer hold.")
    certificate_days: Annotated[str, WithJsonSchema({"type": "integer"})] | None = Field(
        None, description="How many days the certificate of an https address is still valid, at least."
    )


class Probe(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """What is asked again and again, to see whether it answers: a `url` or a `tcp` port."""

    url: str | None = Field(None, description="An address of the web; ${NAME} is taken from the environment.")
    tcp: str | None = Field(None, description="A host and a port that take connections, as host:port.")
    method: Literal["GET", "HEAD", "POST", "OPTIONS"] | None = Field(None, description="Default: GET.")
    headers: dict[str, str] | None = Field(None, description="Name → value; secrets as ${NAME}.")
    every: str | None = Field(None, description="How often, from 5s to 1d; default 1m.")
    within: str | None = Field(
        None, description="The time it may take, less than `every`; default 10s, or half of `every`."
    )
    expect: Expect | None = Field(None, description="What must be so for it to be good.")
    follow: Annotated[str, WithJsonSchema({"type": "boolean"})] | None = Field(
        None, description="Whether redirects are followed; default true."
    )
