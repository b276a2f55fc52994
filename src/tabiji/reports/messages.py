"""What is to be told, and all that is known of it → a title and paragraphs in the receiver's language, and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tabiji.alerts import Alert, Silence
from tabiji.definitions import Site
from tabiji.notices import Decision, Matter
from tabiji.reports.facts import decision_facts
from tabiji.reports.numbers import number, rate
from tabiji.reports.phrases import PHRASES, listed, plain, share, window_words
from tabiji.reports.saying import Scene, Words
from tabiji.reports.troubles import trouble

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Worded:
    """A message's words and facts."""

    title: str
    lines: tuple[str, ...]
    facts: Mapping[str, object]


def worded(decision: Decision, scene: Scene, language: Literal["en", "ja"]) -> Worded:
    """What one receiver is told, in its language."""
    words = Words(scene, language, scene.journeys, scene.objectives)
    if len(decision.matters) != 1 or decision.topic != decision.matters[0].topic:
        title, lines = several(words, decision)
    else:
        matter = decision.matters[0]
        if matter.incident is not None:
            title, lines = trouble(words, decision, matter, matter.incident)
        elif matter.silence is not None:
            title, lines = silent(words, decision, matter, matter.silence)
        elif matter.changes:
            title, lines = agreement(words, decision, matter)
        else:
            title, lines = tickets(words, decision, matter)
    return Worded(
        title, tuple(line for line in lines if line), decision_facts(decision, scene.site, scene.marks)
    )


def test_words(receiver: str, site: Site, now: int, language: Literal["en", "ja"]) -> Worded:
    """What is said to try a receiver; `now` is in seconds."""
    words = Words(Scene(site, now // MINUTE), language, {}, {})
    minute = now // MINUTE
    at = {"at": words.clock(minute), "zone": words.zone(minute)}
    line = words.say("test-line", receiver=plain(receiver), **at)
    return Worded(words.say("test"), (line,), {"test": True})


# Tickets


def tickets(words: Words, decision: Decision, matter: Matter) -> tuple[str, list[str]]:
    """Alerts that can wait."""
    title, over = words.title_of(matter), decision.stage == "over"
    stage = "over" if over else "worse" if decision.stage == "worse" else "opened"
    lines = [_alert(words, alert, over=over) for alert in _one_each(matter.alerts)]
    if not over:
        lines += [words.say("not-now"), words.say("ticket-next", journey=plain(matter.journey or ""))]
    elif decision.reason in ("missed", "withdrawn"):
        lines.append(words.say(f"why-{decision.reason}"))
    return words.say(f"ticket-{stage}", title=title), lines


def _alert(words: Words, alert: Alert, *, over: bool) -> str:
    objective, opening = words.objectives.get(alert.objective), alert.opening
    start = words.clock(alert.opened_minute)
    ended = alert.closed_minute
    return words.say(
        "ticket-objective-over" if over else "ticket-objective",
        objective=words.objective_title(alert.objective),
        target="–" if objective is None else share(objective.target, words.language, 9),
        window="–" if objective is None else window_words(objective, words.language, inside=True),
        start=start,
        end=start if ended is None else words.clock(ended),
        share=share(alert.tier.share, words.language),
        length=words.length(alert.tier.long_minutes),
        rate="–" if opening.burn_long is None else rate(opening.burn_long),
    )


# Silences and policies


def silent(words: Words, decision: Decision, matter: Matter, silence: Silence) -> tuple[str, list[str]]:
    """A source without events."""
    ended = matter.ended_minute
    source, start = plain(silence.source), matter.began_minute
    last = words.scene.until_minute if ended is None else ended
    names = {
        "source": source,
        "start": words.clock(start),
        "end": words.clock(last),
        "zone": words.zone(start),
        "length": words.length(last - start),
        "limit": words.length(silence.limit.minutes),
    }
    if ended is not None:
        title = "title-withdrawn" if matter.ending == "withdrawn" else "silence-over"
        return words.say(title, **names, title=source), [words.say("silence-line-over", **names)]
    usual = words.say(f"silence-usual-{'learned' if silence.limit.learned else 'set'}", **names)
    stage = "reminder" if decision.stage == "reminder" else "opened"
    lines = [words.say("silence-line", **names, usual=usual), words.say("silence-next")]
    return words.say(f"silence-{stage}", **names), lines


def agreement(words: Words, decision: Decision, matter: Matter) -> tuple[str, list[str]]:
    """What a policy does."""
    policies = {one.name: one for one in words.scene.site.policies}
    last = matter.changes[-1]
    acting = next((one for one in reversed(matter.changes) if one.actions), last)
    begun = next((one for one in matter.changes if one.kind == "acts"), acting)
    policy = policies.get(last.episode.policy)
    name = plain((policy.title.to(words.language) if policy else "") or last.episode.policy)
    condition = f"condition-{begun.reason}"
    if condition not in PHRASES[words.language]:
        condition = "condition-exception-over"
    names = {
        "policy": name,
        "objective": f"{words.title_of(matter)} / {words.objective_title(last.episode.objective)}",
        "condition": words.say(condition),
        "start": words.clock(matter.began_minute),
        "end": "" if matter.ended_minute is None else words.clock(matter.ended_minute),
        "zone": words.zone(matter.began_minute),
        "actions": listed([words.say(one) for one in acting.actions], words.language),
    }
    lines = []
    if decision.stage == "over":
        lines.append(words.say("policy-line-over", **names))
    elif acting.actions:
        lines.append(words.say("policy-line", **names))
    if last.exception is not None and matter.calm:
        until = words.clock(last.exception.until)
        filled = {"by": plain(last.exception.by), "reason": plain(last.exception.reason, 200)}
        lines.append(words.say("policy-exception", until=until, **filled))
    if acting.owners and decision.stage != "over":
        owners = listed([plain(one) for one in acting.owners], words.language)
        lines.append(words.say("policy-owners", owners=owners))
    return words.say(f"policy-{decision.stage}", **names), lines


# Several at once


def several(words: Words, decision: Decision) -> tuple[str, list[str]]:
    """Many matters in one message, each of them named."""
    members = decision.knows.members if decision.knows is not None else ()
    count = len(members) if decision.stage in ("over", "acknowledged") else len(decision.matters)
    ended = decision.topic.startswith("ended:")
    began = decision.knows.began_minute if decision.knows is not None else words.scene.until_minute
    key = "ended" if ended else decision.stage
    title = words.say(f"many-{key}", n=number(count), start=words.clock(began))
    lines = [_line(words, matter) for matter in decision.matters]
    if decision.stage in ("opened", "reminder"):
        lines.append(words.say("many-next"))
    return title, lines


def _line(words: Words, matter: Matter) -> str:
    title, ended = words.title_of(matter), matter.ended_minute
    worst = matter.incident.worst if matter.incident else None
    how = words.how(worst, title) if matter.incident else words.say(f"how-{matter.kind}", title=title)
    return words.say(
        "many-line" if ended is None else "many-line-over",
        title=title,
        objectives=words.objective_titles(matter.objectives) or "–",
        how=how,
        start=words.clock(matter.began_minute),
        end="" if ended is None else words.clock(ended),
    )


def _one_each(alerts: Sequence[Alert]) -> list[Alert]:
    """The latest alert of each objective."""
    return list({one.objective: one for one in alerts}.values())
