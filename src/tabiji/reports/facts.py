"""What is to be told → the same for machines: text, numbers and lists, in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tabiji.alerts import Alert
from tabiji.definitions import Site
from tabiji.incidents import Part, Spent
from tabiji.journeys import Objective
from tabiji.marks import Mark
from tabiji.notices import Decision, Matter
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.incidents import parts_json


def decision_facts(decision: Decision, site: Site, marks: Mapping[str, Sequence[Mark]]) -> Json:
    """Why something is told, and what is known of it; of several, what is known of each."""
    known = {objective.id: objective for journey in site.journeys for objective in journey.objectives}
    one = decision.matters[0] if len(decision.matters) == 1 else None
    found: Json = {"topic": decision.topic, "stage": decision.stage, "reason": decision.reason}
    if one is not None and one.topic == decision.topic:
        return found | _matter(one, site, known, marks.get(one.topic, ()))
    return found | {
        "matters": [{"topic": each.topic, **_matter(each, site, known, ())} for each in decision.matters]
    }


def _matter(matter: Matter, site: Site, known: Mapping[str, Objective], marks: Sequence[Mark]) -> Json:
    journey = next((one for one in site.journeys if one.name == matter.journey), None)
    found: Json = {
        "kind": matter.kind,
        "urgency": matter.urgency,
        "journey": matter.journey,
        "team": None if journey is None else journey.team,
        "state": "open" if matter.ended_minute is None else "over",
        "started": _time(matter.began_minute),
        "ended": _time(matter.ended_minute),
        "acknowledged": matter.acknowledged,
        "objectives": _objectives(matter, known),
    }
    incident = matter.incident
    if incident is not None:
        measured = incident.measured
        found |= {
            "incident": incident.number,
            "title": None
            if journey is None
            else {"en": journey.title.to("en"), "ja": journey.title.to("ja")},
            "detected": _time(measured.times.detected if measured else None),
            "budget_spent": _number(incident.share),
            "steps": _parts("step", measured.steps if measured else ()),
            "operations": _parts("operation", measured.operations if measured else ()),
            "marks": [
                {"kind": one.kind, "title": one.title, "at": iso_time(one.from_second), "link": one.link}
                for one in marks
            ],
        }
    if matter.silence is not None:
        found |= {"source": matter.silence.source, "limit_minutes": matter.silence.limit.minutes}
    if matter.changes:
        last = matter.changes[-1]
        acting = next((one for one in reversed(matter.changes) if one.actions), last)
        found |= {
            "policy": last.episode.policy,
            "step": last.episode.step,
            "change": last.kind,
            "because": last.reason,
            "actions": list(acting.actions),
            "owners": list(acting.owners),
        }
    return found


def _objectives(matter: Matter, known: Mapping[str, Objective]) -> list[Json]:
    if matter.kind == "silence":
        return []
    spent = {one.objective: one for one in _spent(matter)}
    alerts: dict[str, Alert] = {}
    for alert in matter.alerts:
        worse = alerts.get(alert.objective)
        if worse is None or (alert.tier.severity, -alert.opened_minute) < (
            worse.tier.severity,
            -worse.opened_minute,
        ):
            alerts[alert.objective] = alert
    found: list[Json] = []
    for name in dict.fromkeys((*matter.objectives, *alerts, *spent)):
        worst, objective, cost = alerts.get(name), known.get(name), spent.get(name)
        found.append(
            {
                "objective": name,
                "target": None if objective is None else objective.target_text,
                "severity": None if worst is None else worst.tier.severity,
                "share": None if worst is None else float(worst.tier.share),
                "burn_rate": None if worst is None else _number(worst.opening.burn_long),
                "firing": worst is not None and worst.closed_minute is None,
                "bad": None if cost is None else cost.bad,
                "total": None if cost is None else cost.total,
                "budget_spent": None if cost is None else _number(cost.share),
            }
        )
    return found


def _spent(matter: Matter) -> Sequence[Spent]:
    measured = matter.incident.measured if matter.incident else None
    return measured.spent if measured else ()


def _parts(name: str, parts: Sequence[Part]) -> list[Json]:
    return parts_json(name, [part for part in parts if part.bad])


def _time(minute: int | None) -> str | None:
    return None if minute is None else iso_time(minute * 60)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
