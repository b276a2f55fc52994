"""Values → the YAML of definitions, quoted where needed; what is written here loads to the same values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from tabiji import windows
from tabiji.corrections import EVERYTHING, Correction, Recurrence
from tabiji.definitions.documents import Loc
from tabiji.definitions.meanings import shown_us
from tabiji.definitions.promises import default_tiers
from tabiji.definitions.sites import SERIES_MAX, STORE, Source, Team
from tabiji.journeys import Journey, Objective, Slices, Step, Text, Tier
from tabiji.policies import BACK, BudgetBelow, Condition, Exhausted, Happens, Policy
from tabiji.policies import Step as PolicyStep
from tabiji.windows import Calendar, Rolling, Window

# Where `init` puts the schemas that editors check with; relative to the workspace.
SITE_SCHEMA = ".tabiji/site.schema.json"
JOURNEY_SCHEMA = ".tabiji/journey.schema.json"
POLICY_SCHEMA = ".tabiji/policy.schema.json"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./*-]*(?: [A-Za-z0-9_./*-]+)*|[0-9]+(?:\.[0-9]+)?(?:%|us|ms|[smhd])")
_OTHER_MEANING = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})  # to YAML 1.1
_ESCAPED = re.compile('[\x00-\x1f\x7f-\x9f\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"\\\\]')
_BEYOND = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

Comments = Mapping[Loc, str]
Item = str | int | list["Item"] | dict[str, "Item"]


def site_yaml(
    sources: Sequence[Source],
    *,
    timezone: str = "UTC",
    language: str = "en",
    store: str = STORE,
    teams: Sequence[Team] = (),
    comments: Comments | None = None,
) -> str:
    """The text of tabiji.yaml. Paths and the store are written as given.

    `comments` are put above the key at their place, such as `("sources", "web")`.
    """
    site: dict[str, Item] = {"timezone": timezone, "language": language, "store": store}
    if sources:
        site["sources"] = {source.name: _source(source) for source in sources}
    if teams:
        site["teams"] = {team.name: {"title": _text(team.title)} for team in teams}
    return _file(SITE_SCHEMA, site, comments)


def journey_yaml(journey: Journey, *, comments: Comments | None = None) -> str:
    """The text of a journey's file; `comments` are put above the key at their place."""
    written: dict[str, Item] = {"journey": journey.name, "title": _text(journey.title)}
    if journey.team is not None:
        written["team"] = journey.team
    if journey.why is not None:
        written["why"] = _text(journey.why)
    written["steps"] = {step.name: step_item(step) for step in journey.steps}
    every = tuple(step.name for step in journey.steps)
    written["objectives"] = {one.name: objective_item(one, every) for one in journey.objectives}
    return _file(f"../{JOURNEY_SCHEMA}", written, comments)


def policies_yaml(
    policies: Sequence[Policy], corrections: Sequence[Correction] = (), *, comments: Comments | None = None
) -> str:
    """The text of a file in policies/; `comments` are put above the key at their place."""
    written: dict[str, Item] = {}
    if policies:
        written["policies"] = {policy.name: _policy(policy) for policy in policies}
    if corrections:
        written["corrections"] = {one.name: _correction(one) for one in corrections}
    return _file(f"../{POLICY_SCHEMA}", written, comments)


def _source(source: Source) -> Item:
    written: dict[str, Item] = {}
    for key in (
        "format",
        "service",
        "kind",
        "log_format",
        "operation",
        "error",
        "where",
        "latency",
        "timezone",
    ):
        value = getattr(source, key)
        if value is not None:
            written[key] = value
    if source.paths:
        written["paths"] = [*source.paths]
    if source.fields is not None:
        written["fields"] = {**dict(source.fields)}
    if source.labels:
        written["labels"] = {**dict(source.labels)}
    if source.routes is not None:
        written["routes"] = str(source.routes)
    if source.series_max != SERIES_MAX:
        written["series_max"] = source.series_max
    if source.quiet_after_minutes is not None:
        written["quiet_after"] = windows.format_minutes(source.quiet_after_minutes)
    return written


