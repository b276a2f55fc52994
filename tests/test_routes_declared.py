"""Declared routes: three kinds of files, what each path is served by, and faults with their lines."""

import json
import pickle
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji.routes import RouteError, fold, parse

SHARED = Path(__file__).parents[1].parent / "shared"
ROUTES = SHARED / "data" / "routes"
UUID = "69b66dbb-63cb-4f3a-930d-10847088dbe4"

RAILS = r"""
Running via Spring preloader in process 4711
      Prefix Verb     URI Pattern                             Controller#Action
        root GET      /                                       home#index
search_users GET      /users/search(.:format)                 users#search
       users GET      /users(.:format)                        users#index
             POST     /users(.:format)                        users#create
        user GET      /users/:id(.:format)                    users#show {:id=>/[A-Z]{2}\d{6}/}
             PATCH    /users/:id(.:format)                    users#update
        file GET      /files/*path(.:format)                  files#show
      report GET      /reports/:year(/:month(/:day))(.:format) reports#show
    webhooks GET|POST /webhooks/:provider(.:format)           webhooks#receive
       posts GET      (/:locale)/posts(.:format)              posts#index {:locale=>/en|ja/}
             GET      /old(.:format)                          redirect(301, /new)
     sidekiq          /sidekiq                                Sidekiq::Web
       store          /store                                  Store::Engine
     anytime          /anytime(.:format)                      anytime#show
   not_found          /404                                    errors#not_found
     archive GET      /:id(.:format)                          archive#show
             GET      /*unmatched(.:format)                   errors#not_found

Routes for Store::Engine:
        root GET      /                                       store/home#index
      basket PUT      /baskets/:id(.:format)                  store/baskets#update
"""

OPENAPI = """
openapi: 3.1.0
servers:
  - url: https://{region}.example.com/{base}/
    variables: {region: {default: eu}, base: {default: v2}}
  - {url: /v1}
x-anchor: &codes {'200': {description: ok}}
paths:
  /users/{userId}:
    parameters: [{name: userId, in: path}]
    get: {responses: *codes}
    on: {}
  /users/{userId}:cancel:
    post:
      responses: {}
  /upload:
    servers: [{url: 'https://upload.example.com'}]
    put: {}
  /proxy/{rest+}:
    $ref: './other.yaml'
  x-more: {}
"""

LIST = """
# our routes
GET   /users/:id          # one of them
GET|POST /users
any   /hooks/{name}
/flask/<int:id>/<path>
DELETE /files/*
GET https://api.example.com/v2/1-clicks
"""


