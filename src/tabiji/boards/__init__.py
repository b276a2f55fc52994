"""What people did in a workshop → its board: journeys, steps, ideas, votes, and an order with its reasons. Pure.

`values` says what a board is made of, `folding` how it stands after some acts, `wishing` which acts come of what
somebody wants, `ranking` which journeys come first, and why.
"""

from tabiji.boards.folding import fold
from tabiji.boards.ranking import Part, Place, Why, ranked
from tabiji.boards.values import (
    AGENDA,
    CRITERIA,
    KIND,
    LIMITS,
    POINTS,
    ROLES,
    SIGNS,
    VOTE_MOST,
    WEIGHTS,
    Board,
    Card,
    Criterion,
    Measure,
    Order,
    Person,
    Point,
    Suggestion,
    Timer,
    Topic,
)
from tabiji.boards.wishing import DEEDS, Deed, Outcome, Wish, ending, joining, linking, opening, wished

__all__ = [
    "AGENDA",
    "CRITERIA",
    "DEEDS",
    "KIND",
    "LIMITS",
    "POINTS",
    "ROLES",
    "SIGNS",
    "VOTE_MOST",
    "WEIGHTS",
    "Board",
    "Card",
    "Criterion",
    "Deed",
    "Measure",
    "Order",
    "Outcome",
    "Part",
    "Person",
    "Place",
    "Point",
    "Suggestion",
    "Timer",
    "Topic",
    "Why",
    "Wish",
    "ending",
    "fold",
    "joining",
    "linking",
    "opening",
    "ranked",
    "wished",
]
