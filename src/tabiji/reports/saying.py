"""What is known of what is to be told → how it is said: names, times and how much, in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from tabiji.definitions import Site
from tabiji.incidents import Spent
from tabiji.journeys import Journey, Objective
from tabiji.marks import Mark
from tabiji.notices import Matter
from tabiji.policies import Policy, Step
from tabiji.reports.numbers import number
from tabiji.reports.phrases import PHRASES, clock, length, listed, plain, share, zone_name


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known beside the matters: all as of the moment `until_minute`.

    `left` is what remains of objectives' budgets, `marks` are those of an hour before each incident began, by its
    topic; `notes` who took note of an incident, and when (in seconds), by its number; `agreed` what policies
    have in force for objectives.
    """

    site: Site
    until_minute: int
    left: Mapping[str, Fraction | None] = field(default_factory=dict)
    marks: Mapping[str, Sequence[Mark]] = field(default_factory=dict)
    notes: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    agreed: Mapping[str, tuple[Policy, Step]] = field(default_factory=dict)

    @property
    def journeys(self) -> dict[str, Journey]:
        """By name."""
        return {journey.name: journey for journey in self.site.journeys}

    @property
    def objectives(self) -> dict[str, Objective]:
        """By id."""
        return {one.id: one for journey in self.site.journeys for one in journey.objectives}


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in a language, of a scene."""

    scene: Scene
    language: Literal["en", "ja"]
    journeys: Mapping[str, Journey]
    objectives: Mapping[str, Objective]

    def say(self, phrase: str, **filled: str) -> str:
        """A phrase, filled in."""
        return PHRASES[self.language][phrase].format(**filled)

    def clock(self, minute: int) -> str:
        """A minute, as a clock in the site's zone shows it."""
        return clock(minute, self.scene.until_minute, self.scene.site.timezone, self.language)

    def zone(self, minute: int) -> str:
        """Told where it is not plain: a Japanese reader takes times for those of Japan."""
        name = zone_name(minute, self.scene.site.timezone)
        return "" if self.language == "ja" and name == "JST" else self.say("zone", zone=name)

    def length(self, minutes: int) -> str:
        """A length of time."""
        return length(minutes, self.language)

    def title_of(self, matter: Matter) -> str:
        """The journey's title; a source's name."""
        journey = self.journeys.get(matter.journey or "")
        if journey is None:
            return plain(matter.journey or listed(matter.objectives, self.language))
        return plain(journey.title.to(self.language)) or journey.name

    def objective_title(self, name: str) -> str:
        """What an objective is called, within its journey."""
        objective = self.objectives.get(name)
        said = objective.title.to(self.language) if objective is not None else ""
        return plain(said or name.partition("/")[2] or name)

    def objective_titles(self, names: Sequence[str]) -> str:
        """What objectives are called."""
        return listed([self.objective_title(name) for name in names], self.language)

    def in_minutes(self, spent: Spent) -> bool:
        """Whether it is about minutes, not events."""
        objective = self.objectives.get(spent.objective)
        return objective is not None and objective.slices is not None

    def how(self, spent: Spent | None, title: str, *, was: bool = False) -> str:
        """How much of it fails."""
        prefix = "was-" if was else ""
        if spent is None or not spent.bad:
            return self.say(f"{prefix}trouble", title=title)
        if self.in_minutes(spent):
            counted = {"bad": number(spent.bad), "total": number(spent.total)}
            return self.say(f"{prefix}minutes", title=title, **counted)
        objective = self.objectives.get(spent.objective)
        slow = "-slow" if objective is not None and objective.faster_than_us is not None else ""
        filled = {"title": title}
        if spent.bad == spent.total:
            how = "all"
        elif 2 * spent.bad > spent.total:
            how = "share"
            filled["share"] = share(Fraction(spent.bad, spent.total), self.language)
        elif spent.bad * 1000 < spent.total:
            how = "few"
        else:
            how = "one-in"
            filled["n"] = number(spent.total // spent.bad)
        return self.say(f"{prefix}{how}{slow}", **filled)
