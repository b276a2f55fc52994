"""What teams practise → JSON documents, the same for command line and API."""

from __future__ import annotations

from collections.abc import Iterable

from tabiji.reports.documents import Json, iso_time
from tabiji.reports.practice import engagement_json, floor_json, milestone_json, stage_json
from tabiji.runs.practising.telling import Practised


def practices_document(found: Iterable[Practised]) -> Json:
    """`tabiji practice --json`."""
    return {"teams": [practised_document(one) for one in found]}


def practised_document(one: Practised) -> Json:
    """`tabiji practice TEAM --json`: times in UTC; `trend` goes with `months`, this moment last."""
    return {
        "team": one.team,
        "at": iso_time(one.at),
        "months": [iso_time(end) for end in one.months],
        "practices": [stage_json(stage, one.trend[stage.practice]) for stage in one.stages],
        "hierarchy": [floor_json(floor) for floor in one.floors],
        "milestones": [milestone_json(reached) for reached in one.milestones],
        "engagements": [engagement_json(each.engagement, each.is_fulfilled) for each in one.engagements],
        "stale": [
            {
                "objective": aged.objective.id,
                "why": list(aged.why),
                "reviewed": None if aged.reviewed is None else iso_time(aged.reviewed),
            }
            for aged in one.stale
        ],
        "objectives": one.objectives,
    }
