"""The shapes of `access:`: which keys there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _truth(written: object) -> object:
    if isinstance(written, str) and written in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return written.lower() == "true"
    raise PydanticCustomError("not_truth", "must be `true` or `false`")


Truth = Annotated[bool, BeforeValidator(_truth)]


class Oidc(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    json_schema_extra={"required": ["issuer", "client_id", "client_secret"]},
):
    """Where people sign in: OpenID Connect."""

    issuer: str | None = Field(
        None, description="The address of the provider, such as https://id.example.com."
    )
    client_id: str | None = Field(None, description="As whom the provider knows Tabiji.")
    client_secret: str | None = Field(None, description="What proves it, as ${NAME}.")
    groups_claim: str | None = Field(None, description="What lists a person's groups; default groups.")
    scopes: list[str] | None = Field(None, description="What is asked for; default openid, email, profile.")


class Proxy(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    populate_by_name=True,
    json_schema_extra={"required": ["user_header", "from"]},
):
    """A proxy in front that has signed people in already."""

    user_header: str | None = Field(None, description="The header that names the person.")
    groups_header: str | None = Field(None, description="The header that lists the person's groups.")
    peers: list[str] | None = Field(
        None, alias="from", description="The addresses of the proxy; nobody else is believed."
    )


class Access(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Who may see the pages, and who may change what."""

    anonymous: Truth | None = Field(
        None, description="Whether everybody may look, without signing in; default false."
    )
    oidc: Oidc | None = Field(None, description="Where people sign in: OpenID Connect.")
    proxy: Proxy | None = Field(None, description="A proxy in front that has signed people in already.")
    admins: list[str] | None = Field(
        None, description="Who may do everything: addresses of mail, `user:NAME`, or groups."
    )
    members: dict[str, list[str]] | None = Field(
        None, description="Team → who may change what is theirs, likewise."
    )
    frames: list[str] | None = Field(
        None, description="Whose pages may show `/embed/…` inside, such as https://wiki.example.com."
    )
