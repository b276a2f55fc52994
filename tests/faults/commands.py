"""The two commands that follow; each fault happens to both."""

from __future__ import annotations

import pytest
from followers import FOLLOW

SERVE = ("serve", "--port", "0")
COMMANDS = (pytest.param(FOLLOW, id="ingest --follow"), pytest.param(SERVE, id="serve"))
