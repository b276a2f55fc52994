"""Where lines come from."""

from tabiji.sources.content import CompressionError, blocks, compression, first_lines
from tabiji.sources.files import (
    Problem,
    Seen,
    identified,
    left_behind,
    matching,
    places,
    relocated,
)
from tabiji.sources.pieces import PIECE_BYTES, Moved, Piece, nothing, pieces

__all__ = [
    "PIECE_BYTES",
    "CompressionError",
    "Moved",
    "Piece",
    "Problem",
    "Seen",
    "blocks",
    "compression",
    "first_lines",
    "identified",
    "left_behind",
    "matching",
    "nothing",
    "pieces",
    "places",
    "relocated",
]
