"""The board of a workshop → the files of journeys that it comes to, as `tabiji check` accepts them; never written here.

A step that has operations becomes a step, with a target that held in the logs, on trial. What nobody can measure yet is
said in a comment, and so are all ideas: nothing that people thought of is lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath

from tabiji import definitions, discovery
from tabiji.boards import Board, Card, Measure, Place
from tabiji.definitions import JOURNEYS, Site, templates
from tabiji.definitions.promises import default_tiers
from tabiji.discovery import Operation, wording
from tabiji.errors import DefinitionError
from tabiji.journeys import Journey, Objective, Step, Text
from tabiji.language import ENGLISH, _, speaking
from tabiji.reports.boards import SIGNS
from tabiji.runs.viewing import operation as viewing
from tabiji.runs.viewing.operation import Detail
from tabiji.runs.viewing.workshop import DAYS, Feasible, Standing
from tabiji.store import Store
from tabiji.windows import DAY, Rolling

NAME_LONGEST = 40
GUESS = (Fraction(99, 100), "99%")  # where the logs say nothing yet
WINDOW = Rolling(28 * DAY)


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it would be; `there` is whether a file of that path is there already, which is never overwritten.
    `faults` are what `tabiji check` would say of it."""

    journey: Card
    name: str
    path: str
    text: str
    there: bool
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a workshop comes to: files in the agreed order, and the journeys of which nothing can be measured yet."""

    drafts: tuple[Draft, ...]
    unmeasured: tuple[Card, ...]


def result(
    site: Site,
    store: Store,
    board: Board,
    standing: Standing,
    now_minute: int,
    environment: Mapping[str, str],
) -> Result:
    """The files of all journeys with a step that has an operation."""
    details: dict[Measure, Detail | None] = {}

    def detail(one: Measure) -> Detail | None:
        if one not in details:
            first = now_minute - DAYS * DAY
            details[one] = viewing.detail(
                site, store, one.source, one.operation, first, now_minute, now_minute
            )
        return details[one]

    # A name that a file of somebody else has is taken; one of this workshop is there already
    taken = {PurePosixPath(path).stem for path, text in site.files if board.title not in text}
    drafts, unmeasured = [], []
    for place in standing.places:
        feasible = standing.feasible[place.journey.number]
        found = {
            one.step.number: tuple(
                known for measure, _known in one.operations if (known := detail(measure)) is not None
            )
            for one in feasible.steps
        }
        if not any(found.values()):
            unmeasured.append(place.journey)
            continue
        name = _name(place.journey.text, _plainly(at for some in found.values() for at in some), taken)
        made, comments = _journey(board, place, feasible, found, name)
        path = f"{JOURNEYS}/{name}.yaml"
        text = templates.journey_yaml(made, comments=comments)
        there = path in dict(site.files) or (site.folder / path).exists()
        drafts.append(Draft(place.journey, name, path, text, there, _faults(site, path, text, environment)))
    return Result(tuple(drafts), tuple(unmeasured))


def _faults(site: Site, path: str, text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What `tabiji check` would say of the file, among those that there are."""
    try:
        definitions.load(site.folder, environment, {**dict(site.files), path: text})
    except DefinitionError as error:
        return tuple(str(fault) for fault in error.faults if fault.path == path)
    return ()


Details = Mapping[int, tuple[Detail, ...]]  # by the number of the step
Loc = tuple[str | int, ...]


def _journey(
    board: Board, place: Place, feasible: Feasible, found: Details, name: str
) -> tuple[Journey, dict[Loc, str]]:
    steps: list[Step] = []
    by_step: dict[str, tuple[Operation, ...]] = {}
    comments: dict[Loc, str] = {("title",): "\n".join(_about(board, place))}
    taken: set[str] = set()
    missing: list[str] = []
    used: set[str] = set()
    for one in feasible.steps:
        details = found[one.step.number]
        shared = frozenset(at.operation.name or "" for at in details if at.elsewhere)
        some = tuple(_operation(at) for at in details)
        events = discovery.selecting(some, shared) if some else ""
        ideas = [*_also(one.step), *_ideas(board, one.step)]
        if not some or events in used:
            why = one.step.unfeasible or _("no operation measures it yet")
            missing += [f"{one.step.text}: {why}", *ideas]
            continue
        used.add(events)
        key = _name(one.step.text, _plainly(details), taken)
        steps.append(Step(key, Text(one.step.text, one.step.text), events))
        by_step[key] = some
        if ideas:
            comments["steps", key] = "\n".join(ideas)
    if missing:
        comments[("steps",)] = "\n".join([_("Steps that nothing measures yet:"), *missing])
    made = tuple(steps)
    objectives, evidence = discovery.promises(name, made, by_step)
    if not objectives:
        objectives, evidence = (_guess(name, made, by_step),), {}
        comments["objectives", objectives[0].name, "target"] = _(
            "The logs of the last {n} days say nothing yet: a first guess.", n=DAYS
        )
    why = _why(board, place)
    journey = Journey(
        name, Text(place.journey.text, place.journey.text), board.team, Text(why, why), made, objectives
    )
    return journey, {**comments, **evidence}


