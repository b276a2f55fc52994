"""Where lines come from."""

from tabiji.sources.content import LINES_MAX, CompressionError, first_lines
from tabiji.sources.files import Piece, Problem, Seen, identified, matching, pieces

__all__ = [
    "LINES_MAX",
    "CompressionError",
    "Piece",
    "Problem",
    "Seen",
    "first_lines",
    "identified",
    "matching",
    "pieces",
]