@pytest.mark.parametrize(
    ("text", "method", "path", "template"),
    [
        pytest.param(RAILS, "GET", "/", "/", id="root"),
        pytest.param(RAILS, "GET", "/users/7", "/users/:id", id="parameter"),
        pytest.param(RAILS, "GET", "/users/:id", "/users/:id", id="folded"),
        pytest.param(RAILS, "GET", "/users/7.json", "/users/:id", id="parameter with a format"),
        pytest.param(RAILS, "GET", "/users/search", "/users/search", id="literal before parameter"),
        pytest.param(RAILS, "GET", "/users/search.json", "/users/search", id="literal with a format"),
        pytest.param(RAILS, "GET", "/users.json", "/users", id="collection with a format"),
        pytest.param(RAILS, "GET", "/users/", "/users", id="trailing slash"),
        pytest.param(RAILS, "HEAD", "/users", "/users", id="HEAD is GET"),
        pytest.param(RAILS, None, "/webhooks/stripe", "/webhooks/:provider", id="any method will do"),
        pytest.param(RAILS, "PATCH", "/users/search", "/users/:id", id="a literal of another method"),
        pytest.param(RAILS, "DELETE", "/users/7", None, id="no such method"),
        pytest.param(RAILS, "GET", "/files/a/b.txt", "/files/*path", id="glob"),
        pytest.param(RAILS, "GET", "/files", "/:id", id="a glob isn't empty"),
        pytest.param(
            RAILS, "GET", "/reports/2026", "/reports/:year(/:month(/:day))", id="optional parts absent"
        ),
        pytest.param(RAILS, "GET", "/reports/2026/1/2", "/reports/:year(/:month(/:day))", id="and present"),
        pytest.param(RAILS, "POST", "/webhooks/stripe", "/webhooks/:provider", id="two verbs"),
        pytest.param(RAILS, "GET", "/ja/posts", "(/:locale)/posts", id="optional beginning"),
        pytest.param(RAILS, "GET", "/posts", "(/:locale)/posts", id="optional beginning absent"),
        pytest.param(RAILS, "GET", "/old", "/old", id="redirect"),
        pytest.param(RAILS, "PUT", "/anytime", "/anytime", id="blank verb"),
        pytest.param(RAILS, "GET", "/sidekiq", "/sidekiq", id="mounted application"),
        pytest.param(RAILS, "POST", "/sidekiq/queues/default", "/sidekiq", id="below it"),
        pytest.param(RAILS, "PUT", "/store/baskets/7", "/store/baskets/:id", id="route of an engine"),
        pytest.param(RAILS, "GET", "/store", "/store", id="root of an engine"),
        pytest.param(RAILS, "GET", "/404", "/404", id="number as literal"),
        pytest.param(RAILS, "GET", "/403", "/404", id="a folded path can't tell"),
        pytest.param(RAILS, "GET", "/x/y", "/*unmatched", id="glob of everything"),
        pytest.param(OPENAPI, "GET", "/v2/users/7", "/v2/users/:userId", id="first server"),
        pytest.param(OPENAPI, "GET", "/v1/users/7", "/v1/users/:userId", id="second server"),
        pytest.param(OPENAPI, "GET", "/users/7", None, id="without base path"),
        pytest.param(
            OPENAPI, "POST", "/v1/users/7:cancel", "/v1/users/:userId:cancel", id="a verb at the end"
        ),
        pytest.param(
            OPENAPI, "POST", "/v1/users/:id:cancel", "/v1/users/:userId:cancel", id="the same, folded"
        ),
        pytest.param(OPENAPI, "PUT", "/upload", "/upload", id="a server of its own"),
        pytest.param(OPENAPI, "PUT", "/v1/proxy/a/b", "/v1/proxy/*rest", id="glob and reference"),
        pytest.param(LIST, "GET", "/users/7", "/users/:id", id="list"),
        pytest.param(LIST, "POST", "/users", "/users", id="list, two methods"),
        pytest.param(LIST, "PURGE", "/hooks/x", "/hooks/:name", id="list, any method"),
        pytest.param(LIST, "GET", "/flask/1/x", "/flask/:id/:path", id="list, angles"),
        pytest.param(LIST, "DELETE", "/files/a/b", "/files/*", id="list, nameless glob"),
        pytest.param(LIST, "GET", "/v2/:id-clicks", "/v2/1-clicks", id="folded literal"),
        pytest.param(LIST, "GET", "/v2/1-clicks", "/v2/1-clicks", id="the same, raw"),
        pytest.param(LIST, "GET", "(no path)", None, id="no path"),
        pytest.param("/a/:x.:y\n/a/:x-b", "GET", "/a/1-b", "/a/:x-b", id="fixed parts in a segment"),
        pytest.param("/a/:x.:y\n/a/:z", "GET", "/a/1.b", "/a/:x.:y", id="fixed parts before a parameter"),
        pytest.param("/a/:x.:y\n/a/:z", "GET", "/a/1.", "/a/:z", id="a parameter isn't empty"),
        pytest.param("/会社/:id", "GET", "/%E4%BC%9A%E7%A4%BE/7", "/会社/:id", id="encoded by the server"),
        pytest.param("/会社/:id", "GET", "/会社/7", "/会社/:id", id="not encoded"),
        pytest.param("/*a/edit/:id\n/*b", "GET", "/x/y/edit/7", "/*a/edit/:id", id="glob in the middle"),
        pytest.param("/*a/edit/:id\n/*b", "GET", "/x/y/edit", "/*b", id="glob that ends too late"),
    ],
)
def test_route(text: str, method: str | None, path: str, template: str | None) -> None:
    assert parse(text, "routes").route(method, path) == template


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("", 1, "routes.txt declares no route", id="empty"),
        pytest.param("# only\n", 1, "routes.txt declares no route", id="only a comment"),
        pytest.param("GET /a\nGET users", 2, "a route starts with `/`: 'users'", id="no slash"),
        pytest.param("GET /a b", 1, "not `METHOD /path`: 'GET /a b'", id="three words"),
        pytest.param("\nFETCH /a", 2, "FETCH is no HTTP method", id="method"),
        pytest.param("/a/{b", 1, "a brace without its partner: '/a/{b'", id="brace"),
        pytest.param("/a/{}", 1, "a parameter without a name: '/a/{}'", id="nameless"),
        pytest.param("/a(/b", 1, "`(` without `)`: '/a(/b'", id="opened only"),
        pytest.param("/a/b)", 1, "`)` without `(`: '/a/b)'", id="closed only"),
        pytest.param("/a" + "(/b)" * 9, 1, "more than 8 optional parts: '/a" + "(/b)" * 9 + "'", id="2^9"),
        pytest.param("/*a/*b/*c", 1, "more than 2 globs: '/*a/*b/*c'", id="globs"),
        pytest.param("/a\x00b", 1, "a control character in a route: '/a\\x00b'", id="control character"),
        pytest.param(RAILS + "nonsense\n", 25, "no row of a table of routes: 'nonsense'", id="Rails"),
        pytest.param("--[ Route 1 ]--\nVerb | GET\n", 1, "a route without `URI`", id="Rails, expanded"),
        pytest.param("openapi: 3.0.0\n", 1, "an OpenAPI document without `paths`", id="no paths"),
        pytest.param("{}", 1, "no OpenAPI document: it has no key `openapi`", id="other JSON"),
        pytest.param('{"openapi": "3.0.0",\n}', 2, None, id="broken JSON"),
        pytest.param("openapi: 3.0.0\npaths: [\n", 3, None, id="broken YAML"),
        pytest.param("[" * 100_000 + "\nopenapi:", 1, None, id="a deep YAML"),
        pytest.param('{"openapi":' + "[" * 100_000, 1, None, id="a deep JSON"),
        pytest.param(
            "openapi: 3.0.0\npaths:\n  /a:\n    get: {}\n  b:\n    get: {}\n", 5, None, id="OpenAPI path"
        ),
        pytest.param(
            '{"openapi": "3.0.0", "paths": {\n"/a": {"get": {}},\n"/b{": {"get": {}}}}',
            3,
            None,
            id="JSON path",
        ),
        pytest.param("openapi: 3.0.0\nservers:\n- x: 1\npaths: {/a: {get: {}}}", 3, None, id="server"),
    ],
)
def test_faults(text: str, line: int, message: str | None) -> None:
    with pytest.raises(RouteError) as caught:
        parse(text, "routes.txt")
    assert caught.value.line == line
    assert caught.value.message
    if message is not None:
        assert caught.value.message == message