def _operation(detail: Detail) -> Operation:
    one = detail.operation
    method = detail.methods[0] if len(detail.methods) == 1 else None
    route = detail.routes[0] if len(detail.routes) == 1 else None
    return Operation(one.source, one.kind, one.name, method, route, detail.outcomes)


def _guess(journey: str, steps: Sequence[Step], by_step: Mapping[str, tuple[Operation, ...]]) -> Objective:
    kinds = {one.kind for some in by_step.values() for one in some}
    good = "error is null" if kinds == {"job"} else "status < 500"
    title = _("It works")
    names = tuple(one.name for one in steps)
    tiers = default_tiers(GUESS[0], WINDOW)
    return Objective(
        journey=journey,
        name="available",
        title=Text(title, title),
        steps=names,
        good=good,
        exclude=None,
        faster_than_us=None,
        slices=None,
        target=GUESS[0],
        target_text=GUESS[1],
        window=WINDOW,
        state="provisional",
        tiers=tiers,
    )


# What is said of it


def _about(board: Board, place: Place) -> Iterator[str]:
    """Comments above the title: where it comes from, what its cards were called, ideas for the whole of it."""
    yield _("From workshop {number}, “{title}”.", number=board.number, title=board.title)
    yield from _also(place.journey)
    yield from _ideas(board, place.journey)
    for _name, why in board.said(place.journey.number):
        yield _("Said with a vote: {why}", why=why)
    if board.order is not None:
        yield _("The order was agreed by all: {why}", why=board.order.why)


def _also(card: Card) -> Iterator[str]:
    """What else a card was called: by those that became part of it, and by who wrote at the same time."""
    for text in (*card.merged, *(one.text for one in card.suggestions)):
        yield _("Also written as: {text}", text=text)


def _ideas(board: Board, card: Card) -> Iterator[str]:
    for one in board.below(card.number, "idea"):
        yield _("Idea ({sign}): {text}", sign=_(SIGNS[one.sign]), text="; ".join((one.text, *one.merged)))


def _why(board: Board, place: Place) -> str:
    """Why users need it, as the votes said."""
    means = {one.criterion: one for one in place.parts}
    without = means["without"]
    said = _(
        "Place {place} of {n} in a workshop of {people} people.",
        place=place.agreed,
        n=len(board.journeys),
        people=len(board.people),
    )
    if without.mean is None:
        return said
    mean = f"{int(without.mean * 10) // 10}.{int(without.mean * 10) % 10}"
    return f"{said} " + _("How badly off users would be without it: {mean} of 3.", mean=mean)


def _plainly(details: Iterable[Detail]) -> str:
    """What the operation does that is used most, in English: for names of what is not said in English."""
    most = max(details, key=lambda one: (one.operation.events, one.operation.name or ""))
    with speaking(ENGLISH):
        return wording.name(wording.title(_operation(most)), set())


def _name(said: str, otherwise: str, taken: set[str]) -> str:
    """A name for definitions, from words or what else there is; with a number where that is taken. It is taken then."""
    words = re.findall(r"[a-z0-9]+", said.lower()) if said.isascii() else []
    base = "-".join(words)[:NAME_LONGEST].strip("-") or otherwise
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    taken.add(found)
    return found


def document(found: Result) -> dict[str, object]:
    """What a workshop comes to, as JSON."""
    return {
        "files": [
            {"path": one.path, "text": one.text, "exists": one.there, "faults": list(one.faults)}
            for one in found.drafts
        ],
        "unmeasured": [one.text for one in found.unmeasured],
    }
