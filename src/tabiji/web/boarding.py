"""The board of a workshop → what its pages show, for those who take part and for members alike; as a ZIP as well."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from threading import Lock

from fastapi import Response

from tabiji import boards
from tabiji.boards import Board, Person
from tabiji.definitions import Site
from tabiji.language import Language
from tabiji.reports.boards import ABSENT, CRITERIA, MARKS, ROLES, SIGNS, TOPICS, VOTES, WHY
from tabiji.runs import concluding
from tabiji.runs.concluding import Result
from tabiji.runs.viewing import workshop as viewing
from tabiji.runs.viewing.workshop import Known
from tabiji.web.context import Context
from tabiji.web.rendering import Page

KNOWN_SECONDS = 60.0  # for so long what the logs know is not asked again
FOUND_MOST = 20  # results at a time


class Knowing:
    """What the logs know, and what boards come to by it: looked up once a minute for all who work on boards.

    From any thread. What a board comes to is found anew as soon as somebody has done something to it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = Lock()
        self._looked_at = 0.0
        self._known: Known | None = None
        self._finding = Lock()
        self._found: dict[tuple[int, Language], tuple[Site, int, float, Result]] = {}

    def known(self) -> Known:
        """The operations of the last weeks."""
        with self._lock:
            now = self._context.now()
            if self._known is None or not 0 <= now - self._looked_at < KNOWN_SECONDS:
                self._known = viewing.known(self._context.site(), self._context.store, int(now) // 60)
                self._looked_at = now
            return self._known

    def result(self, site: Site, board: Board, now: int, language: Language) -> Result:
        """The files that a board comes to, in the language that is spoken."""
        known, key = self.known(), (board.number, language)
        with self._finding:
            of, last, looked_at, found = self._found.get(key, (site, -1, 0.0, None))
            is_late = of is not site or last != board.last or not 0 <= now - looked_at < KNOWN_SECONDS
            if found is None or is_late:
                standing = viewing.standing(board, known)
                store = self._context.store
                found = concluding.result(site, store, board, standing, now // 60, dict(os.environ))
                if len(self._found) >= FOUND_MOST and key not in self._found:
                    self._found.clear()
                self._found[key] = site, board.last, now, found
            return found


def values(page: Page, board: Board, knowing: Knowing, person: Person | None) -> Mapping[str, object]:
    """What templates show of a board; `person` is who looks, None for one who does not take part."""
    known = knowing.known()
    return {
        "board": board,
        "person": person,
        "known": known,
        "standing": viewing.standing(board, known),
        "unused": viewing.unused(board, known),
        "topics": TOPICS,
        "criteria": CRITERIA,
        "vote_words": VOTES,
        "signs": SIGNS,
        "roles": ROLES,
        "absent": [ABSENT[one] for one in ABSENT if one not in {who.role for who in board.people}],
        "why": WHY,
        "marks": MARKS,
        "limits": boards.LIMITS,
        "voted": [one for one in boards.CRITERIA if one != "feasible"],
        "vote_most": boards.VOTE_MOST,
    }


def result(page: Page, board: Board, knowing: Knowing) -> Result:
    """The files that a board comes to."""
    return knowing.result(page.site, board, page.now, page.language)


def zipped(board: Board, found: Result) -> Response:
    """The files as a ZIP, in the folder where they belong."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in found.drafts:
            packed.writestr(one.path, one.text)
    name = f"workshop-{board.number}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(held.getvalue(), media_type="application/zip", headers=headers)
