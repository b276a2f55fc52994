"""The shapes of `enquiries:`: which keys there are."""

from __future__ import annotations

from pydantic import BaseModel, Field


class EnquiryRule(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    json_schema_extra={"required": ["contains", "journey"]},
):
    """What users write about a journey."""

    contains: list[str] | None = Field(
        None, description="Words, one of which is in it; capitals and widths make no difference."
    )
    journey: str | None = Field(None, description="The journey that it is about.")


class Enquiries(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """How it is told what an enquiry is about."""

    rules: list[EnquiryRule] | None = Field(None, description="The first that fits says which journey.")