def _text(text: Text) -> Item:
    if text.en == text.ja:
        return text.en or ""
    pairs = (("en", text.en), ("ja", text.ja))
    return {language: words for language, words in pairs if words is not None}


def step_item(step: Step) -> Item:
    """What stands below a step's name."""
    written: dict[str, Item] = {}
    if step.title != Text(step.name, step.name):
        written["title"] = _text(step.title)
    return {**written, "events": step.events}


def objective_item(objective: Objective, every_step: tuple[str, ...]) -> Item:
    """What stands below an objective's name, in a journey with these steps."""
    written: dict[str, Item] = {}
    if objective.title != Text(objective.name, objective.name):
        written["title"] = _text(objective.title)
    if objective.steps != every_step:
        written["steps"] = [*objective.steps]
    if objective.slices is not None:
        written |= _slices(objective.slices)
    if objective.good is not None:
        written["good"] = objective.good
    if objective.exclude is not None:
        written["exclude"] = objective.exclude
    if objective.faster_than_us is not None:
        written["faster_than"] = shown_us(objective.faster_than_us)
    written["target"] = objective.target_text
    written["window"] = _window(objective.window)
    if objective.state == "provisional":
        written["state"] = "provisional"
    alerts = _alerts(objective)
    return written if alerts is None else {**written, "alerts": alerts}


def bad_minute(slices: Slices) -> str:
    """The condition as it is written: `error_rate >= 1%`."""
    limit = str(slices.limit)
    if slices.measure == "error_rate":
        limit = _share(slices.limit)
    elif slices.measure.startswith("p"):
        limit = shown_us(int(slices.limit))
    return f"{slices.measure} {slices.operator} {limit}"


def _slices(slices: Slices) -> dict[str, Item]:
    written: dict[str, Item] = {"bad_minute": bad_minute(slices)}
    if slices.for_minutes != 1:
        written["for"] = windows.format_minutes(slices.for_minutes)
    if slices.no_data != "exclude":
        written["no_data"] = slices.no_data
    return written


def _window(window: Window) -> Item:
    match window:
        case Rolling(minutes=minutes):
            return windows.format_minutes(minutes)
        case Calendar(unit=unit, zone=zone):
            return {"calendar": unit, "timezone": zone}


def _alerts(objective: Objective) -> Item | None:
    """Only what differs from the default."""
    tiers, default = objective.tiers, default_tiers(objective.target, objective.window)
    if tiers == default:
        return None
    if not tiers:
        return "none"
    if tiers == tuple(replace(tier, severity="ticket") for tier in default):
        return {"ticket_only": True}
    return {"tiers": [_tier(tier) for tier in tiers]}


def _tier(tier: Tier) -> Item:
    long = windows.format_minutes(tier.long_minutes)
    return {"share": _share(tier.share), "in": long, "severity": tier.severity}


def _share(share: Fraction) -> str:
    """A share in per cent. Every share that was read from a text has an end."""
    digits = 0
    while (share * 100 * 10**digits).denominator != 1:
        digits += 1
    number = str(int(share * 100 * 10**digits)).rjust(digits + 1, "0")
    return f"{number[:-digits]}.{number[-digits:]}%" if digits else f"{number}%"


def _policy(policy: Policy) -> Item:
    written: dict[str, Item] = {}
    if policy.title != Text(policy.name, policy.name):
        written["title"] = _text(policy.title)
    if policy.team is not None:
        written["team"] = policy.team
    written["journeys"] = [*policy.journeys]
    written["agreed"] = {"by": [*policy.agreed_by], "on": policy.agreed_on}
    owners = policy.steps[0].owners if policy.steps else ()
    written["owners"] = [*owners]
    written["steps"] = {step.name: _policy_step(step, owners) for step in policy.steps}
    exceptions: list[Item] = []
    for one in policy.exceptions:
        exception: dict[str, Item] = {"by": one.by, "reason": one.reason}
        if one.start is not None:
            exception["from"] = _time(one.start)
        exception["until"] = _time(one.until)
        lists: dict[str, Item] = {"steps": [*one.steps], "journeys": [*one.journeys]}
        exceptions.append(exception | {key: names for key, names in lists.items() if names})
    return written | {"exceptions": exceptions} if exceptions else written


