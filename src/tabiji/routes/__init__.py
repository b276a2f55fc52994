"""Request paths → routes: declared by the team (`rails routes`, OpenAPI, a list), otherwise learned.

SQL folds each line's path with `ID_PATTERN`; everything else works on the few distinct folded paths.
"""

from tabiji.routes.declared import Declared, Route
from tabiji.routes.learned import Learned, Limits
from tabiji.routes.listings import parse
from tabiji.routes.paths import ID_PATTERN, ID_REPLACEMENT, NO_PATH, fold, normalise, path_of
from tabiji.routes.templates import RouteError

__all__ = [
    "ID_PATTERN",
    "ID_REPLACEMENT",
    "NO_PATH",
    "Declared",
    "Learned",
    "Limits",
    "Route",
    "RouteError",
    "fold",
    "normalise",
    "parse",
    "path_of",
]
