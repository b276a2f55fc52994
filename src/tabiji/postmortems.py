"""Acts on post-mortems → how each stands: its words, who leads it, how far it is, its published versions.

A post-mortem belongs to an incident, whose number is its subject. People give the words; what was measured is never
copied into them. Its template asks how things came about, and never who was to blame.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast, get_args

from tabiji.acts import Act, Body
from tabiji.language import _

KIND = "postmortem"
CAUSE = "incident-cause"  # of acts that say what kind of cause an incident had, before anybody writes of it
Section = Literal["summary", "users", "timeline", "why", "well", "lucky", "change"]
SECTIONS: tuple[Section, ...] = get_args(Section)
NEEDED: tuple[Section, ...] = ("summary", "users", "why", "change")  # before it is published
Cause = Literal[
    "deployment", "configuration", "capacity", "dependency", "data", "bug", "operation", "unknown", "other"
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
Stage = Literal["draft", "review", "published"]
STAGES: tuple[Stage, ...] = get_args(Stage)
What = Literal["drafted", "edited", "submitted", "returned", "published"]
Reason = Literal["counted", "no-ids", "nothing-failed", "too-much", "gone"]
TEXT_LONGEST = 20_000  # characters of a section
TITLE_LONGEST = 200
LEAD_LONGEST = 60
_CLOCK = re.compile(r"(?:(\d{4})-(\d{2})-(\d{2})[T\s]+)?(\d{1,2})[:：](\d{2})(?!\d)[\s、,:：-]*(.*)")


@dataclass(frozen=True, slots=True)
class Users:
    """How many users an incident hit, by the lines of its failures; counted once, for lines do not stay.

    `field` is what says in a line whose it is; of `failed` events `named` had it. Without it `users` is None, and
    `reason` says why.
    """

    reason: Reason
    users: int | None = None
    field: str = ""
    failed: int = 0
    named: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """What people say in a post-mortem: a title of their own, a text for each section, the kind of cause, who leads."""

    title: str = ""
    sections: Mapping[Section, str] = field(default_factory=dict)
    cause: Cause | None = None
    lead: str = ""

    def of(self, section: Section) -> str:
        """A section's text, empty where there is none."""
        return self.sections.get(section, "")


@dataclass(frozen=True, slots=True)
class Version:
    """A post-mortem as it was published: the how many-th time, when (seconds) and by whom."""

    number: int
    at: int
    who: str
    words: Words


@dataclass(frozen=True, slots=True)
class Postmortem:
    """How the post-mortem of an incident stands. `words` are those that are worked on, `seen` is its last act."""

    incident: int
    stage: Stage
    words: Words
    users: Users | None
    versions: tuple[Version, ...]
    drafted_at: int
    drafted_by: str
    changed_at: int
    changed_by: str
    seen: int

    @property
    def published(self) -> Version | None:
        """The newest published version."""
        return self.versions[-1] if self.versions else None


def fold(acts: Iterable[Act]) -> Mapping[int, Postmortem]:
    """All post-mortems by the number of their incident, after these acts, the oldest first."""
    found: dict[int, Postmortem] = {}
    for act in acts:
        if act.kind != KIND or not act.subject.isdecimal():
            continue
        number = int(act.subject)
        before = found.get(number)
        if before is None:
            before = Postmortem(number, "draft", Words(), None, (), act.at, act.who, act.at, act.who, 0)
        found[number] = _after(before, act)
    return found


def causes(acts: Iterable[Act], found: Iterable[Postmortem], *, drafts: bool = True) -> Mapping[int, Cause]:
    """The kind of cause of incidents, by their number: that of the post-mortem, or else what was said before there was
    one. Without `drafts` only published words count.
    """
    known: dict[int, Cause] = {}

    def say(number: int, said: object) -> None:
        known.pop(number, None)
        kind = next((one for one in CAUSES if one == said), None)
        if kind is not None:
            known[number] = kind

    for act in acts:
        if act.kind == CAUSE and act.subject.isdecimal():
            say(int(act.subject), act.body.get("cause"))
    for one in found:
        words = one.words if drafts else one.published.words if one.published else None
        if words is not None:
            say(one.incident, words.cause)
    return known


def _after(before: Postmortem, act: Act) -> Postmortem:
    now = replace(before, changed_at=act.at, changed_by=act.who, seen=act.number)
    match act.what:
        case "drafted":
            return replace(now, words=edited(now.words, act.body), users=_users(act.body.get("users")))
        case "edited":
            stage: Stage = "draft" if now.stage == "published" else now.stage
            return replace(now, words=edited(now.words, act.body), stage=stage)
        case "submitted":
            return replace(now, stage="review")
        case "returned":
            return replace(now, stage="draft")
        case "published":
            version = Version(len(now.versions) + 1, act.at, act.who, now.words)
            return replace(now, stage="published", versions=(*now.versions, version))
    return before


def edited(words: Words, body: Body) -> Words:
    """The words with what a body says of them; what it does not name stays as it is."""
    sections = dict(words.sections)
    for name in SECTIONS:
        text = body.get(name)
        if isinstance(text, str):
            sections[name] = text
    title, cause, lead = body.get("title"), body.get("cause"), body.get("lead")
    return Words(
        title if isinstance(title, str) else words.title,
        {name: sections[name] for name in SECTIONS if sections.get(name)},
        words.cause if cause is None else next((one for one in CAUSES if one == cause), None),
        lead if isinstance(lead, str) else words.lead,
    )


