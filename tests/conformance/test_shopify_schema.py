"""Our Shopify queries, and the simulator's schema, against the published introspection schema.

The schema comes out of npm's `@shopify/dev-mcp` (ISC), fetched by name; skipped where npm or its
registry is not there.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_named_type,
    parse,
    validate,
)

from tieout.connectors.shopify import pages, payments, queries
from tieout.connectors.shopify.client import API_VERSION
from tieout_sandbox.simulators.shopify_schema import SDL

PACKAGE = "@shopify/dev-mcp@1.16.0"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> GraphQLSchema:
    if shutil.which("npm") is None:
        pytest.skip("npm is not here")
    folder = tmp_path_factory.mktemp("npm")
    try:
        done = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer")
    archives = list(Path(folder).glob("*.tgz"))
    if done.returncode or not archives:
        pytest.skip("npm's registry does not have the package here")
    with tarfile.open(archives[0]) as archive:
        member = archive.extractfile(f"package/dist/data/admin_{API_VERSION}.json.gz")
        assert member is not None
        schema = json.loads(gzip.decompress(member.read()))
    return build_client_schema(schema.get("data", schema), assume_valid=True)


# Every query that there is, and of each connection that of a further page.
QUERIES = {
    name: text for name, text in vars(queries).items() if isinstance(text, str) and text.lstrip().startswith("query")
} | {
    f"more-{owner}-{name}": queries.more(owner, name, *asked)
    for owner, connections in (
        ("order", pages.OF_ORDER),
        ("refund", pages.OF_REFUND),
        ("return", pages.OF_RETURN),
        ("fulfillment", pages.OF_FULFILMENT),
    )
    for name, asked in connections.items()
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_our_queries_are_valid_for_the_published_schema(published: GraphQLSchema, query: str) -> None:
    assert validate(published, parse(query)) == []


def test_each_type_that_is_told_apart_is_one_that_shopify_publishes(published: GraphQLSchema) -> None:
    kind = published.type_map["ShopifyPaymentsTransactionType"]
    assert isinstance(kind, GraphQLEnumType)
    ours = {*payments.TYPES, *payments.BACK, "TRANSFER"}
    assert ours <= set(kind.values), sorted(ours - set(kind.values))


def test_the_simulator_promises_no_field_that_the_real_one_does_not_have(published: GraphQLSchema) -> None:
    ours = build_schema(SDL)
    wrong = []
    for name, kind in ours.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType) or name == "Query":
            continue
        real = published.type_map.get(name)
        if not isinstance(real, GraphQLObjectType):
            wrong.append(f"there is no {name}")
            continue
        for field, value in kind.fields.items():
            if field not in real.fields:
                wrong.append(f"{name} has no {field}")
            elif (theirs := get_named_type(real.fields[field].type).name) != get_named_type(value.type).name:
                # A scalar too: a Date that is promised as a DateTime has no time.
                wrong.append(f"{name}.{field} is a {theirs}")
    assert not wrong
