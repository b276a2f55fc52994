"""Acts on action items → how each stands: who sees to it until when, with whose help, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal, get_args

from tabiji.acts import Act
from tabiji.language import _, listed
from tabiji.windows import time_zone

KIND = "action"  # of the acts
Sort = Literal["action", "concern", "help"]
SORTS: tuple[Sort, ...] = get_args(Sort)
Origin = Literal["hand", "review", "incident", "post-mortem", "policy"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
State = Literal["overdue", "open", "done", "dropped"]
STATES: tuple[State, ...] = get_args(State)
TITLE_LONGEST = 200  # characters
NAME_LONGEST = 60
TEXT_LONGEST = 4000
_FIRST, _LAST = date(1970, 1, 1), date(2286, 1, 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done, as it is said when it is opened.

    `sort` is `concern` for what worries somebody and is nobody's task yet, `help` for help that nobody had planned.
    `line` names the line of the mission that it serves, `origin` and `which` what it came from: `incident` and `7`.
    `supporter` helps the owner, such as an SRE.
    """

    title: str
    detail: str = ""
    sort: Sort = "action"
    team: str | None = None
    owner: str | None = None
    supporter: str | None = None
    due: date | None = None
    line: str | None = None
    origin: Origin = "hand"
    which: str = ""
    journey: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """Who says something, when (seconds since the epoch), and why."""

    who: str
    at: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An action item as it stands; `acts` is its whole history, the oldest first, and `last` the newest's number.

    `ended` is None while it is open; `outcome` says what came of it, or why it was dropped.
    """

    number: int
    wanted: Wanted
    acts: tuple[Act, ...]
    ended: Literal["done", "dropped"] | None = None
    ended_at: int | None = None
    outcome: str = ""

    @property
    def opened(self) -> Act:
        """The act that began it."""
        return self.acts[0]

    @property
    def last(self) -> int:
        """The number of its newest act."""
        return self.acts[-1].number

    def state(self, today: date) -> State:
        """How it stands on a day: it is overdue from the day after it was due."""
        if self.ended is not None:
            return self.ended
        return "overdue" if self.wanted.due is not None and self.wanted.due < today else "open"


def today(now: int, zone: str) -> date:
    """The date at a moment, in seconds since the epoch, where the site is."""
    return datetime.fromtimestamp(now, UTC).astimezone(time_zone(zone)).date()


def faults(
    wanted: Wanted, teams: Collection[str], journeys: Collection[str], lines: Collection[str] = ()
) -> list[tuple[str, str]]:
    """What is wrong with an item that somebody wants to open: the field, and what would be right.

    `teams`, `journeys` and `lines` of the mission are those that there are.
    """
    found = []
    texts = {"owner": wanted.owner, "supporter": wanted.supporter}
    for field, text, longest in [
        ("title", wanted.title, TITLE_LONGEST),
        *((name, text, NAME_LONGEST) for name, text in texts.items() if text is not None),
    ]:
        if fault := _line_fault(text, longest):
            found.append((field, fault))
    if len(wanted.detail) > TEXT_LONGEST:
        found.append(("detail", _too_long(TEXT_LONGEST)))
    if wanted.sort not in SORTS:
        message = _(
            "`{name}` is no sort of action item; there are {known}", name=wanted.sort, known=listed(SORTS)
        )
        found.append(("sort", message))
    if wanted.origin not in ORIGINS:
        found.append(("from", unknown_origin(wanted.origin)))
    elif (wanted.origin == "hand") != (not wanted.which.strip()):
        found.append(("from", _("say which one it came from, as in `incident:7`; or leave it out")))
    elif wanted.which and (fault := _line_fault(wanted.which, NAME_LONGEST)):
        found.append(("from", fault))
    if wanted.due is not None and (fault := due_fault(wanted.due)):
        found.append(("due", fault))
    if wanted.team is not None and wanted.team not in teams:
        found.append(("team", unknown_team(wanted.team, teams)))
    if wanted.journey is not None and wanted.journey not in journeys:
        found.append(("journey", _("`{name}` is not a journey", name=wanted.journey[:NAME_LONGEST])))
    if wanted.line is not None and wanted.line not in lines:
        found.append(("serves", unknown_line(wanted.line, lines)))
    return found


def unknown_origin(name: str) -> str:
    """That an item can come from nothing of this name."""
    return _(
        "`{name}` is nothing that an action item comes from; there are {known}",
        name=name[:NAME_LONGEST],
        known=listed(ORIGINS),
    )


def due_fault(due: date) -> str | None:
    """What is wrong with the day on which something is due."""
    return None if _FIRST <= due < _LAST else _("the time is before 1970 or after 2286")


def opening(wanted: Wanted, who: str, at: int) -> Act:
    """The act that opens an item; the store gives it its number. To be kept beside other acts, or by itself."""
    body: dict[str, object] = {
        "title": wanted.title.strip(),
        "detail": wanted.detail.strip(),
        "sort": wanted.sort,
        "team": wanted.team,
        "owner": wanted.owner,
        "supporter": wanted.supporter,
        "due": None if wanted.due is None else wanted.due.isoformat(),
        "line": wanted.line,
        "origin": wanted.origin,
        "which": wanted.which.strip(),
        "journey": wanted.journey,
    }
    return Act(KIND, "", "opened", at, who, {key: one for key, one in body.items() if one not in (None, "")})


# What people do to one that is there: each gives the act, or raises ValueError where it makes no sense


def owned(item: Item, person: str | None, word: Word) -> Act:
    """Somebody sees to it from now on; None: nobody does."""
    return _changed(item, "owned", item.wanted.owner, _person(person), word)


def supported(item: Item, person: str | None, word: Word) -> Act:
    """Somebody helps its owner from now on, such as an SRE; None: nobody does."""
    return _changed(item, "supported", item.wanted.supporter, _person(person), word)


def postponed(item: Item, due: date | None, word: Word) -> Act:
    """It is due on another day; None: on no day. A day that was agreed upon moves with a reason only."""
    if due is not None and (fault := due_fault(due)):
        raise ValueError(fault)
    was = item.wanted.due
    if was is not None and was != due and not word.text.strip():
        raise ValueError(_("why is it due on another day? Say the reason; it is kept"))
    before, after = (None if day is None else day.isoformat() for day in (was, due))
    return _changed(item, "due", before, after, word)


def handed(item: Item, team: str | None, teams: Collection[str], word: Word) -> Act:
    """It is another team's from now on; None: nobody's."""
    if team is not None and team not in teams:
        raise ValueError(unknown_team(team, teams))
    return _changed(item, "handed", item.wanted.team, team, word)


def serving(item: Item, line: str | None, lines: Collection[str], word: Word) -> Act:
    """It serves a line of the mission; None: none."""
    if line is not None and line not in lines:
        raise ValueError(unknown_line(line, lines))
    return _changed(item, "serves", item.wanted.line, line, word)


def done(item: Item, word: Word) -> Act:
    """It is done; the word says what came of it."""
    return _ended(item, "done", word, _("what came of it? Say it in a sentence; it is kept"))


def dropped(item: Item, word: Word) -> Act:
    """It will not be done; the word says why."""
    return _ended(item, "dropped", word, _("why will it not be done? Say the reason; it is kept"))


def reopened(item: Item, word: Word) -> Act:
    """It is not over after all; the word says why."""
    if item.ended is None:
        raise ValueError(_("action item {number} is open already", number=item.number))
    if not word.text.strip():
        raise ValueError(_("why is it not over after all? Say the reason; it is kept"))
    return _act(item, "reopened", word)


def noted(item: Item, word: Word) -> Act:
    """Something is known of it, whether it is over or not."""
    if not word.text.strip():
        raise ValueError(_("the note is empty"))
    return _act(item, "noted", word)


def _changed(item: Item, what: str, was: str | None, to: str | None, word: Word) -> Act:
    _open(item)
    if was == to:
        raise ValueError(_("it is so already"))
    return _act(item, what, word, {"from": was, "to": to})


def _ended(item: Item, what: str, word: Word, needed: str) -> Act:
    _open(item)
    if not word.text.strip():
        raise ValueError(needed)
    return _act(item, what, word)


def _open(item: Item) -> None:
    if item.ended is not None:
        raise ValueError(_("action item {number} is over; reopen it first", number=item.number))


def _act(item: Item, what: str, word: Word, body: Mapping[str, object] | None = None) -> Act:
    return Act(KIND, str(item.number), what, word.at, word.who, {**(body or {}), **_texts(word)})


def _texts(word: Word) -> dict[str, str]:
    if len(word.text) > TEXT_LONGEST:
        raise ValueError(_too_long(TEXT_LONGEST))
    return {"text": word.text.strip()} if word.text.strip() else {}


def _person(person: str | None) -> str | None:
    if person is None:
        return None
    if fault := _line_fault(person, NAME_LONGEST):
        raise ValueError(fault)
    return person.strip()


def _line_fault(text: str, longest: int) -> str | None:
    if not text.strip():
        return _("it is empty")
    if len(text) > longest:
        return _too_long(longest)
    # A wide space is Japanese for a space; half surrogates are no text, and no database takes them
    if not text.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
        return _("it holds characters that can't be printed, such as a line break; leave them out")
    return None


def _too_long(longest: int) -> str:
    return _("that is too long; {n} characters are the most", n=longest)


def unknown_team(name: str, teams: Collection[str]) -> str:
    """That there is no such team, and which there are."""
    if not teams:
        return _("`{name}` is not a team; there are none", name=name[:NAME_LONGEST])
    return _(
        "`{name}` is not a team; there are {known}", name=name[:NAME_LONGEST], known=listed(sorted(teams))
    )


def unknown_line(name: str, lines: Collection[str]) -> str:
    """That there is no such line of the mission, and which there are."""
    if not lines:
        return _("`{name}` is no line of the mission; there are none yet", name=name[:NAME_LONGEST])
    return _(
        "`{name}` is no line of the mission; there are {known}", name=name[:NAME_LONGEST], known=listed(lines)
    )


# How they stand


def items(acts: Iterable[Act]) -> list[Item]:
    """All action items that these acts made, in the order in which they were opened."""
    found: dict[str, list[Act]] = {}
    for act in acts:
        if act.kind == KIND:
            found.setdefault(act.subject, []).append(act)
    return [item(some) for some in found.values()]


def item(acts: Sequence[Act]) -> Item:
    """The item that these acts made, at least the one that opened it; in the order of their numbers."""
    wanted = _wanted(acts[0])
    ended: Literal["done", "dropped"] | None = None
    ended_at, outcome = None, ""
    for act in acts[1:]:
        to = act.body.get("to")
        match act.what:
            case "owned":
                wanted = replace(wanted, owner=_text(to))
            case "supported":
                wanted = replace(wanted, supporter=_text(to))
            case "due":
                wanted = replace(wanted, due=_day(to))
            case "handed":
                wanted = replace(wanted, team=_text(to))
            case "serves":
                wanted = replace(wanted, line=_text(to))
            case "done" | "dropped" as how:
                ended, ended_at, outcome = how, act.at, _text(act.body.get("text")) or ""
            case "reopened":
                ended, ended_at, outcome = None, None, ""
    return Item(int(acts[0].subject), wanted, tuple(acts), ended, ended_at, outcome)


def _wanted(act: Act) -> Wanted:
    body = act.body
    return Wanted(
        title=_text(body.get("title")) or "",
        detail=_text(body.get("detail")) or "",
        sort=next((one for one in SORTS if one == body.get("sort")), "action"),
        team=_text(body.get("team")),
        owner=_text(body.get("owner")),
        supporter=_text(body.get("supporter")),
        due=_day(body.get("due")),
        line=_text(body.get("line")),
        origin=next((one for one in ORIGINS if one == body.get("origin")), "hand"),
        which=_text(body.get("which")) or "",
        journey=_text(body.get("journey")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def sorted_by_due(found: Iterable[Item]) -> list[Item]:
    """What is open, by the day on which it is due, what has no day last; then what is over, the newest first."""
    return sorted(
        found,
        key=lambda one: (
            one.ended is not None,
            0 if one.ended_at is None else -one.ended_at,
            one.wanted.due or date.max,
            one.number,
        ),
    )


def sorted_by_line(found: Iterable[Item], lines: Sequence[str]) -> list[Item]:
    """By the lines of the mission that they serve, the most important first; what serves none last; then by due."""
    places = {name: place for place, name in enumerate(lines)}
    return sorted(
        sorted_by_due(found),
        key=lambda one: (one.ended is not None, places.get(one.wanted.line or "", len(lines))),
    )
