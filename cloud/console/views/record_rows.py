"""Records as a person reads them: the fields that the desk gives, in words, with what a text filter leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.core.calendar import to_local
from cloud.core.institution import Names
from cloud.desks.door import DoorServices
from cloud.records.convert import choice_label
from cloud.records.kind import RecordField, RecordKind
from cloud.records.record import FieldValue, Record
from foundation.texts import Language, load_texts

MISSING = "—"
PAGE_ROWS = 100
FEN_PER_YUAN = 100

NamesBySubject = Mapping[str, Mapping[str, Names]]
"""Names by institution and subject, such as `building:building-a`."""


@dataclass(frozen=True, slots=True)
class RecordTable:
    """`shown` are the names of the fields that the reader gets, `hidden` those that are kept from them."""

    kind: RecordKind
    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: tuple[Record, ...]

    def holding(self, text: str) -> RecordTable:
        """Only the rows in which `text` stands in some cell, in small or capital letters."""
        wanted = text.strip().casefold()
        if not wanted:
            return self
        kept = [place for place, cells in enumerate(self.rows) if any(wanted in one.casefold() for one in cells)]
        rows, records = tuple(self.rows[place] for place in kept), tuple(self.records[place] for place in kept)
        return RecordTable(self.kind, self.shown, self.hidden, rows, records)

    def page(self, number: int) -> tuple[tuple[str, ...], ...]:
        """Rows of the page; the first one is 0."""
        return self.rows[number * PAGE_ROWS : (number + 1) * PAGE_ROWS]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.rows) // PAGE_ROWS))


def table_of_records(
    kind: RecordKind, records: Sequence[Record], names: NamesBySubject, language: Language
) -> RecordTable:
    """Newest first; lines of a register in the order of their ids."""
    shown = tuple(records[0].fields) if records else tuple(kind.fields)
    order = sorted(records, key=lambda one: one.record_id)
    if kind.start is not None:
        order.sort(key=lambda one: -one.start_ms)
    return RecordTable(
        kind=kind,
        shown=shown,
        hidden=tuple(name for name in kind.fields if name not in shown),
        rows=tuple(_cells(kind, one, shown, names.get(one.institution_id, {}), language) for one in order),
        records=tuple(order),
    )


def cell_text(value: FieldValue, field: RecordField, names: Mapping[str, Names], language: Language) -> str:
    """A value in words: yuan, local time, the word of a choice, the name of what it refers to; a dash for nothing."""
    if value is None or value == "":
        return MISSING
    if field.type == "money" and isinstance(value, int):
        return f"{value / FEN_PER_YUAN:,.2f}"
    if field.type == "time" and isinstance(value, int):
        return f"{to_local(value):%Y-%m-%d %H:%M}"
    if field.type == "flag":
        return load_texts()("record.flag.yes" if value else "record.flag.no", language)
    if field.type == "choice":
        return choice_label(str(value), language)
    if field.refers_to and (named := names.get(f"{field.refers_to}:{value}")):
        return named[language]
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def department_names(services: DoorServices, names: NamesBySubject) -> NamesBySubject:
    """The same with the departments of the manifests, which an institution need not enter again."""
    departments = {f"department:{one.id}": one.name for one in services.departments.all()}
    return {institution_id: {**departments, **known} for institution_id, known in names.items()}


def title_of(field: RecordField, language: Language) -> str:
    """The label, with the unit behind it where it does not hold one."""
    label = field.label[language]
    return f"{label} ({field.unit})" if field.unit and field.unit not in label else label


def _cells(
    kind: RecordKind, record: Record, shown: Sequence[str], names: Mapping[str, Names], language: Language
) -> tuple[str, ...]:
    return tuple(cell_text(record.fields.get(name), kind.fields[name], names, language) for name in shown)
