"""The shape of `enquiries:` → rules that say which journey an enquiry is about; every fault noted."""

from __future__ import annotations

from tabiji.definitions import shapes
from tabiji.definitions.documents import Document
from tabiji.definitions.known import Known, check_names, required
from tabiji.language import N_, _
from tabiji.signals import Rule


def rules(document: Document, shape: shapes.Site) -> tuple[Rule, ...]:
    """What `enquiries:` says. What has a fault is noted in the document and left out."""
    found = []
    for i, one in enumerate((shape.enquiries.rules if shape.enquiries else None) or ()):
        loc = ("enquiries", "rules", i)
        sound = required(document, loc, one, ("contains", "journey"), N_("a rule"))
        for k, word in enumerate(one.contains or ()):
            if not word.strip():
                document.blame((*loc, "contains", k), _("every text contains this; write a word"))
                sound = False
        if sound:
            found.append(Rule(tuple(one.contains or ()), one.journey or ""))
    return tuple(found)


def check_journeys(document: Document, shape: shapes.Site, known: Known) -> None:
    """Whether the journeys that rules name are there."""
    if known.journeys is None:
        return
    there_are = [journey.name for journey in known.journeys]
    for i, one in enumerate((shape.enquiries.rules if shape.enquiries else None) or ()):
        if one.journey is not None:
            loc = ("enquiries", "rules", i, "journey")
            check_names(document, loc, [one.journey], there_are, _("a journey"), in_list=False)
