"""An incident, and what is new of it → a title and paragraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tabiji.incidents import Incident, Part, Spent
from tabiji.notices import Decision, Matter
from tabiji.reports.documents import iso_time
from tabiji.reports.numbers import number
from tabiji.reports.phrases import NEAR_MINUTES, PHRASES, listed, part, plain, share, window_words
from tabiji.reports.saying import Words

SHOWN_MAX = 3  # marks
MINUTE = 60

_OVER = ("missed", "late", "drop", "merged", "split", "withdrawn")


def trouble(words: Words, decision: Decision, matter: Matter, incident: Incident) -> tuple[str, list[str]]:
    """What users can't do, since when, at what cost, where, after what; and one thing to do."""
    over = matter.ended_minute is not None
    names = _names(words, matter, incident)
    how = decision.reason if over and decision.reason in _OVER else decision.stage
    title = words.say(f"title-{how}", **names)
    lines = [_users(words, matter, incident, names)]
    if (why := _why(words, decision, matter, names)) is not None:
        lines.append(why)
    if matter.ending in ("merged", "withdrawn"):
        return title, lines[1:] or lines
    lines += [_where(words, incident), _budget(words, matter, incident)]
    if decision.stage in ("opened", "worse", "reminder") or decision.reason in ("missed", "late", "drop"):
        lines.append(_before(words, matter))
    lines.append(_next(words, decision, matter, incident))
    return title, lines