def test_json_and_yaml_are_the_same_table() -> None:
    described = {
        "openapi": "3.0.0",
        "servers": [{"url": "/api"}],
        "paths": {"/a/{id}": {"get": {}, "put": {}}, "/b": {"post": {"servers": [{"url": "/c"}]}}},
    }
    as_yaml = "openapi: '3.0.0'\nservers: [{url: /api}]\npaths:\n  /a/{id}: {get: {}, put: {}}\n"
    as_yaml += "  /b: {post: {servers: [{url: /c}]}}\n"
    table = [("GET", "/api/a/:id"), ("PUT", "/api/a/:id"), ("POST", "/c/b")]
    for text in (json.dumps(described), json.dumps(described, indent="\t"), as_yaml):
        declared = parse(text, "x")
        assert [(*route.methods, route.template) for route in declared.routes] == table


def test_an_excerpt_of_a_table_without_its_heading() -> None:
    excerpt = "\n".join(line for line in RAILS.split("\n") if "users#" in line)
    assert parse(excerpt, "x").routes == tuple(r for r in parse(RAILS, "x").routes if "/users" in r.template)


def test_line_ends_and_byte_order_marks_change_nothing() -> None:
    for text in (RAILS, OPENAPI, LIST):
        assert parse("\ufeff" + text.replace("\n", "\r\n"), "x").routes == parse(text, "x").routes


