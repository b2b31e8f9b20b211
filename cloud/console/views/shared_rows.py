"""Rows that came through a grant as a table of texts: columns by their labels, values as people read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.console.numbers import MISSING, grouped
from cloud.core.calendar import to_local
from cloud.desks.datasets import DatasetRows
from cloud.records.convert import FEN_PER_YUAN, choice_label
from cloud.records.kind import RecordField, load_kinds
from cloud.services.dataset import Dataset
from foundation.texts import Language, load_texts

NameOf = Callable[[str], str]
"""From a subject such as `building:building-a` to the name that people know."""


@dataclass(frozen=True, slots=True)
class SharedTable:
    """`withheld` are the labels of fields that the dataset has and the grant does not let through."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    withheld: tuple[str, ...]


def shared_table(found: DatasetRows, language: Language, most: int, name_of: NameOf) -> SharedTable:
    """The first `most` rows."""
    dataset = found.dataset
    names = list(found.rows[0]) if found.rows else []
    rows = tuple(
        tuple(_value(dataset, name, row.get(name), language, name_of) for name in names) for row in found.rows[:most]
    )
    withheld = [name for name in dataset.fields if name not in names] if found.rows else []
    return SharedTable(_labels(dataset, names, language), rows, _labels(dataset, withheld, language))


def _labels(dataset: Dataset, names: Sequence[str], language: Language) -> tuple[str, ...]:
    return tuple(_label(dataset, name, language) for name in names)


def _label(dataset: Dataset, name: str, language: Language) -> str:
    field = _record_field(dataset, name)
    if field is not None:
        return field.label[language]
    key = f"dataset.field.{name}"
    return load_texts()(key, language) if key in load_texts() else name


def _record_field(dataset: Dataset, name: str) -> RecordField | None:
    kind = dataset.source.records
    return load_kinds()[kind].fields.get(name) if kind is not None else None


def _value(dataset: Dataset, name: str, value: Any, language: Language, name_of: NameOf) -> str:
    field, texts = _record_field(dataset, name), load_texts()
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return texts("console.yes" if value else "console.no", language)
    if field is not None and field.type == "choice":
        return choice_label(str(value), language)
    if field is not None and field.refers_to is not None:
        return name_of(f"{field.refers_to}:{value}")
    if field is not None and field.type == "money" and isinstance(value, int):
        return grouped(value / FEN_PER_YUAN, 2)
    if field is not None and field.type == "time" and isinstance(value, int):
        return to_local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return grouped(value, 0 if value == int(value) else 2)
    return f"{value:,}" if isinstance(value, int) else _word(name, str(value), language, name_of)


def _word(name: str, value: str, language: Language, name_of: NameOf) -> str:
    """Things, states and colours of the platform's own views by their words."""
    texts = load_texts()
    if name == "subject":
        return name_of(value)
    if name == "department":
        return name_of(f"department:{value}")
    for key in (f"dataset.value.{name}.{value}", f"request.state.{value}" if name == "state" else ""):
        if key and key in texts:
            return texts(key, language)
    return value
