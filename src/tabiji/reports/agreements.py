"""Corrections, policies and the gate → sentences and JSON: what was agreed, and what that means now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from tabiji import corrections
from tabiji.alerts import Standing
from tabiji.corrections import Category, Dated
from tabiji.language import ENGLISH, N_, _, listed, speaking
from tabiji.policies import Action, BudgetBelow, Condition, Exhausted, Gate, Ground, Happens, Trigger
from tabiji.reports.documents import Json, iso_time, window_json
from tabiji.reports.numbers import local, minutes, percent

CATEGORIES: Mapping[Category, str] = {
    "planned-maintenance": N_("planned maintenance"),
    "outside-business-hours": N_("outside business hours"),
    "load-test": N_("load test"),
    "wrong-measurement": N_("wrong measurement"),
    "other": N_("other"),
}
ACTIONS: Mapping[Action, str] = {
    "notify": N_("tell the owners"),
    "ticket-next-sprint": N_("a ticket in the next sprint"),
    "stop-risky-deployments": N_("stop risky deployments"),
    "review": N_("a review"),
}
TRIGGERS: Mapping[Trigger, str] = {
    "page": N_("a page fires"),
    "ticket": N_("a ticket alert fires"),
    "drop": N_("a drop was found that never alerted"),
}
SENTENCES: Mapping[str, str] = {
    "correction": N_("Corrected for {minutes}: {name} ({category}; {author}: {reason})."),
    "without": N_("Without corrections {sli} would be good, and {remaining} of the budget left."),
    "without-data": N_("Without corrections there would be no data either."),
    "note": N_("* Corrected: {objective} by {names}; without, {sli} good and {remaining} left."),
    "note-no-data": N_("* Corrected: {objective} by {names}; without, no data as well."),
    "open": N_("Go: deploying is in keeping with what was agreed."),
    "shut": N_("Stop: no risky deployments."),
    "stopped": (
        N_(
            "{journey}: stop, because {condition} for {objective} since {since}. Step `{step}` of the policy "
            "`{policy}` stops risky deployments until {end}. Ask {owners}."
        )
    ),
    "excepted": (
        N_(
            "{journey}: go, by an exception until {until} ({by}: {reason}). Step `{step}` of the policy `{policy}` "
            "would stop risky deployments, because {condition} for {objective} since {since}."
        )
    ),
    "in-keeping": N_("{journey}: go. Nothing that was agreed stops deployments now."),
    "never-stops": N_("{journey}: go. What was agreed about it never stops deployments."),
    "no-policy": N_("{journey}: go. Nothing was agreed about it."),
    "budget-below": N_("less than {share} of the budget is left"),
    "exhausted": N_("nothing of the budget is left"),
    "back": N_("{share} of the budget is back"),
    "quiet": N_("there was an hour without any"),
}


# Corrections


def corrections_json(dated: Sequence[Dated], uncorrected: Standing | None) -> Json:
    """What a standing was made with, and what it would be without: keys of `tabiji status --json`."""
    return {
        "corrections": [
            {
                "name": one.correction.name,
                "category": one.correction.category,
                "author": one.correction.author,
                "reason": one.correction.reason,
                "from": iso_time(one.spans[0][0] * 60),
                "to": iso_time(one.spans[-1][1] * 60),
                "minutes": corrections.minutes(one.spans),
            }
            for one in dated
        ],
        "uncorrected": None
        if uncorrected is None
        else {"state": uncorrected.state, **window_json(uncorrected)},
    }


def correction_sentences(dated: Sequence[Dated], uncorrected: Standing | None) -> tuple[str, ...]:
    """Which corrections an objective is judged with, by whom and why, and what it would be without them."""
    if uncorrected is None:
        return ()
    said = [
        _(
            SENTENCES["correction"],
            minutes=minutes(corrections.minutes(one.spans)),
            name=one.correction.name,
            category=_(CATEGORIES[one.correction.category]),
            author=one.correction.author,
            reason=one.correction.reason,
        )
        for one in dated
    ]
    if uncorrected.sli is None or uncorrected.remaining is None:
        return (*said, _(SENTENCES["without-data"]))
    without = _(
        SENTENCES["without"], sli=percent(uncorrected.sli), remaining=percent(uncorrected.remaining, 0)
    )
    return (*said, without)


def correction_notes(
    dated: Iterable[Sequence[Dated]], uncorrected: Iterable[Standing | None]
) -> tuple[str, ...]:
    """A line below the table of standings for each that is corrected."""
    notes = []
    for some, without in zip(dated, uncorrected, strict=True):
        if without is None:
            continue
        names = listed(one.correction.name for one in some)
        if without.sli is None or without.remaining is None:
            note = _(SENTENCES["note-no-data"], objective=without.objective.id, names=names)
        else:
            note = _(
                SENTENCES["note"],
                objective=without.objective.id,
                names=names,
                sli=percent(without.sli),
                remaining=percent(without.remaining, 0),
            )
        notes.append(note)
    return tuple(notes)


# The gate


def gate_json(gate: Gate, at: int, zone: str) -> Json:
    """`tabiji gate --json`, in English; `at` is in seconds since the epoch, the zone is that of times in its texts."""
    with speaking(ENGLISH):
        grounds = [_ground_json(one, zone) for one in gate.grounds]
    return {"at": iso_time(at), "open": gate.open, "grounds": grounds}


def _ground_json(ground: Ground, zone: str) -> Json:
    found: Json = {"kind": ground.kind, "journey": ground.journey, "text": ground_sentence(ground, zone)}
    if ground.step is not None:
        found |= {
            "policy": ground.policy,
            "step": ground.step.name,
            "objective": ground.objective,
            "since": None if ground.began is None else iso_time(ground.began * 60),
            "owners": list(ground.step.owners),
        }
    if ground.exception is not None:
        found["exception"] = {
            "by": ground.exception.by,
            "reason": ground.exception.reason,
            "until": iso_time(ground.exception.until * 60),
        }
    return found


def gate_sentences(gate: Gate, zone: str) -> tuple[str, ...]:
    """Whether to deploy, and why, in plain words. Times are those of the zone."""
    head = _(SENTENCES["open" if gate.open else "shut"])
    return (head, *(ground_sentence(ground, zone) for ground in gate.grounds))


def ground_sentence(ground: Ground, zone: str) -> str:
    """One reason of the gate."""
    step, exception = ground.step, ground.exception
    if step is None or ground.began is None:
        return _(SENTENCES[ground.kind], journey=ground.journey)
    return _(
        SENTENCES[ground.kind],
        journey=ground.journey,
        objective=ground.objective,
        policy=ground.policy,
        step=step.name,
        since=local(ground.began, zone),
        condition=condition_words(step.when),
        end=end_words(step.when),
        owners=listed(step.owners),
        until=None if exception is None else local(exception.until, zone),
        by=None if exception is None else exception.by,
        reason=None if exception is None else exception.reason,
    )


def condition_words(condition: Condition) -> str:
    """When a step begins, as a clause."""
    match condition:
        case BudgetBelow(share=share):
            return _(SENTENCES["budget-below"], share=_share(share))
        case Exhausted():
            return _(SENTENCES["exhausted"])
        case Happens(trigger=trigger):
            return _(TRIGGERS[trigger])


def end_words(condition: Condition) -> str:
    """What ends an episode of this condition, as a clause."""
    if isinstance(condition, Happens):
        return _(SENTENCES["quiet"])
    return _(SENTENCES["back"], share=_share(condition.until))


def _share(share: Fraction) -> str:
    return percent(share, 0)
