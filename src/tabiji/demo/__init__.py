"""A folder → a workspace with a month of life-like logs of まなび旅, a learning site that does not exist.

`site` says what the site is like, `stories` what went wrong on it; `web` and `jobs` make the lines of their
logs, `customers` what came of it in other systems, and `writing` puts them into a folder, with the files of
`definitions/`. `people`, `meetings`, `learnt` and `workshop` are what those who run the site said and decided. Nothing
here knows the product, and of the product only the command line knows this: what it reads is what any site could have
written.
"""

from __future__ import annotations

from tabiji.demo.living import Coming, coming, periods
from tabiji.demo.stories import Happened, Hidden
from tabiji.demo.writing import MARK, LogFile, Written, write

__all__ = ["MARK", "Coming", "Happened", "Hidden", "LogFile", "Written", "coming", "periods", "write"]
