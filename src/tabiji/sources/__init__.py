"""Where lines come from."""

from tabiji.sources.content import CompressionError, blocks, compression, first_lines, magic, stream
from tabiji.sources.files import (
    Problem,
    Seen,
    identified,
    left_behind,
    matching,
    places,
    relocated,
    standing,
)
from tabiji.sources.pieces import PIECE_BYTES, Moved, Piece, nothing, pieces
from tabiji.sources.received import ReceivedFile, older_received

__all__ = [
    "PIECE_BYTES",
    "CompressionError",
    "Moved",
    "Piece",
    "Problem",
    "ReceivedFile",
    "Seen",
    "blocks",
    "compression",
    "first_lines",
    "identified",
    "left_behind",
    "magic",
    "matching",
    "nothing",
    "older_received",
    "pieces",
    "places",
    "relocated",
    "standing",
    "stream",
]
