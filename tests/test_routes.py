"""Folding and normalising paths: the table of classes, and the laws between them."""

import gzip
import json
import time
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.routes import ID_PATTERN, ID_REPLACEMENT, NO_PATH, fold, normalise, path_of
from tabiji.routes.paths import CHARACTERS_MAX, SEGMENTS_MAX

SHARED = Path(__file__).parents[1].parent / "shared"
ACCESS = SHARED / "data" / "access"

UUID = "69b66dbb-63cb-4f3a-930d-10847088dbe4"

MARKS = list("-_./:@%;?#=~ \x00\n\x1b…é\u202e")
NUMBERS = ["0", "7", "12", "2026", "2026-11-21", "20261121", "20261121T1015Z", "2026_11_21", "11", "21T10"]
IDS = [
    UUID,
    UUID.upper(),
    "deadbeef1",
    "3f9ab1c2d4",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "aB3xY9zQ1",
    "1AbC9dEfG7hIj2Kl",
]
PLACEHOLDERS = [":id", ":date", ":slug", ":token", ":email", "id", ":id-11-21"]
WORDS = ["my-title", "new", "users", "x", "T", "Z", "v2.1", "a@b.co", "%40", "%20", ".json", ".min.js", ".js"]
PIECES = [*MARKS, *NUMBERS, *IDS, *PLACEHOLDERS, *WORDS, "/", "//", ";jsessionid=A1"]
paths = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map(lambda pieces: "/" + "".join(pieces)),
    st.text(max_size=200).map("/".__add__),
    st.text(max_size=50),
    st.lists(st.text("0123456789abcdefXYZ-_.:@/%", max_size=40), max_size=5).map(lambda s: "/" + "/".join(s)),
)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        pytest.param("/a/b?q=1#f", "/a/b", id="query and fragment"),
        pytest.param("/a#f?q", "/a", id="fragment before query"),
        pytest.param("", "/", id="empty"),
        pytest.param("?x", "/", id="query only"),
        pytest.param("http://h/x?y", "/x", id="absolute form"),
        pytest.param("HTTPS://u:p@h:8443?y", "/", id="absolute form without path"),
        pytest.param("//h/x", "//h/x", id="two slashes are a path"),
        pytest.param("/a/", "/a/", id="a trailing slash stays"),
        pytest.param("*", NO_PATH, id="asterisk form"),
        pytest.param("h:443", NO_PATH, id="authority form"),
        pytest.param("\x16\x03\x01", NO_PATH, id="TLS on a plain port"),
        pytest.param("/%3Fx", "/%3Fx", id="an encoded question mark is no query"),
    ],
)
def test_path_of(target: str, path: str) -> None:
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("path", "route"),
    [
        pytest.param("/", "/", id="root"),
        pytest.param("/users/12", "/users/:id", id="number"),
        pytest.param(f"/users/{UUID}/x", "/users/:id/x", id="uuid"),
        pytest.param(f"/users/{UUID.replace('-', '')}", "/users/:id", id="uuid without dashes"),
        pytest.param("/o/507f1f77bcf86cd799439011", "/o/:id", id="mongo"),
        pytest.param("/o/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/o/:id", id="ulid"),
        pytest.param("/c/3f9ab1c2", "/c/:id", id="eight hex digits"),
        pytest.param("/c/3f9ab1c", "/c/3f9ab1c", id="seven hex digits"),
        pytest.param("/c/deadbeef", "/c/deadbeef", id="hex without a digit is a word"),
        pytest.param("/p/123-my-title", "/p/:id", id="number and title"),
        pytest.param("/p/:id-my-title", "/p/:id", id="folded number and title"),
        pytest.param("/p/123_my_title.html", "/p/:id.html", id="number, title, suffix"),
        pytest.param("/p/3d-printing", "/p/3d-printing", id="a digit in a word"),
        pytest.param("/p/12.json", "/p/:id.json", id="number with suffix"),
        pytest.param("/p/12.tar.gz", "/p/:id.tar.gz", id="number with two suffixes"),
        pytest.param("/p/12:cancel", "/p/:id:cancel", id="number with a verb"),
        pytest.param("/p/10.0.0.1", "/p/:id", id="address"),
        pytest.param("/d/2026-11-21", "/d/:date", id="date"),
        pytest.param("/d/:id-11-21", "/d/:date", id="folded date"),
        pytest.param("/d/2026-13-21", "/d/:id", id="month 13"),
        pytest.param("/d/2026-11-21.csv", "/d/:date.csv", id="date with suffix"),
        pytest.param("/d/2026-11-21T10:00:00Z", "/d/:date", id="date and time"),
        pytest.param("/d/20261121T100000Z", "/d/:date", id="compact date and time"),
        pytest.param("/d/20261121", "/d/:id", id="bare compact date is a number"),
        pytest.param("/d/sales-2026-11-21.csv", "/d/sales-:date.csv", id="date inside"),
        pytest.param("/d/2026/11/21", "/d/:id/:id/:id", id="date in three segments"),
        pytest.param("/m/jane.doe@example.com", "/m/:email", id="e-mail"),
        pytest.param("/m/jane%40example.co.jp", "/m/:email", id="e-mail, encoded"),
        pytest.param("/m/12@example.com", "/m/:email", id="e-mail that starts with a number"),
        pytest.param("/m/logo@2x.png", "/m/logo@2x.png", id="a file for fine screens is no e-mail"),
        pytest.param("/m/@babel/core", "/m/@babel/core", id="a handle is no e-mail"),
        pytest.param("/t/1AbC9dEfG7hIj2KlM4nO", "/t/:token", id="token of 20"),
        pytest.param("/t/cjld2cjxh0000qzrmn831i7rn", "/t/:token", id="cuid"),
        pytest.param("/t/dGhpcyBpcyBhIHRlc3Q=", "/t/:token", id="padded base64"),
        pytest.param("/t/" + "a" * 64, "/t/" + "a" * 64, id="word of 64"),
        pytest.param("/t/" + "a" * 65, "/t/:token", id="word of 65"),
        pytest.param("/t/" + "%D8%A7" * 12, "/t/:token", id="encoded title of 72"),
        pytest.param("/t/a\x00b", "/t/:token", id="control character"),
        pytest.param("/t/a\ud800", "/t/:token", id="half a surrogate pair"),
        pytest.param("/v1.0/app-3f9ab1c2d4.js", "/v1.0/app-:id.js", id="hash in a file name"),
        pytest.param("/s/app.7119.js", "/s/app.:id.js", id="number in a file name"),
        pytest.param("/s/index-BxK3q9Za.js", "/s/index-:id.js", id="mixed hash of a bundler"),
        pytest.param("/s/jquery-1.11.3.min.js", "/s/jquery-1.11.3.min.js", id="version in a file name"),
        pytest.param("/s/IMG_20190122_123456.jpg", "/s/IMG_:id_:id.jpg", id="camera"),
        pytest.param("/s/a.jsp;jsessionid=1A2B", "/s/a.jsp", id="Java's session"),
        pytest.param("/a//b/", "/a//b/", id="empty segments stay"),
        pytest.param("a/b", NO_PATH, id="no leading slash"),
        pytest.param("/" + "a/" * 31, "/" + "a/" * 31, id="32 segments"),
        pytest.param("/" + "a/" * 32, "/" + "a/" * 31 + "…", id="33 segments"),
        pytest.param(
            "/" + "/".join(["w" * 60] * 9), "/" + "/".join(["w" * 60] * 8) + "/…", id="549 characters"
        ),
    ],
)
def test_normalise(path: str, route: str) -> None:
    assert normalise(path) == route


