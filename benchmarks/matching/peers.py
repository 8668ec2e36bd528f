"""Other ways to match the same fields: a greedy exact amount, Odoo 19's published rules, splink.

Each takes the two frames of a company and gives (left ids, right ids) of its groups.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import polars as pl

Group = tuple[tuple[str, ...], tuple[str, ...]]


def greedy(left: pl.DataFrame, right: pl.DataFrame) -> Iterator[Group]:
    """Each line takes the oldest open item of exactly its amount and currency."""
    open_items: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in right.sort("date", "id", descending=True).iter_rows(named=True):
        open_items[row["currency"], row["amount"]].append(row["id"])
    for row in left.sort("date", "id").iter_rows(named=True):
        found = open_items.get((row["currency"], row["amount"]))
        if found:
            yield (row["id"],), (found.pop(),)


def odoo(left: pl.DataFrame, right: pl.DataFrame) -> Iterator[Group]:
    """As its documentation describes: five ways for a number to stand in the label (as it is
    written, without its separators, as the payment's own reference, its digits alone, its last
    digits as a word); every item that is named is proposed and taken where the amount agrees
    within 3% or one alone is named. Then the partner by name and one open item within 3%."""
    by_number: dict[str, list[dict]] = defaultdict(list)
    by_partner: dict[str, list[dict]] = defaultdict(list)
    for row in right.sort("date", "id").iter_rows(named=True):
        row["money"] = Decimal(row["amount"])
        number = row["reference"].upper()
        plain = re.sub(r"[^A-Z0-9]", "", number)
        digits = re.sub(r"\D", "", number)
        last = re.search(r"\d+$", number)
        for key in {number, plain, digits, last[0] if last else ""}:
            if len(key) >= 4:
                by_number[key].append(row)
        by_partner[row["counterparty"].lower()].append(row)
    taken: set[str] = set()
    for row in left.sort("date", "id").iter_rows(named=True):
        amount = Decimal(row["amount"])
        text = f"{row['reference']} {row['description']}".upper()
        words = re.findall(r"[A-Z0-9][A-Z0-9\-_/]*", text)
        keys = {*words, *(re.sub(r"[^A-Z0-9]", "", w) for w in words), *(re.sub(r"\D", "", w) for w in words)}
        keys.update(re.findall(r"[A-Z]{2,4}\d{10}", re.sub(r"[^A-Z0-9]", "", text)))
        named = {
            item["id"]: item
            for key in keys
            for item in by_number.get(key, ())
            if item["id"] not in taken and item["currency"] == row["currency"]
        }
        total = sum((item["money"] for item in named.values()), Decimal(0))
        if named and (len(named) == 1 or abs(total - amount) <= abs(amount) * 3 / 100):
            taken.update(named)
            yield (row["id"],), tuple(named)
            continue
        near = [
            item
            for item in by_partner.get(row["counterparty"].lower(), ())
            if item["id"] not in taken
            and item["currency"] == row["currency"]
            and abs(item["money"] - amount) <= abs(amount) * 3 / 100
        ]
        exact = [item for item in near if item["money"] == amount]
        if len(exact) == 1 or len(near) == 1:
            chosen = (exact or near)[0]
            taken.add(chosen["id"])
            yield (row["id"],), (chosen["id"],)


def _for_splink(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.concat_str(["reference", "description"], separator=" ").str.to_uppercase()
    number = text.str.extract(r"(\d{4}[^A-Z0-9]{0,3}\d{6,7})").str.replace_all(r"\D", "")
    serial = pl.coalesce(number.str.slice(-6), text.str.extract(r"\b(\d{5,7})\b").str.slice(-6))
    name = pl.col("counterparty").str.to_lowercase()
    return frame.select(
        pl.col("id").alias("unique_id"),
        "currency",
        pl.col("date").cast(pl.String),
        pl.col("amount").cast(pl.Float64),
        number.alias("number"),
        serial.alias("serial"),
        pl.when(name == "").then(None).otherwise(name).alias("name"),
    )


def splink_pairs(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """(left, right, probability): splink's own model, trained as its guide says (u by random
    sampling, m by expectation maximisation), for each line its best item."""
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI()
    tables = [
        api.register(_for_splink(left).to_arrow(), dataset_display_name="l"),
        api.register(_for_splink(right).to_arrow(), dataset_display_name="r"),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.LevenshteinAtThresholds("number", [1, 2]),
            cl.ExactMatch("serial"),
            cl.JaroWinklerAtThresholds("name", [0.95, 0.88]),
            cl.CustomComparison(
                output_column_name="amount",
                comparison_levels=[
                    {"sql_condition": "amount_l is null or amount_r is null", "label_for_charts": "null", "is_null_level": True},
                    {"sql_condition": "amount_l = amount_r", "label_for_charts": "equal"},
                    {"sql_condition": "abs(amount_l - amount_r) <= 0.03 * abs(amount_r)", "label_for_charts": "3%"},
                    {"sql_condition": "ELSE", "label_for_charts": "else"},
                ],
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            block_on("serial"),
            block_on("amount", "substr(name, 1, 5)"),
        ],
        retain_matching_columns=False,
    )  # fmt: skip
    linker = Linker(tables, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("number", "amount")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("number"), record_sample_proportion=1.0
    )
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("amount", "substr(name, 1, 5)"), record_sample_proportion=1.0
    )
    predicted = linker.inference.predict(threshold_match_probability=0.3)
    found = predicted.as_duckdbpyrelation().pl()
    # unique_id_l belongs to the first table.
    pairs = found.select(
        left=pl.when(pl.col("source_dataset_l") == "l").then("unique_id_l").otherwise("unique_id_r"),
        right=pl.when(pl.col("source_dataset_l") == "l").then("unique_id_r").otherwise("unique_id_l"),
        probability="match_probability",
    )
    return pairs.sort(["left", "probability", "right"], descending=[False, True, False]).unique(
        "left", keep="first", maintain_order=True
    )


def splink_groups(pairs: pl.DataFrame, least: float) -> Iterator[Group]:
    """Each item with the lines whose best it is."""
    kept = pairs.filter(pl.col("probability") >= least).group_by("right", maintain_order=True).agg("left")
    for right, left in kept.iter_rows():
        yield tuple(left), (right,)
