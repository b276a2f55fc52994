"""An operation that is counted → the YAML of a journey, or of a step in one, that would promise something about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tabiji import definitions, discovery
from tabiji.counting import Account
from tabiji.definitions import JOURNEYS, Site, editing, templates
from tabiji.discovery import Discovery, Found, Operation, Reason
from tabiji.errors import DefinitionError, UsageError
from tabiji.journeys import Journey, Objective, Step
from tabiji.language import _
from tabiji.runs.viewing.defined import file_of
from tabiji.runs.viewing.operation import Detail

UNFIT = "unfit"  # why nothing is proposed: too few events, or nothing to tell good from bad by


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it would be. `added` are the lines that are new; `journey` is the one that it adds to, None for a new
    one; `faults` are what `tabiji check` would say of it."""

    path: str
    text: str
    added: str
    journey: str | None
    faults: tuple[str, ...] = ()


def reason_against(detail: Detail) -> Reason | str | None:
    """Why nobody would promise anything about an operation; None where somebody could."""
    return discovery.left_out(_operation(detail)) or (None if _proposed(detail) else UNFIT)


def draft(site: Site, detail: Detail, journey: str | None, environment: Mapping[str, str]) -> Draft | None:
    """The file of a new journey, or of an existing one with a step more; None where nothing could be promised.

    Raises UsageError where the journey's file can't be edited in place.
    """
    proposed = _proposed(detail)
    if proposed is None:
        return None
    made = _selecting(proposed.journey, detail)
    known = next((one for one in site.journeys if one.name == journey), None)
    files = dict(site.files)
    if known is None:
        made = _renamed(made, {one.name for one in site.journeys})
        path = f"{JOURNEYS}/{made.name}.yaml"
        text = templates.journey_yaml(made, comments=proposed.comments)
        return _checked(site, Draft(path, text, text, None), files, environment)
    written = file_of(site.files, known.name)
    if written is None:
        raise UsageError(_("The file of this journey can't be found."))
    step = _named(made.steps[0], {one.name for one in known.steps})
    changes: dict[editing.Path, templates.Item | None] = {("steps", step.name): templates.step_item(step)}
    every = tuple(one.name for one in known.steps)
    if all(one.steps != every for one in known.objectives):  # none would count it of itself
        for objective in made.objectives:
            own = _of_step(objective, step, {one.name for one in known.objectives})
            changes["objectives", own.name] = templates.objective_item(own, (*every, step.name))
    text = editing.edited(written[1], changes)
    added = "".join(f"{line}\n" for line in _added(text, list(changes)))
    return _checked(site, Draft(written[0], text, added, known.name), files, environment)


def _added(text: str, changes: Sequence[editing.Path]) -> Iterator[str]:
    """The lines of what is new, below the keys that they belong to."""
    for section in dict.fromkeys(place[0] for place in changes):
        yield f"{section}:"
        for place in changes:
            if place[0] == section:
                yield from editing.excerpt(text, place).rstrip("\r\n").splitlines()


def _checked(site: Site, made: Draft, files: Mapping[str, str], environment: Mapping[str, str]) -> Draft:
    try:
        definitions.load(site.folder, environment, {**files, made.path: made.text})
    except DefinitionError as error:
        return replace(made, faults=tuple(str(fault) for fault in error.faults))
    return made


def _operation(detail: Detail) -> Operation:
    one = detail.operation
    method = detail.methods[0] if len(detail.methods) == 1 else None
    route = detail.routes[0] if len(detail.routes) == 1 else None
    return Operation(one.source, one.kind, one.name, method, route, detail.outcomes)


def _proposed(detail: Detail) -> discovery.Proposed | None:
    """What `tabiji discover` would propose, had it found this operation only."""
    operation = _operation(detail)
    source = definitions.Source(name=operation.source, format=None, paths=())
    found = Found(source, "", "", 1.0, Account(), (), detail.first, detail.end - 1, (operation,))
    journeys = discovery.propose(Discovery((found,))).journeys
    return journeys[0] if journeys else None


def _selecting(journey: Journey, detail: Detail) -> Journey:
    """The journey, of this source only where another has an operation of the same name."""
    if not detail.elsewhere:
        return journey
    source = "'" + detail.operation.source.replace("'", "''") + "'"
    steps = tuple(replace(one, events=f"source = {source} and ({one.events})") for one in journey.steps)
    return replace(journey, steps=steps)


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def _renamed(journey: Journey, taken: set[str]) -> Journey:
    name = _free(journey.name, taken)
    objectives = tuple(replace(one, journey=name) for one in journey.objectives)
    return replace(journey, name=name, objectives=objectives)


def _named(step: Step, taken: set[str]) -> Step:
    return replace(step, name=_free(step.name, taken))


def _of_step(objective: Objective, step: Step, taken: set[str]) -> Objective:
    return replace(objective, name=_free(f"{step.name}-{objective.name}", taken), steps=(step.name,))
