"""Versions of the mission → sentences, tables and JSON documents, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from tabiji.language import N_, _, headings
from tabiji.missions import Change, Known, Line, Section, Version
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local
from tabiji.reports.words import Table

SECTIONS: Mapping[Section, str] = {
    "mission": N_("Mission"),
    "vision": N_("Vision"),
    "sre": N_("What teams can expect of SRE"),
    "teams": N_("What SRE expects of teams"),
}
CHANGES: Mapping[str, str] = {
    "kept": N_("as before"),
    "moved": N_("moved"),
    "reworded": N_("reworded"),
    "added": N_("new"),
    "removed": N_("removed"),
}


def version_sentence(version: Version, time: str) -> str:
    """Who wrote it when, and with whom it was agreed."""
    if version.agreed_with:
        return _(
            "Version {n}, written by {who} {time}, agreed with {whom}.",
            n=version.nth,
            who=version.who,
            time=time,
            whom=version.agreed_with,
        )
    return _("Version {n}, written by {who} {time}.", n=version.nth, who=version.who, time=time)


def line_sentence(known: Known) -> str:
    """A line that an item serves, as it is worded now; or that it was removed, and how it was worded at last."""
    if known.removed is not None:
        return _(
            "“{text}” ({id}, removed by version {n})",
            text=known.line.text,
            id=known.line.id,
            n=known.removed.nth,
        )
    return _("“{text}” ({id}, line {place})", text=known.line.text, id=known.line.id, place=known.place)


def history_table(versions: Iterable[Version], zone: str) -> Table:
    """One row per version, the newest first."""
    return Table(
        headings("#", "written", "author", "agreed with", "lines", "why"),
        tuple(
            (
                str(one.nth),
                local(one.at // 60, zone),
                one.who,
                one.agreed_with or "–",
                str(len(one.lines)),
                one.why or "–",
            )
            for one in reversed(list(versions))
        ),
        frozenset({0, 4}),
    )


def change_lines(changes: Iterable[Change]) -> list[str]:
    """A difference as lines with `+`, `-` and `~`; what is as before is left out."""
    found = []
    for one in changes:
        if one.kind == "added":
            found.append(f"+ [{one.id}] {one.after}")
        elif one.kind == "removed":
            found.append(f"- [{one.id}] {one.before}")
        elif one.kind == "reworded":
            found += [f"- [{one.id}] {one.before}", f"+ [{one.id}] {one.after}"]
        elif one.kind == "moved":
            found.append(f"~ [{one.id}] {one.after} ({_('moved')})")
    return found


def mission_json(
    version: Version | None, versions: int, serving: Mapping[str, Sequence[int]], unserved: Collection[Line]
) -> Json:
    """`tabiji mission --json`: a version; `serving` names the action items of each line, dropped ones left out."""
    return {
        "versions": versions,
        **_version(version),
        "lines": [
            {
                "id": one.id,
                "section": one.section,
                "place": place,
                "text": one.text,
                "actions": list(serving.get(one.id, ())),
            }
            for place, one in enumerate(version.lines if version else (), 1)
        ],
        "unserved": [one.id for one in unserved],
    }


def history_json(versions: Iterable[Version]) -> Json:
    """`tabiji mission history --json`: all versions, the newest first, with their lines."""
    return {
        "versions": [
            {
                **_version(one),
                "lines": [{"id": line.id, "section": line.section, "text": line.text} for line in one.lines],
            }
            for one in reversed(list(versions))
        ]
    }


def difference_json(before: Version, after: Version, changes: Iterable[Change]) -> Json:
    """`tabiji mission diff --json`."""
    return {
        "from": before.nth,
        "to": after.nth,
        "changes": [
            {
                "id": one.id,
                "section": one.section,
                "kind": one.kind,
                "before": one.before,
                "after": one.after,
            }
            for one in changes
        ],
    }


def _version(version: Version | None) -> Json:
    return {
        "version": None if version is None else version.nth,
        "last": 0 if version is None else version.number,
        "written": None if version is None else iso_time(version.at),
        "author": None if version is None else version.who,
        "agreed_with": (version.agreed_with or None) if version else None,
        "why": (version.why or None) if version else None,
    }