def _names(words: Words, matter: Matter, incident: Incident) -> dict[str, str]:
    worst = incident.worst
    title, began = words.title_of(matter), matter.began_minute
    ended = matter.ended_minute
    lasted = _last(words, matter, incident) - began
    author, at = words.scene.notes.get(incident.number or 0, ("", 0))
    counted = worst is not None and worst.bad and not words.in_minutes(worst)
    names = {
        "title": title,
        "start": words.clock(began),
        "end": "" if ended is None else words.clock(ended),
        "zone": words.zone(began),
        "length": words.length(lasted),
        "number": str(incident.number),
        "other": str(incident.merged_into),
        "author": plain(author, 60),
        "at": words.clock(at // MINUTE),
        "was": words.how(worst, title, was=True),
        "counts": words.say("counts", bad=number(worst.bad), total=number(worst.total))
        if counted and worst is not None
        else "",
    }
    return {**names, "what": words.say("what", title=title, how=words.how(worst, title))}


def _last(words: Words, matter: Matter, incident: Incident) -> int:
    """Up to when it is counted: until it was over, or has been calm since, or until now."""
    calm = incident.measured.times.calm if incident.measured else None
    return next(one for one in (matter.ended_minute, calm, words.scene.until_minute) if one is not None)


def _users(words: Words, matter: Matter, incident: Incident, names: Mapping[str, str]) -> str:
    """What users can't do, since when."""
    worst = incident.worst
    unseen = worst is None or not worst.bad
    if matter.ended_minute is not None:
        return words.say("users-over-unseen" if unseen else "users-over", **names)
    if unseen or worst is None:
        return words.say("users-unseen", **names)
    much = "all" if worst.bad == worst.total else "most" if 2 * worst.bad > worst.total else "some"
    return words.say(f"users-{much}", **names)


def _why(words: Words, decision: Decision, matter: Matter, names: Mapping[str, str]) -> str | None:
    """What is new, where the rest does not say it."""
    times = matter.incident.measured.times if matter.incident and matter.incident.measured else None
    if decision.reason == "calmer" and times is not None and times.recovered is not None:
        return words.say("why-calm", calm=words.clock(times.recovered))
    key = f"why-{decision.reason}"
    if key not in PHRASES[words.language]:
        return None
    filled = {**names, "objectives": words.objective_titles(decision.news)}
    if decision.reason == "unacknowledged":
        filled["length"] = words.length(words.scene.until_minute - matter.began_minute)
    return words.say(key, **filled)


def _where(words: Words, incident: Incident) -> str:
    """Which step and which operation fail, where that says something."""
    measured = incident.measured
    if measured is None:
        return ""
    step, operation = _worst(measured.steps), _worst(measured.operations)
    if step is not None and operation is not None and len(measured.steps) > 1:
        return words.say(
            "where-both",
            share=part(step[1], words.language),
            step=_step_title(words, incident, step[0]),
            operation_share=part(operation[1], words.language),
            operation=plain(operation[0]),
        )
    if operation is None:
        return ""
    where = words.say("where-operation", operation=plain(operation[0]))
    return words.say("where", share=part(operation[1], words.language), where=where)


def _step_title(words: Words, incident: Incident, name: str) -> str:
    journey = words.journeys.get(incident.journey)
    titles = {step.name: step.title.to(words.language) for step in journey.steps} if journey else {}
    return plain(titles.get(name) or name)


def _budget(words: Words, matter: Matter, incident: Incident) -> str:
    """How much of the budget went in how long, and when it is gone at this rate."""
    worst = incident.worst
    objective = None if worst is None else words.objectives.get(worst.objective)
    if worst is None or worst.share is None or not worst.bad or objective is None:
        return ""
    ended = matter.ended_minute
    lasted = max(_last(words, matter, incident) - matter.began_minute, 1)
    return words.say(
        "budget",
        length=words.length(lasted),
        share=share(worst.share, words.language),
        window=window_words(objective, words.language),
        target=share(objective.target, words.language, 9),
        rest=_rest(words, worst, lasted, over=ended is not None or matter.calm),
    )


def _rest(words: Words, worst: Spent, lasted: int, *, over: bool) -> str:
    left = words.scene.left.get(worst.objective)
    if left is None or worst.share is None:
        return ""
    if left <= 0:
        return words.say("budget-gone")
    minutes = int(left * lasted / worst.share)
    if over or minutes > NEAR_MINUTES:
        return words.say("budget-left", left=share(left, words.language))
    return words.say("budget-until", at=words.clock(words.scene.until_minute + minutes))


def _before(words: Words, matter: Matter) -> str:
    """What changed just before."""
    marks = words.scene.marks.get(matter.topic, ())[-SHOWN_MAX:]
    if not marks:
        return ""
    said = []
    for mark in marks:
        minute = mark.from_second // MINUTE
        gone = matter.began_minute - minute
        during = mark.until_second is not None and mark.until_second // MINUTE > matter.began_minute
        how = "during" if during else "mark" if gone > 0 else "at-once"
        filled = {"kind": words.say(mark.kind), "title": plain(mark.title), "at": words.clock(minute)}
        said.append(words.say(f"before-{how}", **filled, length=words.length(gone)))
    return words.say("before", marks=listed(said, words.language))


def _next(words: Words, decision: Decision, matter: Matter, incident: Incident) -> str:
    """One thing to do."""
    if decision.stage == "over":
        little = decision.reason in ("missed", "late", "merged", "split") or incident.verdict == "false"
        return "" if little else words.say("next-review")
    if decision.stage in ("acknowledged", "better"):
        return ""
    if matter.urgency == "information" and not matter.objectives:
        return ""
    return _agreed(words, matter) or _look(words, matter, incident)


def _agreed(words: Words, matter: Matter) -> str:
    found = next((words.scene.agreed[one] for one in matter.objectives if one in words.scene.agreed), None)
    if found is None:
        return ""
    policy, step = found
    return words.say(
        "next-agreed",
        policy=plain(policy.title.to(words.language) or policy.name),
        actions=listed([words.say(one) for one in step.then], words.language),
        owners=listed([plain(one) for one in step.owners], words.language),
    )


def _look(words: Words, matter: Matter, incident: Incident) -> str:
    measured = incident.measured
    operation = None if measured is None else _worst(measured.operations)
    if operation is None:
        objective = incident.worst.objective if incident.worst else next(iter(matter.objectives), None)
        at = iso_time(matter.began_minute * MINUTE)
        return "" if objective is None else words.say("next-lines", objective=plain(objective), at=at)
    where = plain(operation[0])
    deployed = [mark for mark in words.scene.marks.get(matter.topic, ()) if mark.kind == "deployment"]
    if deployed:
        last = deployed[-1]
        at = words.clock(last.from_second // MINUTE)
        return words.say("next-rollback", where=where, title=plain(last.title), at=at)
    return words.say("next-look", where=where, share=part(operation[1], words.language))


def _worst(parts: Sequence[Part]) -> tuple[str, Fraction] | None:
    """The part with the most failures, and its share of all."""
    bad = sum(part.bad for part in parts)
    worst = max(parts, key=lambda part: part.bad, default=None)
    return None if worst is None or not bad else (worst.name, Fraction(worst.bad, bad))
