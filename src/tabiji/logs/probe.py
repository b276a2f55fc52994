"""What Tabiji's own probes found, one JSON object a line → a reading."""

from __future__ import annotations

from tabiji.logs.reading import Reading, decimal, empty_as_null, given, microseconds, name

KEYS = ("time_us", "probe", "host", "status", "error", "duration_us")


def read(**others: object) -> Reading:
    """The reading of lines such as
    `{"time_us": 1767225600000000, "probe": "top", "host": "example.com", "status": 200, "error": null,
    "duration_us": 41000}`: when it ended and how long it took, both in whole microseconds.
    """
    duration = name("duration_us")
    return Reading(
        format="probe",
        shape="json",
        columns=tuple((key, (key,)) for key in KEYS),
        time_us=microseconds(decimal(name("time_us"))),
        duration_us=decimal(duration),
        has_duration=given(duration),
        status=name("status"),
        host=name("host"),
        kind="probe",
        operation="probe",
        error="error",
        fields=tuple((key, empty_as_null(name(key))) for key in ("probe", "error")),
    )
