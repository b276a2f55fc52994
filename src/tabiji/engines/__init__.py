"""Where counting runs: DuckDB on a chunk, in this process or in a pool of them."""

from tabiji.engines.chunk import Chunk, Counted, Found, Origin, Sample, Task, count, trace
from tabiji.engines.pool import ALONE_BYTES, alone_bytes, cores, pool

__all__ = [
    "ALONE_BYTES",
    "Chunk",
    "Counted",
    "Found",
    "Origin",
    "Sample",
    "Task",
    "alone_bytes",
    "cores",
    "count",
    "pool",
    "trace",
]