def test_a_table_goes_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(parse(RAILS, "x")))
    assert copy.route("GET", "/users/7") == "/users/:id"


def test_aliases_that_multiply_cost_nothing() -> None:
    bomb = "openapi: 3.0.0\nx0: &x0 [a, a, a, a, a, a, a, a, a]\n"
    for level in range(1, 9):
        bomb += f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 9)}]\n"
    start = time.process_time()
    declared = parse(bomb + "paths: {/a: {get: *x8}}\n", "x")
    assert time.process_time() - start < 0.5
    assert declared.route("GET", "/a") == "/a"


def test_hostile_paths_cost_little() -> None:
    declared = parse("/*a/x/*b/y\n/:p/:q/x\n/m/:a-:b-:c-:d-:e", "x")
    start = time.process_time()
    for path in ("/x" * 50_000, "/x" * 127, "/m/" + "-" * 1_000_000, "/" + "1" * 1_000_000, "/" * 1_000_000):
        declared.route("GET", path)
    assert time.process_time() - start < 1.0


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for candidate in (text, "openapi: 3.0.0\npaths:\n  /a: " + text, "GET /" + text, RAILS + text):
        with suppress(RouteError):
            assert parse(candidate, "x").routes


@given(
    st.lists(
        st.sampled_from(["users", "1-clicks", "404", "v2", ":id", ":a.:b", "*rest"]), min_size=1, max_size=5
    ),
    st.lists(
        st.sampled_from(["users", "1-clicks", "404", "7", "v2", "x.y", UUID, f"{UUID}.json"]), max_size=5
    ),
)
def test_a_folded_path_has_the_same_route(template: list[str], path: list[str]) -> None:
    if template.count("*rest") <= 2:
        declared = parse("GET /" + "/".join(template), "x")
        raw = "/" + "/".join(path)
        assert declared.route("GET", fold(raw)) == declared.route("GET", raw)


if ROUTES.is_dir():

    def test_both_layouts_of_rails_are_the_same_table() -> None:
        plain = parse((ROUTES / "rails_routes.txt").read_text(), "plain")
        expanded = parse((ROUTES / "rails_routes_expanded.txt").read_text(), "expanded")
        assert len(plain.routes) == 51
        assert plain.routes == expanded.routes

    @pytest.mark.parametrize("value", ["42", UUID, "some-word", "word.with.dots", "42-title", ":id"])
    def test_every_template_of_a_large_api_is_found_again(value: str) -> None:
        text = (ROUTES / "digitalocean_routes.txt").read_text()
        declared = parse(text, "digitalocean")
        assert len(declared.routes) == 659
        for line in text.splitlines():
            method, template = line.split()
            path = re.sub(r"\{\w+\}|<\w+>", value, template)
            expected = re.sub(r"[{<](\w+)[}>]", r":\1", template)
            first = next(r for r in declared.routes if r.template == expected)
            found = declared.route(method, fold(path))
            twins = {
                r.template
                for r in declared.routes
                if method in r.methods and set(r.shapes) == set(first.shapes)
            }
            assert found in twins, (method, path)

    def test_an_api_described_by_google() -> None:
        declared = parse((ROUTES / "apigee_registry_openapi.yaml").read_text(), "apigee")
        base = "/v1/projects/p/locations/global/apis/a/deployments/d"
        assert len(declared.routes) == 35
        assert declared.route("POST", f"{base}:rollback") == (
            "/v1/projects/:project/locations/:location/apis/:api/deployments/:deployment:rollback"
        )
        assert declared.route("PATCH", base) == (
            "/v1/projects/:project/locations/:location/apis/:api/deployments/:deployment"
        )
