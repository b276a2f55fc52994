"""Hostile lines (T7, T8, T9, T19): each is counted or rejected with its reason, and its neighbours count as ever."""

from __future__ import annotations

import pytest
from counts import FIELDS, GOOD, counted, event, lines, sums

from tabiji import engines
from tabiji.counting import KEYS_MAX, REASONS, REST
from tabiji.engines import Chunk, Task
from tabiji.engines.memory import LINE_BYTES_MAX

TEXT = GOOD["nginx"][1]
OBJECT = GOOD["JSON"][1]
LONG = LINE_BYTES_MAX - len(TEXT) + len(b"Moz")
LONG_JSON = LINE_BYTES_MAX - len(OBJECT) + len(b"Moz")


def of_text(old: bytes, new: bytes) -> bytes:
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


def of_json(old: bytes, new: bytes) -> bytes:
    assert OBJECT.count(old) == 1
    return OBJECT.replace(old, new)


# (the line, what it counts as where that differs from the good one; or the reason why it doesn't count)
NGINX: dict[str, tuple[bytes, dict[str, object] | str]] = {
    "the longest line that counts": (of_text(b"Moz", b"x" * LONG), {"user_agent": "x" * LONG}),
    "a byte longer": (of_text(b"Moz", b"x" * (LONG + 1)), "too_long"),
    "the longest line, a third of it no UTF-8": (
        of_text(b"Moz", b"\xff" * (LONG // 3) + b"x" * (LONG - LONG // 3)),
        {"user_agent": "\ufffd" * (LONG // 3) + "x" * (LONG - LONG // 3)},
    ),
    "10 MiB": (of_text(b"Moz", b"x" * (10 << 20)), "too_long"),
    "10 MiB of one byte": (b"x" * (10 << 20), "too_long"),
    "an empty line": (b"", "blank"),
    "white space": (b" \t\x0b\x0c", "blank"),
    "a carriage return alone": (b"\r", "blank"),
    "NUL alone": (b"\0", "not_this_format"),
    "no UTF-8": (of_text(b"Moz", b"\xff\xfeMoz\xe3\x81"), {"user_agent": "\ufffd\ufffdMoz\ufffd"}),
    "a surrogate in UTF-8": (of_text(b"Moz", b"\xed\xa0\x80"), {"user_agent": "\ufffd" * 3}),
    "NUL": (of_text(b"Moz", b"M\0z"), {"user_agent": "M\ufffdz"}),
    "ESC": (of_text(b"Moz", b"\x1b[31mMoz"), {"user_agent": "\x1b[31mMoz"}),
    "a byte-order mark": (b"\xef\xbb\xbf" + TEXT, {}),
    "a carriage return at the end": (TEXT + b"\r", {}),
    "two of them": (TEXT + b"\r\r", {}),
    "one inside a value": (of_text(b"Moz", b"M\rz"), {"user_agent": "M\rz"}),
    "one between values": (of_text(b" 200 ", b"\r200 "), "not_this_format"),
    "U+2028 and U+0085": (of_text(b"Moz", "\u2028\x85".encode()), {"user_agent": "\u2028\x85"}),
    "the byte that parts columns elsewhere": (of_text(b"Moz", b"\1"), {"user_agent": "\1"}),
    "a quote escaped as Apache does": (of_text(b"Moz", b'a \\"b\\" c'), {"user_agent": 'a \\"b\\" c'}),
    "a quote escaped as nginx does": (of_text(b"Moz", rb"a \x22b\x22"), {"user_agent": r"a \x22b\x22"}),
    "a backslash before the closing quote": (of_text(b"Moz", b"a\\\\"), {"user_agent": "a\\\\"}),
    "a quote that nothing escapes": (of_text(b"Moz", b'a "b" c'), "not_this_format"),
    "a space in the user's name": (of_text(b"ann", b"ann lee"), {}),
    "a space in the path": (of_text(b"/a/12?x=1", b"/a b"), {"path": "/a"}),
    "IPv6": (of_text(b"1.2.3.4", b"2001:db8::1"), {}),
    "no request": (of_text(b"GET /a/12?x=1 HTTP/1.1", b"-"), {"method": None, "path": None}),
    "an empty request": (of_text(b"GET /a/12?x=1 HTTP/1.1", b""), {"method": None, "path": None}),
    "TLS on a plain port": (
        of_text(b"GET /a/12?x=1 HTTP/1.1", rb"\x16\x03\x01"),
        {"method": r"\x16\x03\x01", "path": None},
    ),
    "no user agent": (of_text(b"Moz", b"-"), {"user_agent": None}),
    "no status": (of_text(b" 200 ", b" - "), {"status": None}),
    "HTTP/0.9": (of_text(b" 200 ", b" 009 "), {"status": 9}),
    "no answer": (of_text(b" 200 ", b" 000 "), {"status": 0}),
    "a status of letters": (of_text(b" 200 ", b" abc "), "bad_status"),
    "a status of two digits": (of_text(b" 200 ", b" 99 "), "bad_status"),
    "a status of four digits": (of_text(b" 200 ", b" 1000 "), "bad_status"),
    "a status with decimals": (of_text(b" 200 ", b" 200.0 "), "bad_status"),
    "a status with a sign": (of_text(b" 200 ", b" +20 "), "bad_status"),
    "a negative status": (of_text(b" 200 ", b" -20 "), "bad_status"),
    "a status and a duration that are wrong": (
        of_text(b" 200 ", b" 99 ").replace(b"0.123", b"x"),
        "bad_status",
    ),
    "no duration": (of_text(b"0.123", b"-"), {"us": None}),
    "a duration of nothing": (of_text(b"0.123", b"0"), {"us": 0}),
    "less than a microsecond": (of_text(b"0.123", b"0.0000004"), {"us": 0}),
    "a duration with an underscore": (of_text(b"0.123", b"1_000"), "bad_duration"),
    "a negative duration": (of_text(b"0.123", b"-0.001"), "bad_duration"),
    "a duration of NaN": (of_text(b"0.123", b"nan"), "bad_duration"),
    "an endless duration": (of_text(b"0.123", b"1e400"), "bad_duration"),
    "a duration longer than 31 years": (of_text(b"0.123", b"1000000000.1"), "bad_duration"),
    "the 31st of February": (of_text(b"10/Oct", b"31/Feb"), "no_time"),
    "a leap second": (of_text(b":36 ", b":60 "), "no_time"),
    "before 1970": (of_text(b"/2000:", b"/1969:"), "bad_time"),
    "the last second before 2200": (
        of_text(b"10/Oct/2000:13:55:36 -0700", b"31/Dec/2199:23:59:59 +0000"),
        {"minute": 7_258_118_400 // 60 - 1},
    ),
    "the first second of 2200": (
        of_text(b"10/Oct/2000:13:55:36 -0700", b"01/Jan/2200:00:00:00 +0000"),
        "bad_time",
    ),
    "another format": (b"Server started.", "not_this_format"),
    "half a line": (TEXT[:50], "not_this_format"),
    "more than the format": (TEXT + b" 5", "not_this_format"),
}

JSON: dict[str, tuple[bytes, dict[str, object] | str]] = {
    "the longest line that counts": (of_json(b"Moz", b"x" * LONG_JSON), {"user_agent": "x" * LONG_JSON}),
    "a byte longer": (of_json(b"Moz", b"x" * (LONG_JSON + 1)), "too_long"),
    "10 MiB": (of_json(b"Moz", b"x" * (10 << 20)), "too_long"),
    "an empty line": (b"", "blank"),
    "white space": (b" \t\x0b\x0c\r", "blank"),
    "NUL alone": (b"\0", "not_json"),
    "no UTF-8": (of_json(b"Moz", b"\xff\xfe"), {"user_agent": "\ufffd\ufffd"}),
    "NUL, escaped": (of_json(b"Moz", b"M\\u0000z"), {"user_agent": "M\ufffdz"}),
    "NUL itself": (of_json(b"Moz", b"M\0z"), "not_json"),
    "U+2028": (of_json(b"Moz", "\u2028".encode()), {"user_agent": "\u2028"}),
    "two halves of a character": (of_json(b"Moz", b"\\ud83d\\ude00"), {"user_agent": "😀"}),
    "one half of a character": (of_json(b"Moz", b"\\ud83d"), "not_json"),
    "a byte-order mark": (b"\xef\xbb\xbf" + OBJECT, {}),
    "a carriage return at the end": (OBJECT + b"\r", {}),
    "a carriage return between keys": (of_json(b',"s"', b',\r"s"'), {}),
    "spaces around": (b"  " + OBJECT + b" ", {}),
    "depth 100,000": (of_json(b'"/x/1"', b"[" * 100_000 + b"]" * 100_000), "too_long"),
    "depth 30,000 in a key that is read": (
        of_json(b"971211336.25", b"[" * 30_000 + b"]" * 30_000),
        "not_json",
    ),
    "depth 30,000 in one that is not": (OBJECT[:-1] + b',"z":' + b"[" * 30_000 + b"]" * 30_000 + b"}", {}),
    "half an object": (OBJECT[:30], "not_json"),
    "two objects": (OBJECT + OBJECT, "not_json"),
    "a list": (b"[" + OBJECT + b"]", "not_json"),
    "nothing": (b"null", "not_json"),
    "a key twice": (OBJECT[:-1] + b',"s":200}', "duplicate_key"),
    "a key twice, once in disguise": (OBJECT[:-1] + b',"\\u0073":200}', "duplicate_key"),
    "an inner key twice": (of_json(b'{"ua":"Moz"}', b'{"ua":1,"ua":2}'), "duplicate_key"),
    "a key twice that is not read": (OBJECT[:-1] + b',"z":1,"z":2,"y":{"s":1,"s":2}}', {}),
    "an object without a time": (b'{"s":200,"p":"/"}', "no_time"),
    "a time of NaN": (of_json(b"971211336.25", b"NaN"), "not_json"),
    "a time with an underscore": (of_json(b"971211336.25", b'"971_211_336"'), "no_time"),
    "a time in milliseconds": (of_json(b"971211336.25", b"971211336250"), "bad_time"),
    "a negative time": (of_json(b"971211336.25", b"-1"), "bad_time"),
    "a duration of NaN": (of_json(b"0.25", b"NaN"), "bad_duration"),
    "an endless duration": (of_json(b"0.25", b"1e400"), "bad_duration"),
    "a duration of Infinity": (of_json(b"0.25", b"Infinity"), "bad_duration"),
    "a duration with an underscore": (of_json(b"0.25", b'"1_000"'), "bad_duration"),
    "a negative duration": (of_json(b"0.25", b"-0.001"), "bad_duration"),
    "a duration that is true": (of_json(b"0.25", b"true"), "bad_duration"),
    "no duration": (of_json(b"0.25", b"null"), {"us": None}),
    "an empty duration": (of_json(b"0.25", b'""'), {"us": None}),
    "a status in quotes": (of_json(b"201", b'"503"'), {"status": 503}),
    "a status with decimals": (of_json(b"201", b"200.0"), "bad_status"),
    "a status of letters": (of_json(b"201", b'"two"'), "bad_status"),
    "a path with a space and a quote": (of_json(b"/x/1", b'/a b\\"'), {"path": '/a b"'}),
}
GOOD_EVENT = {
    "nginx": event(TEXT, GOOD["nginx"][0], *FIELDS),
    "JSON": event(OBJECT, GOOD["JSON"][0], *FIELDS),
}


def test_what_the_tables_differ_from() -> None:
    assert GOOD_EVENT == {
        "nginx": {
            "minute": 16_186_855,
            "us": 123_000,
            "method": "GET",
            "path": "/a/:id",
            "status": 200,
            "user_agent": "Moz",
        },
        "JSON": {"minute": 16_186_855, "us": 250_000, "path": "/x/:id", "status": 201, "user_agent": "Moz"},
    }


@pytest.mark.parametrize(
    ("kind", "line", "outcome"),
    [
        *(pytest.param("nginx", *case, id=f"text: {name}") for name, case in NGINX.items()),
        *(pytest.param("JSON", *case, id=f"JSON: {name}") for name, case in JSON.items()),
    ],
)
def test_a_hostile_line_has_one_outcome_and_no_effect_on_others(
    kind: str, line: bytes, outcome: dict[str, object] | str
) -> None:
    how, good = GOOD[kind]
    made = event(line, how, *FIELDS)
    if isinstance(outcome, str):
        assert made == outcome
        assert outcome in REASONS
    else:
        expected = GOOD_EVENT[kind]
        assert isinstance(expected, dict)
        assert made == {
            name: value for name, value in (expected | outcome).items() if value is not None or name == "us"
        }
    alone = sums(lines(line), how, *FIELDS)
    for others in (lines(good), lines(good, b"", b"\xff", good)):  # clean, and to be cleaned
        beside = sums(others, how, *FIELDS)
        assert sums(others + lines(line) + others, how, *FIELDS) == beside + alone + beside


def test_a_rejected_line_is_kept_to_be_shown() -> None:
    how, good = GOOD["nginx"]
    long = b"y" * 70_000
    made = counted(lines(good, b"x " * 500, long, good, b"no", b"no", b"no"), how)
    assert [(one.reason, one.offset, one.line) for one in made.samples] == [
        ("not_this_format", len(good) + 1, "x " * 150),
        ("too_long", len(good) + 1002, "y" * 300),
        ("not_this_format", 2 * len(good) + 71_004, "no"),
        ("not_this_format", 2 * len(good) + 71_007, "no"),
    ]


@pytest.mark.parametrize(
    "varied",
    [b'"GET /w%x HTTP/1.1" 200', b'"%X / HTTP/1.1" 200'],
    ids=["distinct paths", "distinct methods"],
)
def test_more_keys_than_can_be_held_are_counted_under_one(varied: bytes) -> None:
    how, good = GOOD["nginx"]
    line = good.replace(b'"GET /a/12?x=1 HTTP/1.1" 200', varied)
    made = counted(lines(*(line % (number + (1 << 40)) for number in range(KEYS_MAX + 1_000))), how)
    assert len(made.keys) == KEYS_MAX + 1
    rest = made.keys.index((None, REST, None, None))
    assert made.cells.events[made.cells.series == rest].sum() == 1_000
    assert (made.account.counted, made.account.rejected) == (KEYS_MAX + 1_000, ())
    assert made.cells.duration_us.sum() == 123_000 * (KEYS_MAX + 1_000)


def test_more_lines_than_can_be_held_are_counted_in_parts() -> None:
    how, good = GOOD["JSON"]
    content = lines(good, b"\xff", good) + b" \n" * 1_100_000 + lines(good, b"last")
    made = counted(content, how)
    assert made.account.rejected == (("blank", 1_100_000), ("not_json", 2))
    assert made.account.counted == 3
    assert made.samples[-1].line == "last"
    assert made.samples[-1].offset == len(content) - 5
    found = engines.trace(Task(Chunk(None, 0, 0, content), how, ()), 0, 1 << 40)
    assert [one.number for one in found] == [0, 2, 1_100_003]
    assert [content[one.offset :][: len(good)] for one in found] == [good] * 3
