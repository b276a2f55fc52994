"""Tabiji: from raw logs to a working SLO culture."""

__version__ = "0.1.0"
