"""A folder of YAML files → the site: sources, teams, journeys and objectives; or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tabiji.definitions import promises, shapes, sites
from tabiji.definitions.documents import Document, Loc, read
from tabiji.definitions.shapes import schema
from tabiji.definitions.shaping import shaped
from tabiji.definitions.sites import Retention, Site, Source, Team
from tabiji.errors import DefinitionError, Fault
from tabiji.journeys import Journey

__all__ = ["JOURNEYS", "SITE", "Retention", "Site", "Source", "Team", "load", "schema"]

SITE = "tabiji.yaml"
JOURNEYS = "journeys"


def load(folder: Path, environment: Mapping[str, str], files: Mapping[str, str] | None = None) -> Site:
    """The definitions of a workspace: `tabiji.yaml` and `journeys/*.yaml` in a folder.

    `environment` gives what `${NAME}` in `store` stands for. `files` (path → text, as in `Site.files`) are read
    instead of the folder's where given: definitions of the past. Raises DefinitionError with all faults of
    all files, in the order of files and lines; paths in faults are relative to the folder.
    """
    folder = folder.absolute()
    written: dict[str, str] = {}
    document = _document(folder, SITE, files, written)
    site = sites.site(document, shaped(document, shapes.Site), folder, environment)
    known = None
    if document.tree is not None:
        known = frozenset(str(loc[1]) for loc in document.places if len(loc) == 2 and loc[0] == "sources")
    documents = [document]
    journeys: list[Journey] = []
    names: dict[str, Document] = {}
    for path in _paths(folder, JOURNEYS, files):
        document = _document(folder, path, files, written)
        documents.append(document)
        if document.tree is None:
            continue
        shape = shaped(document, shapes.Journey)
        journeys.append(promises.journey(document, shape, site, known))
        if shape.journey is not None:
            _refuse_second(names, document, shape.journey)
    faults = [fault for document in documents for fault in _ordered(document)]
    if files is None:
        faults += _misnamed(folder)
    if faults:
        raise DefinitionError(faults)
    return replace(site, journeys=tuple(journeys), files=tuple(sorted(written.items())))


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
        message = f"there is no {path}; `tabiji init` writes one"
    except OSError as error:
        message = f"it can't be read: {error.strerror}"
    empty = read(path, b"")
    return replace(empty, tree=None, faults=[Fault(path, 1, 1, message)])


def _refuse_second(names: dict[str, Document], document: Document, name: str) -> None:
    loc: Loc = ("journey",)
    first = names.setdefault(name, document)
    if first is not document:
        at = first.places[loc]
        place = f"{first.path}:{at.line + 1}:{at.column + 1}"
        document.blame(loc, f"`{name}` is the name of another journey, at {place}")


def _ordered(document: Document) -> list[Fault]:
    return sorted(document.faults, key=lambda fault: (fault.line, fault.column))


def _misnamed(folder: Path) -> list[Fault]:
    """A file that would silently not be read."""
    return [
        Fault(f"{JOURNEYS}/{path.name}", 1, 1, "only files that end in `.yaml` are read; rename it")
        for path in sorted((folder / JOURNEYS).glob("*.yml"))
    ]
