"""Works out a report's totals anew from the rows of its ledgers: to the last digit, or it is named as wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import Field, ValidationError

from cloud.reporting.ledger import sums
from foundation.settings import FrozenModel

Rows = Mapping[str, Sequence[Mapping[str, str]]]


class Total(FrozenModel):
    """The value of `figure` is the sum of a ledger's `column` over the rows whose cells are as in `where`."""

    figure: str
    ledger: str
    column: str
    where: dict[str, str] = Field(default_factory=dict)


class Product(FrozenModel):
    """In every row of a ledger `column` is the product of two others; an empty cell is not looked at."""

    ledger: str
    column: str
    factors: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many totals and products were worked out anew, and what came out otherwise."""

    checked: int
    wrong: tuple[str, ...]


def recompute(document: bytes | None, rows: Rows) -> Recomputed:
    """Check every total and product that the report's JSON declares, against these rows by ledger name."""
    try:
        content: dict[str, Any] = json.loads(document or b"{}")
        totals = [Total.model_validate(one) for one in content.get("totals", [])]
        products = [Product.model_validate(one) for one in content.get("products", [])]
    except (ValueError, AttributeError, ValidationError, RecursionError):
        return Recomputed(0, ("?",))
    wrong = [total.figure for total in totals if not _holds(total, content.get("figures"), rows)]
    for product in products:
        wrong += _wrong_products(product, rows.get(product.ledger, ()))
    return Recomputed(len(totals) + sum(len(rows.get(one.ledger, ())) for one in products), tuple(wrong))


def _holds(total: Total, figures: Any, rows: Rows) -> bool:
    try:
        stated = Decimal(figures[total.figure]["value"])
        return stated == sums(rows[total.ledger], total.column, total.where)
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return False


def _wrong_products(product: Product, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Rows whose cell is not the product of two others."""
    return [
        f"{product.ledger}:{number}"
        for number, row in enumerate(rows, 1)
        if row.get(product.column, "") and not _is_product(product, row)
    ]


def _is_product(product: Product, row: Mapping[str, str]) -> bool:
    left, right = product.factors
    try:
        return Decimal(row[left]) * Decimal(row[right]) == Decimal(row[product.column])
    except (KeyError, InvalidOperation):
        return False
