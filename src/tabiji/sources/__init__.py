"""Where lines come from."""

from tabiji.sources.content import CompressionError, blocks, compression, first_lines
from tabiji.sources.files import Piece, Problem, Seen, identified, matching, pieces

__all__ = [
    "CompressionError",
    "Piece",
    "Problem",
    "Seen",
    "blocks",
    "compression",
    "first_lines",
    "identified",
    "matching",
    "pieces",
]
