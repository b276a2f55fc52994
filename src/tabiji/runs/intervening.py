"""What a person says of incidents → recorded, with who, when and why; and measured again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from tabiji import incidents
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.incidents import Detector, Incident, Role, Roles
from tabiji.language import _
from tabiji.marks import Mark
from tabiji.reports.phrases import plain
from tabiji.runs import grouping
from tabiji.store import FactKind, IncidentFact, Store

Found = TypeVar("Found")
BEFORE_SECONDS = 3600  # it began, a mark may explain it
NAME_LONGEST = 60  # characters


@dataclass(frozen=True, slots=True)
class Word:
    """Who says something, when (seconds since the epoch), and why."""

    author: str
    now: int
    text: str = ""

    def of(self, number: int, kind: FactKind, minute: int | None, text: str = "") -> IncidentFact:
        """What is kept of it; 0 is the number of a new incident."""
        words = ": ".join(part for part in (text, self.text) if part)
        return IncidentFact(number, self.now, self.author, kind, minute, words)


def find(store: Store, number: int) -> Incident:
    """An incident by its number. Raises UsageError where there is none."""
    for incident in store.incidents():
        if incident.number == number:
            return incident
    raise UsageError(_("there is no incident {number}; `tabiji incidents` lists them", number=number))


def marks_around(store: Store, incident: Incident, now: int) -> list[Mark]:
    """What was marked from an hour before it began to its end, and may explain it; `now` is in seconds."""
    begin, over = incident.started_minute * 60, incident.over_minute
    end = now if over is None else max(over * 60, begin + 60)
    return store.marks.between(begin - BEFORE_SECONDS, end, incident.journey)


def open_by_hand(site: Site, store: Store, journey: str, minute: int, by: Detector, word: Word) -> int:
    """Opens an incident of a journey; gives its number. Raises UsageError where one is open then."""
    incident = _allowed(lambda: incidents.opened(journey, minute, by, store.incidents(journey)))
    (number,) = store.record_incidents([(None, incident)], [word.of(0, "opened", minute, by)])
    grouping.judge_recorded(site, store)
    return number


def close(site: Site, store: Store, number: int, minute: int, word: Word) -> None:
    """Closes an incident. Raises UsageError where that makes no sense, as all of these do."""
    before = find(store, number)
    after = _allowed(lambda: incidents.closed(before, minute))
    store.record_incidents([(before, after)], [word.of(number, "closed", minute)])
    grouping.judge_recorded(site, store)


def reopen(site: Site, store: Store, number: int, word: Word) -> None:
    """Takes back that an incident was closed by hand."""
    before = find(store, number)
    after = _allowed(lambda: incidents.reopened(before, store.incidents(before.journey)))
    store.record_incidents([(before, after)], [word.of(number, "reopened", None)])
    grouping.judge_recorded(site, store)


def own(store: Store, number: int, person: str, role: Role | None, word: Word) -> bool:
    """Says what somebody does in an incident, None: nothing any more; False where it was so already.

    Who says so of themselves has taken note, too. Raises UsageError for a part of another incident.
    """
    incident = find(store, number)
    if incident.merged_into is not None:
        message = _(
            "incident {number} is part of incident {into}; say it of that",
            number=number,
            into=incident.merged_into,
        )
        raise UsageError(message)
    name = plain(person, NAME_LONGEST).replace(": ", " ")  # what follows `: ` is the reason
    if not name:
        raise UsageError(_("who is it? Say a name"))
    if roles_of(store.incident_facts(number)).of(name) == role:
        return False
    kinds: dict[Role | None, FactKind] = {"commander": "commands", "helper": "helps", None: "leaves"}
    done = [word.of(number, kinds[role], None, name)]
    waits = incident.closed_minute is None and number not in store.notices.acknowledged([number])
    if waits and role is not None and person == word.author:
        done.append(word.of(number, "acknowledged", None))
    store.record_incidents([], done)
    return True


def roles_of(facts: Iterable[IncidentFact]) -> Roles:
    """Who does what in an incident, by what was said of it."""
    return incidents.roles(
        (one.kind, one.text.partition(": ")[0])
        for one in facts
        if one.kind == "commands" or one.kind == "helps" or one.kind == "leaves"
    )


def detect(site: Site, store: Store, number: int, minute: int, by: Detector, word: Word) -> None:
    """Says who noticed an incident, and when."""
    before = find(store, number)
    after = _allowed(lambda: incidents.detected(before, minute, by))
    store.record_incidents([(before, after)], [word.of(number, "detected", minute, by)])
    grouping.judge_recorded(site, store)


def merge(site: Site, store: Store, into: int, other: int, word: Word) -> None:
    """Makes two incidents one, which goes by the first number."""
    befores = find(store, into), find(store, other)
    afters = _allowed(lambda: incidents.merged(*befores))
    done = [
        word.of(into, "merged", None, f"with incident {other}"),
        word.of(other, "merged", None, f"into incident {into}"),
    ]
    store.record_incidents(list(zip(befores, afters, strict=True)), done)
    grouping.judge_recorded(site, store)


def split(site: Site, store: Store, number: int, minute: int, word: Word) -> int:
    """Makes an incident of its own of what came from a minute on; gives its number."""
    before = find(store, number)
    first, second = _allowed(lambda: incidents.split(before, minute, store.alerts()))
    done = [
        word.of(number, "split", minute, "what came later is an incident of its own"),
        word.of(0, "split", minute, f"from incident {number}"),
    ]
    _, new = store.record_incidents([(before, first), (None, second)], done)
    grouping.judge_recorded(site, store)
    return new


def note(store: Store, number: int, word: Word) -> None:
    """Adds a note to an incident."""
    find(store, number)
    store.record_incidents([], [word.of(number, "noted", None)])


def acknowledge(store: Store, number: int, word: Word) -> IncidentFact | None:
    """Takes note of an open incident: nobody is reminded of it any more. Gives who had done so before, if anybody.

    Raises UsageError where it is closed, or part of another one.
    """
    incident = find(store, number)
    if incident.merged_into is not None:
        message = _(
            "incident {number} is part of incident {into}; take note of that",
            number=number,
            into=incident.merged_into,
        )
        raise UsageError(message)
    if incident.closed_minute is not None:
        message = _("incident {number} is closed already: there is nothing to take note of", number=number)
        raise UsageError(message)
    before = store.notices.acknowledged([number]).get(number)
    if before is None:
        store.record_incidents([], [word.of(number, "acknowledged", None)])
    return before


def _allowed(act: Callable[[], Found]) -> Found:
    try:
        return act()
    except ValueError as error:
        raise UsageError(str(error)) from None
