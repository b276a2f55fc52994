"""What stands in files of policies and what else is defined → whether names exist and times can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tabiji import windows
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.shaping import nearest
from tabiji.definitions.sites import Site
from tabiji.journeys import Journey
from tabiji.language import _


@dataclass(frozen=True, slots=True)
class Known:
    """What the files may name. A list is None where something that adds to it could not be read.

    `sound`: all of it has no fault, so that it is known what can and can't happen.
    """

    site: Site
    journeys: Sequence[Journey] | None
    sources: Sequence[str] | None
    sound: bool


def required(document: Document, loc: Loc, shape: object, keys: Iterable[str], noun: str) -> bool:
    """Whether all these keys are there; each that is missing is told. `noun` is one of `shapes.PARTS`."""
    missing = [key for key in keys if not getattr(shape, key)]
    for key in missing:
        if not document.left_out((*loc, key)):
            document.blame((*loc, key), _("{noun} needs `{key}`", noun=_(noun), key=key), key=True)
    return not missing


def check_teams(document: Document, loc: Loc, written: Sequence[str], known: Known) -> None:
    teams = [team.name for team in known.site.teams]
    if known.sources is None:  # tabiji.yaml could not be read
        return
    if not teams:
        if known.journeys is None:
            return
        teams = sorted({journey.team for journey in known.journeys if journey.team is not None})
    check_names(document, loc, written, teams, _("a team"), in_list=loc[-1] == "teams")


def check_names(
    document: Document,
    loc: Loc,
    written: Sequence[str],
    there_are: Sequence[str],
    noun: str,
    *,
    in_list: bool = True,
) -> None:
    """Names of a kind that exist, each once; `noun` is what one of them is called, as it is said."""
    for i, name in enumerate(written):
        at = (*loc, i) if in_list else loc
        if name not in there_are:
            hint = nearest(name, there_are)
            document.blame(at, _("`{name}` is not {noun}{hint}", name=name, noun=noun, hint=hint))
        elif name in written[:i]:
            document.blame(at, _("`{name}` is here twice", name=name))


def moment(document: Document, loc: Loc, written: str | None, zone: str) -> int | None:
    """The minute of a time that stands in a file: whole, and never `now`."""
    if written is None:
        return None
    try:
        if written.strip().startswith("now"):
            message = _("a definition does not know when `now` is; write for example `2026-05-10T02:00`")
            raise ValueError(message)
        second = windows.parse_time(written, 0, zone)
        if second % 60:
            raise ValueError(_("whole minutes are judged: leave the seconds out"))
    except ValueError as error:
        document.blame(loc, str(error))
        return None
    return second // 60
