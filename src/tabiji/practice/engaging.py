"""Acts → SRE's engagements with teams: since when, how, why, and what ends them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tabiji.acts import Act
from tabiji.language import _, listed
from tabiji.practice.stages import PRACTICES, By, Practice, Stage

KIND = "engagement"  # of the acts
TEXT_LONGEST = 1000  # characters
UNTIL = (2, 3)  # stages that can be agreed to end one: at 1 SRE leads still
Mode = Literal["leads", "supports"]
MODES: tuple[Mode, ...] = get_args(Mode)
_BY: dict[Mode, By] = {"leads": "sre", "supports": "supported"}


@dataclass(frozen=True, slots=True)
class Engagement:
    """SRE leads or supports a team in a practice, until the team has reached a stage of it.

    Times are in seconds since the epoch; `ended_at` is None while it goes on. `number` is of the act that began it.
    """

    team: str
    mode: Mode
    practice: Practice
    until_stage: int
    why: str
    who: str
    begun_at: int
    number: int
    ended_at: int | None = None
    ended_by: str = ""
    ended_why: str = ""

    def lasts_at(self, second: int) -> bool:
        """Whether it was under way at a moment."""
        return self.begun_at <= second and (self.ended_at is None or second < self.ended_at)


def engagements(acts: Iterable[Act]) -> tuple[Engagement, ...]:
    """All engagements, in the order in which they began. One in a practice that is none any more is left out."""
    found: dict[str, Engagement] = {}
    for act in acts:
        body = act.body
        if act.kind != KIND:
            continue
        practice = next((one for one in PRACTICES if one == body.get("practice")), None)
        if act.what == "begun" and practice is not None:
            found[act.subject] = Engagement(
                team=str(body["team"]),
                mode="leads" if body["mode"] == "leads" else "supports",
                practice=practice,
                until_stage=int(str(body["until_stage"])),
                why=str(body["why"]),
                who=act.who,
                begun_at=act.at,
                number=act.number,
            )
        elif act.what == "ended" and act.subject in found:
            found[act.subject] = replace(
                found[act.subject], ended_at=act.at, ended_by=act.who, ended_why=str(body["why"])
            )
    return tuple(found.values())


def led_by(some: Sequence[Engagement], practice: Practice, second: int) -> By:
    """Who led what shows no person: SRE, where an engagement with that practice was under way."""
    modes = {one.mode for one in some if one.practice == practice and one.lasts_at(second)}
    return _BY["leads"] if "leads" in modes else _BY["supports"] if modes else "team"


def fulfilled(one: Engagement, stages: Iterable[Stage]) -> bool:
    """Whether its end condition is met: the team has reached the stage that was agreed."""
    return any(
        at.practice == one.practice and at.stage is not None and at.stage >= one.until_stage for at in stages
    )


# What people do: each gives the act, and raises ValueError with a sentence where it makes no sense


@dataclass(frozen=True, slots=True)
class Wanted:
    """An engagement as somebody wants to begin it."""

    team: str
    mode: str
    practice: str
    until_stage: int
    why: str


def faults(wanted: Wanted, teams: Collection[str]) -> list[tuple[str, str]]:
    """What is wrong with an engagement that somebody wants to begin: the field, and what would be right."""
    found = []
    if wanted.team not in teams:
        message = _("`{name}` is not a team; there are none", name=wanted.team[:60])
        if teams:
            known = listed(sorted(teams))
            message = _("`{name}` is not a team; there are {known}", name=wanted.team[:60], known=known)
        found.append(("team", message))
    if wanted.practice not in PRACTICES:
        message = _(
            "`{name}` is no practice; there are {known}", name=wanted.practice[:60], known=listed(PRACTICES)
        )
        found.append(("practice", message))
    if wanted.mode not in MODES:
        found.append(("mode", _("does SRE lead or support? Say `leads` or `supports`")))
    if wanted.until_stage not in UNTIL:
        found.append(("until", _("it ends once the team has reached stage 2 or 3: say which")))
    elif wanted.mode == "supports" and wanted.until_stage == 2:
        found.append(("until", _("with support a team is at stage 2 already: say 3, or let SRE lead")))
    if fault := _why_fault(wanted.why):
        found.append(("why", fault))
    return found


def begun(wanted: Wanted, some: Iterable[Engagement], who: str, at: int) -> Act:
    """SRE begins to lead or to support; `some` are all engagements. A practice has one at a time."""
    if any((one.team, one.practice) == (wanted.team, wanted.practice) and one.lasts_at(at) for one in some):
        raise ValueError(_("SRE is engaged in that already; end that first"))
    body = {
        "team": wanted.team,
        "mode": wanted.mode,
        "practice": wanted.practice,
        "until_stage": wanted.until_stage,
        "why": wanted.why.strip(),
    }
    return Act(KIND, "", "begun", at, who, body)


def ended(one: Engagement, why: str, who: str, at: int) -> Act:
    """An engagement is over; the reason is kept."""
    if one.ended_at is not None:
        raise ValueError(_("engagement {number} is over already", number=one.number))
    if fault := _why_fault(why):
        raise ValueError(fault)
    return Act(KIND, str(one.number), "ended", at, who, {"why": why.strip()})


def _why_fault(why: str) -> str | None:
    if not why.strip():
        return _("say why in a sentence; it is kept")
    if len(why) > TEXT_LONGEST:
        return _("the reason has {n} characters; {most} are the most", n=len(why), most=TEXT_LONGEST)
    return None
