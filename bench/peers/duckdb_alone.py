"""DuckDB alone: a query on standard input → its result fetched, once or (`--again`) twice, and the seconds of the last.

All threads, defaults otherwise. Prints the seconds and how many events were counted.
"""

import sys
import time

import duckdb

connection = duckdb.connect()
query = sys.stdin.read() if sys.argv[1] == "-" else sys.argv[1]
for _ in range(2 if "--again" in sys.argv else 1):
    began = time.perf_counter()
    result = connection.execute(query).fetchnumpy()
    seconds = time.perf_counter() - began
print(seconds, sum(int(events.sum()) for events in result["n"]))
