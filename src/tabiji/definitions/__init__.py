"""A folder of YAML files → the site: sources, teams, journeys, policies, corrections; or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tabiji.definitions import corrections, enquiries, policies, promises, scheduling, shapes, sites
from tabiji.definitions.access import Access, Oidc, Proxy
from tabiji.definitions.accessing import access, check_members
from tabiji.definitions.documents import Document, Loc, read
from tabiji.definitions.known import Known
from tabiji.definitions.notifications import with_notifications
from tabiji.definitions.probes import Probe
from tabiji.definitions.recurring import dated
from tabiji.definitions.retaining import Retention
from tabiji.definitions.schedules import Schedule
from tabiji.definitions.shapes import File, schema
from tabiji.definitions.shaping import shaped
from tabiji.definitions.sites import Site, Source, Team
from tabiji.errors import DefinitionError, Fault, reason
from tabiji.journeys import Journey
from tabiji.language import N_, _

__all__ = [
    "JOURNEYS",
    "POLICIES",
    "SITE",
    "Access",
    "File",
    "Oidc",
    "Probe",
    "Proxy",
    "Retention",
    "Schedule",
    "Site",
    "Source",
    "Team",
    "dated",
    "load",
    "schema",
]

SITE = "tabiji.yaml"
JOURNEYS = "journeys"
POLICIES = "policies"

_SECOND = {
    "journey": N_("`{name}` is the name of another journey, at {place}"),
    "policy": N_("`{name}` is the name of another policy, at {place}"),
    "correction": N_("`{name}` is the name of another correction, at {place}"),
}


def load(
    folder: Path,
    environment: Mapping[str, str],
    files: Mapping[str, str] | None = None,
    *,
    partial: bool = False,
) -> Site:
    """The definitions of a workspace: `tabiji.yaml`, `journeys/*.yaml` and `policies/*.yaml` in a folder.

    `environment` gives what `${NAME}` in `store` and `notifications` stands for. `files` (path → text, as in
    `Site.files`) are read instead of the folder's where given: definitions of the past, or not in force yet, that
    tell nobody. Where these are `partial`, nobody asks whether the journeys exist that others name. Raises
    DefinitionError with all faults of all files, in the order of files and lines; paths in faults are relative to the
    folder.
    """
    folder = folder.absolute()
    written: dict[str, str] = {}
    document = _document(folder, SITE, files, written)
    found = shaped(document, shapes.Site)
    site = sites.site(document, found, folder, environment)
    site = with_notifications(site, document, found, environment if files is None else None)
    site = replace(site, access=access(document, found, environment if files is None else None))
    site = replace(site, enquiries=enquiries.rules(document, found))
    site = replace(site, schedules=scheduling.schedules(document, found, site.notifications))
    known = None
    if document.tree is not None:
        known = frozenset(str(loc[1]) for loc in document.places if len(loc) == 2 and loc[0] == "sources")
    documents = [document]
    journeys: list[Journey] = []
    names: dict[str, str] = {}  # of what there is already → where
    whole = not partial
    for path in _paths(folder, JOURNEYS, files):
        document = _document(folder, path, files, written)
        documents.append(document)
        if document.tree is None:
            whole = False
            continue
        shape = shaped(document, shapes.Journey)
        whole = whole and not document.faulty
        journeys.append(promises.journey(document, shape, site, known))
        if shape.journey is not None:
            _refuse_second(names, document, ("journey",), "journey", shape.journey)
    sound = whole and not any(document.faults for document in documents)
    others = Known(site, journeys if whole else None, None if known is None else sorted(known), sound)
    check_members(documents[0], site.access, others)
    enquiries.check_journeys(documents[0], found, others)
    scheduling.check_schedules(documents[0], found, others)
    for path in _paths(folder, POLICIES, files):
        documents.append(document := _document(folder, path, files, written))
        if document.tree is not None:
            site = _with_agreements(site, document, others, names)
    faults = [fault for document in documents for fault in _ordered(document)]
    if files is None:
        faults += [*_misnamed(folder, JOURNEYS), *_misnamed(folder, POLICIES)]
    if faults:
        raise DefinitionError(faults)
    return replace(site, journeys=tuple(journeys), files=tuple(sorted(written.items())))


def _with_agreements(site: Site, document: Document, others: Known, names: dict[str, str]) -> Site:
    """The site with the policies and corrections of a file."""
    shape = shaped(document, shapes.Agreements)
    if not shape.policies and not shape.corrections and not document.faults:
        document.blame((), _("nothing is agreed here; write `policies:` or `corrections:`"))
    for name in shape.policies or {}:
        _refuse_second(names, document, ("policies", name), "policy", name)
    for name in shape.corrections or {}:
        _refuse_second(names, document, ("corrections", name), "correction", name)
    agreed = [policies.policy(document, name, one, others) for name, one in (shape.policies or {}).items()]
    dated = [
        corrections.correction(document, name, one, others) for name, one in (shape.corrections or {}).items()
    ]
    return replace(
        site,
        policies=(*site.policies, *agreed),
        corrections=(*site.corrections, *(one for one in dated if one is not None)),
    )


def _paths(folder: Path, part: str, files: Mapping[str, str] | None) -> list[str]:
    """The files of a part of the workspace, sorted."""
    if files is not None:
        return sorted(path for path in files if path.startswith(f"{part}/"))
    return sorted(f"{part}/{path.name}" for path in (folder / part).glob("*.yaml"))


def _document(folder: Path, path: str, files: Mapping[str, str] | None, written: dict[str, str]) -> Document:
    """A file's document; its text is noted in `written`."""
    try:
        content = (folder / path).read_bytes() if files is None else files.get(path, "").encode()
        written[path] = content.decode("utf-8", "replace")
        return read(path, content)
    except FileNotFoundError:
        message = _("there is no {path}; `tabiji init` writes one", path=path)
    except OSError as error:
        message = _("it can't be read: {why}", why=reason(error))
    empty = read(path, b"")
    return replace(empty, tree=None, faults=[Fault(path, 1, 1, message)])


def _refuse_second(names: dict[str, str], document: Document, loc: Loc, noun: str, name: str) -> None:
    """Names are of the whole workspace: the second of a kind is a fault."""
    key = noun != "journey"
    at = (document.keys if key else document.places)[loc]
    place = f"{document.path}:{at.line + 1}:{at.column + 1}"
    first = names.setdefault(f"{noun} {name}", place)
    if first != place:
        document.blame(loc, _(_SECOND[noun], name=name, place=first), key=key)


def _ordered(document: Document) -> list[Fault]:
    return sorted(document.faults, key=lambda fault: (fault.line, fault.column))


def _misnamed(folder: Path, part: str) -> list[Fault]:
    """A file that would silently not be read."""
    return [
        Fault(f"{part}/{path.name}", 1, 1, _("only files that end in `.yaml` are read; rename it"))
        for path in sorted((folder / part).glob("*.yml"))
    ]