def difference(before: Words, after: Words) -> dict[str, object]:
    """The body of the act that makes one of the other; empty where nothing changed."""
    body: dict[str, object] = {name: after.of(name) for name in SECTIONS if after.of(name) != before.of(name)}
    if after.title != before.title:
        body["title"] = after.title
    if after.cause != before.cause:
        body["cause"] = after.cause or ""
    if after.lead != before.lead:
        body["lead"] = after.lead
    return body


def users_body(users: Users) -> dict[str, object]:
    """What is kept of a count of users."""
    return {
        "reason": users.reason,
        "users": users.users,
        "field": users.field,
        "failed": users.failed,
        "named": users.named,
    }


def _users(kept: object) -> Users | None:
    if not isinstance(kept, Mapping) or kept.get("reason") not in get_args(Reason):
        return None
    users, where = kept.get("users"), kept.get("field")
    return Users(
        cast("Reason", kept["reason"]),
        users if isinstance(users, int) else None,
        where if isinstance(where, str) else "",
        *(one if isinstance(one := kept.get(name), int) else 0 for name in ("failed", "named")),
    )


# What may be done


def faults(words: Words) -> list[tuple[str, str]]:
    """What is wrong with words that somebody wants to keep: the field, and what would be right."""
    found = []
    longest = {"title": TITLE_LONGEST, "lead": LEAD_LONGEST}
    texts = [("title", words.title), ("lead", words.lead), *words.sections.items()]
    for name, text in texts:
        most = longest.get(name, TEXT_LONGEST)
        if len(text) > most:
            found.append((name, _("that has {n} characters; {most} are the most", n=len(text), most=most)))
        if name in longest and not text.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
            found.append((name, _("it holds characters that can't be printed, such as a line break")))
    return found


def lacking(words: Words) -> list[str]:
    """The fields that must still be filled before it can be published: sections, and the kind of cause."""
    missing: list[str] = [name for name in NEEDED if not words.of(name).strip()]
    return missing if words.cause is not None else [*missing, "cause"]


def check(now: Postmortem | None, what: What, incident: int) -> None:
    """Raises ValueError where this can't be done as the post-mortem stands, with what could be."""
    if what == "drafted":
        if now is not None:
            raise ValueError(_("incident {number} has a post-mortem already; edit that", number=incident))
        return
    if now is None:
        message = _(
            "incident {number} has no post-mortem; `tabiji postmortem draft {number}` begins one",
            number=incident,
        )
        raise ValueError(message)
    if what == "submitted" and now.stage != "draft":
        raise ValueError(_("only a draft can be handed in for review"))
    if what == "returned" and now.stage != "review":
        raise ValueError(_("only what is in review can be handed back"))
    if what == "published" and now.stage == "published":
        raise ValueError(_("it is published as it stands; edit it first"))


def named_in(words: Words, people: Iterable[str]) -> tuple[str, ...]:
    """The people of an incident whom the texts about causes name: a hint that these may blame somebody.

    A name is found as a whole word, or as it stands where words have no spaces between them.
    """
    text = _plain("\n".join(words.of(name) for name in ("why", "well", "lucky")))
    return tuple(
        sorted({one for one in people if len(one.strip()) > 1 and _stands(_plain(one.strip()), text)})
    )


def _stands(name: str, text: str) -> bool:
    return re.search(rf"(?<![a-z0-9_]){re.escape(name)}(?![a-z0-9_])", text) is not None


# What was written of times, and what is looked for


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of what happened: `[year, month, day]` where it was said, hour and minute; without them a mere text."""

    text: str
    clock: tuple[int, int] | None = None
    day: tuple[int, int, int] | None = None


def additions(text: str) -> tuple[Addition, ...]:
    """The lines of what happened: `20:52 we rolled back`, or with the day before it: `2026-06-02 20:52 …`."""
    found = []
    for line in text.splitlines():
        said = line.strip().lstrip("-*・ ").strip()
        if not said:
            continue
        match = _CLOCK.fullmatch(unicodedata.normalize("NFKC", said[:17]) + said[17:])
        if match and match[6] and int(match[4]) < 24 and int(match[5]) < 60:
            day = (int(match[1]), int(match[2]), int(match[3])) if match[1] else None
            found.append(Addition(match[6], (int(match[4]), int(match[5])), day))
        else:
            found.append(Addition(said))
    return tuple(found)


def matches(query: str, texts: Iterable[str]) -> bool:
    """Whether each word of a query stands somewhere in these texts, in whatever case or width it is written.

    A word is looked for as it stands, so that a part of a Japanese sentence is found, too.
    """
    whole = "\n".join(_plain(text) for text in texts)
    return all(word in whole for word in _plain(query).split())


def excerpt(query: str, texts: Sequence[str], around: int = 60) -> str:
    """Where the first word of a query stands, with what is around it; empty where it stands nowhere."""
    word = next(iter(_plain(query).split()), "")
    for text in texts:
        line = " ".join(text.split())
        at = _plain(line).find(word) if word else -1
        if at >= 0:
            first, last = max(at - around, 0), at + len(word) + around
            return f"{'…' if first else ''}{line[first:last]}{'…' if last < len(line) else ''}"
    return ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
