"""An incident's post-mortem → its words beside what was measured; the same as Markdown and as a JSON document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from tabiji import actions, postmortems, windows
from tabiji.actions import Item
from tabiji.definitions import Site
from tabiji.language import Language, _, listed
from tabiji.postmortems import SECTIONS, Addition, Postmortem, Words
from tabiji.reports.actions import STATES as ACTION_STATES
from tabiji.reports.actions import action_json
from tabiji.reports.alerts import tier_name
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.incidents import NOTICED, STAGES, fact_sentence, incident_json
from tabiji.reports.marks import mark_sentence
from tabiji.reports.numbers import local, minutes, number, percent, percents, rate
from tabiji.reports.postmortems import CAUSES, HEADINGS, postmortem_json, users_sentence
from tabiji.reports.saying import Scene
from tabiji.reports.saying import Words as Saying
from tabiji.runs import learning
from tabiji.runs.viewing import incident as viewing
from tabiji.runs.viewing.incident import Moment, View
from tabiji.store import Store

BEFORE_MINUTES = (
    6 * windows.HOUR
)  # a time without a day is that of the first such clock after so long before it


@dataclass(frozen=True, slots=True)
class Told:
    """Something in the timeline: a moment that was recorded, or what somebody wrote."""

    minute: int
    moment: Moment | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Retold:
    """A post-mortem with all that is known of its incident.

    `words` are those that are shown: of the published version, or those that are worked on. `loose` are lines of what
    happened that name no time; `named` the people of the incident whom the words about causes name. `items` are the
    action items that came of it, as they stand on the day `today`.
    """

    postmortem: Postmortem | None
    words: Words
    facts: View
    timeline: tuple[Told, ...]
    loose: tuple[str, ...]
    named: tuple[str, ...]
    items: tuple[Item, ...]
    today: date


def view(
    site: Site,
    store: Store,
    number: int,
    language: Language,
    now: int,
    words: Words | None = None,
    *,
    draft: bool = True,
) -> Retold:
    """The post-mortem of an incident, where there is one, beside the facts.

    With `words`: as it would be with these; without `draft`: as it was published, if it was. `now` is in seconds.
    """
    found = learning.of(store, number)
    facts = viewing.view(site, store, number, language)
    if words is None and found is not None:
        published = found.published
        words = published.words if published is not None and not draft else found.words
    shown = Words() if words is None else words
    timeline = [Told(one.minute, one) for one in facts.moments]
    loose = []
    for one in postmortems.additions(shown.of("timeline")):
        minute = _minute(one, facts.started, site.timezone)
        if minute is None:
            loose.append(one.text)
        else:
            timeline.append(Told(minute, text=one.text))
    timeline.sort(key=lambda one: one.minute)  # it keeps the order of those of one minute
    named = postmortems.named_in(shown, learning.people(store, facts.incident))
    items, today = learning.items(store, number), actions.today(now, site.timezone)
    return Retold(found, shown, facts, tuple(timeline), tuple(loose), named, tuple(items), today)


def _minute(one: Addition, started: int, zone: str) -> int | None:
    """When it was: the day that it says, or else the first time that the clock showed this since hours before."""
    if one.clock is None:
        return None
    clock = f"{one.clock[0]:02d}:{one.clock[1]:02d}"
    if one.day is not None:
        days = [f"{one.day[0]:04d}-{one.day[1]:02d}-{one.day[2]:02d}"]
    else:
        first = started - BEFORE_MINUTES
        days = [local(first + day * windows.DAY, zone)[:10] for day in (0, 1)]
    for day in days:
        try:
            minute = windows.parse_time(f"{day}T{clock}", 0, zone) // 60
        except ValueError:
            continue
        if one.day is not None or minute >= started - BEFORE_MINUTES:
            return minute
    return None


def title(retold: Retold, saying: Saying) -> str:
    """What it is called: by those who wrote it, or else by what users noticed."""
    if retold.words.title:
        return retold.words.title
    facts = retold.facts
    journey = facts.journey.title.to(saying.language) if facts.journey else ""
    return saying.how(facts.incident.worst, journey or facts.incident.journey, was=True).rstrip(".。")


# In words


def moment_sentence(moment: Moment, saying: Saying, zone: str) -> str:
    """Something that happened, in a line."""
    if moment.kind == "started":
        return _("Users began to suffer.")
    if moment.kind == "recovered":
        return _("It worked again.")
    if moment.kind == "closed":
        return _("It closed by itself: no alert had fired for 15 minutes.")
    if moment.kind == "alerts":
        return _(
            "{n} changes of alerts until {time}",
            n=len(moment.within),
            time=local(moment.within[-1].minute, zone),
        )
    if moment.mark is not None:
        if moment.kind == "mark":
            return mark_sentence(moment.mark)
        return _("over: {title}", title=moment.mark.title)
    if moment.fact is not None:
        one = moment.fact
        return fact_sentence(one.kind, one.author, one.minute, one.text, zone)
    if moment.stage is not None:
        receivers = dict.fromkeys(one.message.receiver for one in moment.posts)
        return f"{_(STAGES[moment.stage])}: {listed(receivers)}"
    if moment.alert is not None:
        return _alert(moment, saying)
    return _("It was noticed.")


def _alert(moment: Moment, saying: Saying) -> str:
    fired = moment.alert
    assert fired is not None  # noqa: S101 - it was asked before
    named = {"objective": saying.objective_title(fired.objective), "tier": tier_name(fired.tier)}
    if moment.kind == "calms":
        return _("“{objective}” calms down, {tier}.", **named)
    opening = fired.opening
    return _(
        "“{objective}” alerts, {tier}: the budget goes {long} times as fast as it may, lately {short} times; "
        "{needed} is too fast.",
        **named,
        long="–" if opening.burn_long is None else rate(opening.burn_long),
        short="–" if opening.burn_short is None else rate(opening.burn_short),
        needed=rate(opening.threshold),
    )


def sentences(retold: Retold, saying: Saying, zone: str) -> list[tuple[int, str]]:
    """The timeline in words: minutes, and what happened."""
    by = retold.facts.incident.measured.times.by if retold.facts.incident.measured else None
    found = []
    for one in retold.timeline:
        said = one.text
        if one.moment is not None:
            said = moment_sentence(one.moment, saying, zone)
            if one.moment.kind == "detected" and by is not None:
                said = _("It was noticed, by {whom}.", whom=_(NOTICED[by]))
        found.append((one.minute, said))
    return found


def document(retold: Retold, site: Site, language: Language, *, drafts: bool = True) -> Json:
    """`tabiji postmortem show --json`: words, the incident, what it cost, and what happened when."""
    facts = retold.facts
    saying = _saying(site, facts, language)
    return {
        "incident": incident_json(facts.incident),
        "title": title(retold, saying),
        "postmortem": None
        if retold.postmortem is None
        else postmortem_json(retold.postmortem, drafts=drafts),
        "impact": [
            {
                "journey": one.journey.name,
                "objective": one.objective.id,
                "bad": one.spent.bad if one.spent else 0,
                "total": one.spent.total if one.spent else None,
                "budget_spent": float(one.spent.share) if one.spent and one.spent.share is not None else None,
            }
            for one in facts.own + facts.others
        ],
        "commander": facts.roles.commander,
        "actions": [action_json(one, retold.today) for one in retold.items],
        "timeline": [
            {"at": iso_time(minute * 60), "what": said}
            for minute, said in sentences(retold, saying, site.timezone)
        ],
    }


def markdown(retold: Retold, site: Site, language: Language) -> str:
    """The whole post-mortem as a Markdown document, for wikis and repositories."""
    facts, words, zone = retold.facts, retold.words, site.timezone
    saying = _saying(site, facts, language)
    parts = [
        f"# {_plain(title(retold, saying))}",
        "\n".join(f"- {line}" for line in _head(retold, saying, zone)),
    ]
    parts += _section("summary", words)
    parts += _section("users", words)
    parts.append(_marked(users_sentence(retold.postmortem.users if retold.postmortem else None)))
    impacts = [
        (saying.objective_title(one.objective.id), one.spent) for one in facts.own + facts.others if one.spent
    ]
    if impacts:
        rows = [
            f"| {_plain(name)} | {number(one.bad)} | {number(one.total)} "
            f"| {'–' if one.share is None else percent(one.share, 0)} |"
            for name, one in impacts
        ]
        head = f"| {_('Promise')} | {_('Failed')} | {_('Of')} | {_('Budget spent')} |"
        parts.append("\n".join((head, "|---|--:|--:|--:|", *rows)))
    failing = [
        one for one in (facts.incident.measured.operations if facts.incident.measured else ()) if one.bad
    ]
    if failing:
        shares = percents([one.bad for one in failing])
        rows = [
            f"| {_plain(one.name)} | {number(one.bad)} | {share} |"
            for one, share in zip(failing, shares, strict=True)
        ]
        head = f"| {_('Operation')} | {_('Failed')} | {_('Share of the failures')} |"
        parts += [f"## {_('Where the failures were')}", "\n".join((head, "|---|--:|--:|", *rows))]
    parts.append(f"## {_('What happened when')}")
    parts += [_marked(one) for one in retold.loose]
    parts.append(
        "\n".join(
            f"- {local(minute, zone)} {_plain(said)}" for minute, said in sentences(retold, saying, zone)
        )
    )
    for name in SECTIONS:
        if name not in ("summary", "users", "timeline"):
            parts += _section(name, words)
    if retold.items:
        parts.append(f"## {_('What is to be done')}")
        parts.append("\n".join(_item(one, retold.today) for one in retold.items))
    return "\n\n".join(parts) + "\n"


def _item(item: Item, today: date) -> str:
    """An action item as a line with a box, ticked where it is done."""
    said = [_(ACTION_STATES[item.state(today)])]
    if item.wanted.owner:
        said.append(_("owner: {name}", name=_plain(item.wanted.owner)))
    if item.wanted.due is not None and item.ended is None:
        said.append(_("due {day}", day=item.wanted.due.isoformat()))
    if item.outcome:
        said.append(_plain(item.outcome))
    box = "x" if item.ended == "done" else " "
    return f"- [{box}] {_plain(item.wanted.title)} ({'; '.join(said)})"


def _head(retold: Retold, saying: Saying, zone: str) -> list[str]:
    incident, words = retold.facts.incident, retold.words
    journey = retold.facts.journey
    name = (journey.title.to(saying.language) if journey else "") or incident.journey
    found = [_("Incident {number} · {journey}", number=incident.number, journey=_plain(name))]
    ended = retold.facts.ended
    found.append(
        _(
            "From {start} to {end}",
            start=local(retold.facts.started, zone),
            end="–" if ended is None else local(ended, zone),
        )
        + f" ({zone})"
    )
    found.append(_("Noticed after {length} (TTD)", length=_length(incident.to_detect)))
    found.append(_("Over after {length} (TTR)", length=_length(incident.to_recover)))
    if incident.share is not None:
        found.append(_("{share} of the budget was spent", share=percent(incident.share, 0)))
    if words.cause is not None:
        found.append(_("Kind of cause: {cause}", cause=_(CAUSES[words.cause])))
    if retold.facts.roles.commander:
        found.append(_("In charge: {name}", name=_plain(retold.facts.roles.commander)))
    if words.lead:
        found.append(_("Lead: {name}", name=_plain(words.lead)))
    if retold.postmortem is not None and (version := retold.postmortem.published) is not None:
        found.append(_("Version {n}, published {time}", n=version.number, time=local(version.at // 60, zone)))
    return found


def _section(name: postmortems.Section, words: Words) -> list[str]:
    text = words.of(name).strip()
    return [f"## {_(HEADINGS[name])}", _marked(text)] if text else []


def _length(length: int | None) -> str:
    return "–" if length is None else minutes(length)


def _marked(text: str) -> str:
    """A text of people's in a document: their lists stay lists, but headings, HTML and mentions are none."""
    kept = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return re.sub(r"^(\s*)#", r"\1\\#", _safe(kept), flags=re.MULTILINE)


def _plain(text: str) -> str:
    """A text on one line, in which no sign has a meaning."""
    return re.sub(r"([\\`*_\[\]#|])", r"\\\1", _safe(" ".join(text.split())))


def _safe(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(?<![\w.])@(?=\w)", "@\N{WORD JOINER}", escaped)


def _saying(site: Site, facts: View, language: Language) -> Saying:
    scene = Scene(site, facts.until_minute)
    return Saying(scene, language, scene.journeys, scene.objectives)