def _policy_step(step: PolicyStep, owners: tuple[str, ...]) -> Item:
    written: dict[str, Item] = {}
    if step.title != Text(step.name, step.name):
        written["title"] = _text(step.title)
    written |= _condition(step.when)
    written["then"] = [*step.then]
    return written if step.owners == owners else {**written, "owners": [*step.owners]}


def _condition(when: Condition) -> dict[str, Item]:
    match when:
        case Happens(trigger=trigger):
            return {"when": f"{trigger} {'found' if trigger == 'drop' else 'fires'}"}
        case BudgetBelow(share=share, until=until):
            written: dict[str, Item] = {"when": f"budget below {_share(share)}"}
            default = min(share + BACK, Fraction(1))
        case Exhausted(until=until):
            written, default = {"when": "budget exhausted"}, BACK
    return written if until == default else {**written, "until": f"budget back at {_share(until)}"}


def _correction(correction: Correction) -> Item:
    written: dict[str, Item] = {
        "category": correction.category,
        "author": correction.author,
        "reason": correction.reason,
    }
    match correction.time:
        case Recurrence() as again:
            written |= {"start": again.start, **_length(again), "rrule": again.rule, "timezone": again.zone}
        case (start, end):
            written |= {"start": _time(start), "end": _time(end)}
    scope = correction.scope
    if scope != EVERYTHING:
        named = (("journeys", scope.journeys), ("objectives", scope.objectives))
        others = (("teams", scope.teams), ("sources", scope.sources))
        written["applies_to"] = {key: [*names] for key, names in (*named, *others) if names}
    return written


def _length(again: Recurrence) -> dict[str, Item]:
    if again.by_clock:
        length = timedelta(days=again.days, minutes=again.minutes)
        return {"end": (datetime.fromisoformat(again.start) + length).isoformat(timespec="minutes")}
    return {"duration": f"{again.days}d" if again.days else f"{again.minutes}m"}


def _time(minute: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")


# Text


def _file(schema: str, written: dict[str, Item], comments: Comments | None) -> str:
    lines = [f"# yaml-language-server: $schema={schema}", *_lines(written, (), comments or {})]
    return "\n".join(lines) + "\n"


def _lines(written: Mapping[str, Item], loc: Loc, comments: Comments) -> Iterable[str]:
    indent = "  " * len(loc)
    for key, item in written.items():
        here = (*loc, key)
        for line in comments.get(here, "").splitlines():
            yield f"{indent}# {_BEYOND.sub(' ', line)}"
        if isinstance(item, dict) and item:
            yield f"{indent}{quoted(key)}:"
            yield from _lines(item, here, comments)
        else:
            yield f"{indent}{quoted(key)}: {flow(item)}"


def flow(item: Item) -> str:
    """A value as YAML writes it on one line."""
    match item:
        case dict():
            return "{" + ", ".join(f"{quoted(key)}: {flow(below)}" for key, below in item.items()) + "}"
        case list():
            return "[" + ", ".join(flow(below) for below in item) + "]"
        case bool():
            return str(item).lower()
        case int():
            return str(item)
        case str():
            return quoted(item)


def quoted(text: str) -> str:
    """A text as a YAML scalar of one line, that means the same to every reader of YAML."""
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_MEANING:
        return text
    if not _ESCAPED.search(text.replace('"', "").replace("\\", "")):
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        return "'" + text.replace("'", "''") + "'"
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    sign = match[0]
    if sign in '"\\':
        return "\\" + sign
    return f"\\x{ord(sign):02x}" if ord(sign) < 0x100 else f"\\u{ord(sign):04x}"