FIXED = """
new edit me search wp-login.php kubernetes 3d-tours v1 v2.1 v2beta1 oauth2 load_15 1password reserved_ipv6
droplets_http_response_time_95p frontend_tls_connections_exceeding_rate_limit getUserByIdAndName2 200x200 b113
destroy_with_associated_resources internationalization2026 galaxy-s8-vs-iphone-x8-vs-p30-pro sitemap.xml
mission-sts-73.html added %D8%A7%D9%84 会社概要 .well-known apple-touch-icon-precomposed.png :verb facade
bootstrap-3.3.7.css ipv4
"""


@pytest.mark.parametrize("word", FIXED.split())
def test_words_stay(word: str) -> None:
    assert normalise(f"/x/{word}/y") == f"/x/{word}/y"


@given(paths)
def test_normalising_a_folded_path_is_normalising_it(path: str) -> None:
    assert normalise(fold(path)) == normalise(path)


@given(paths)
def test_normalising_and_folding_twice_changes_nothing(path: str) -> None:
    route = normalise(path)
    assert normalise(route) == route
    assert fold(route) == route
    assert fold(fold(path)) == fold(path)


@given(paths)
def test_a_route_is_bounded_and_without_query_and_control_characters(path: str) -> None:
    route = normalise(path_of(path))
    assert len(route) <= CHARACTERS_MAX
    assert route.count("/") <= SEGMENTS_MAX
    assert not set("?#\x00\n\x1b").intersection(route)
    route.encode()  # no lone surrogates


@given(st.text(), st.text())
def test_a_query_changes_nothing(path: str, query: str) -> None:
    path = "/" + path
    assert path_of(f"{path_of(path)}?{query}") == path_of(path)


@given(st.lists(paths, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_folding_in_sql_is_folding_in_python(some: list[str]) -> None:
    rows = duckdb.execute(
        "select regexp_replace(path, ?, ?, 'g') from (select unnest(?::varchar[]) as path)",
        [ID_PATTERN, ID_REPLACEMENT, some],
    ).fetchall()
    assert [row[0] for row in rows] == [fold(path) for path in some]


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("/" + "a1" * 524_288, id="a segment of 1 MiB"),
        pytest.param("/" + "%D8" * 350_000, id="a segment of 1 MiB, encoded"),
        pytest.param("/" + "1-" * 524_288, id="numbers and dashes"),
        pytest.param("/" + "0-f-" * 262_144 + ".js", id="short hex parts"),
        pytest.param("/" + "a.b@" * 262_144, id="at signs"),
        pytest.param("/x@" + "a." * 524_288, id="a long domain"),
        pytest.param("/" * 100_000, id="slashes"),
        pytest.param("/" + "f" * 1_000_000 + "/" + "." * 100_000, id="hex letters, then dots"),
    ],
)
def test_hostile_paths_cost_little(hostile: str) -> None:
    start = time.process_time()
    route = normalise(hostile)
    assert time.process_time() - start < 1.0
    assert len(route) <= CHARACTERS_MAX


if ACCESS.is_dir():

    def test_paths_of_a_real_log_become_the_routes_of_its_server() -> None:
        routes = set()
        with gzip.open(ACCESS / "nginx_json" / "nginx_json.ndjson.gz", "rb") as lines:
            for line in lines:
                event = json.loads(line.decode("utf-8", "replace"))
                routes.add(normalise(path_of(event["uri"])))
        assert routes == {
            *("/", "/api/v1/orders", "/api/v1/orders/:id", "/api/v1/orders/:id/items", "/api/v1/users/:id"),
            *("/caf%C3%A9/:id", "/dead", "/health", "/limited", "/moved", "/search", "/static/app.:id.js"),
            "/%ff%fe/:id",
        }
