"""The shapes of `reports:`: which keys there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, WithJsonSchema

from tabiji.definitions.receivers import Weekday

DAY_MAX = 28  # every month has it
DayOfMonth = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": DAY_MAX})]


class Weekly(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """When the report of the week that is over is issued, team by team."""

    day: Weekday | None = Field(None, description="The day of the week after; default mon.")
    time: str | None = Field(None, description="The time of the day, such as 09:00, which is the default.")
    teams: list[str] | None = Field(None, description="Whose; all teams where not given.")
    to: list[str] | None = Field(None, description="Receivers; those of each team's information by default.")


class Monthly(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """When the report of the month that is over is issued, for the business."""

    day: DayOfMonth | None = Field(None, description="The day of the month after; default 1.")
    time: str | None = Field(None, description="The time of the day, such as 09:00, which is the default.")
    to: list[str] | None = Field(None, description="Receivers; the default ones of information otherwise.")


class Reports(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Which reports are issued by themselves."""

    weekly: Weekly | None = Field(None, description="The week of each team; `{}` is enough.")
    monthly: Monthly | None = Field(None, description="The month of the business; `{}` is enough.")
