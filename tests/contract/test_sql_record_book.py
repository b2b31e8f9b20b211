"""RecordBook: versions kept, all or nothing, imports at the same time, the bounds of time, the scope."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import reading
from cloud.adapters.sql.record_book import record as record_table
from cloud.desks.books import Books
from cloud.records.record import Record, RecordImport

IMPORT = RecordImport("i-1", "office", "contract", "contracts.xlsx", "0" * 64, "li", imported_ms=1000)
FIELDS = {"contract": "c", "amount": 12_345, "approved": True, "litres": 1.5, "approval": None, "title": "保安"}


def row(
    number: int, *, start_ms: int = 10, end_ms: int = 20, institution_id: str = "office", **fields: object
) -> Record:
    return Record(
        institution_id=institution_id,
        kind="contract",
        record_id=f"c-{number}",
        department="finance",
        subject="department:finance",
        start_ms=start_ms,
        end_ms=end_ms,
        fields={**FIELDS, **fields},  # type: ignore[dict-item]
        source=f"contracts.xlsx!Sheet1:{number}",
    )


def versions(engine: sa.Engine, record_id: str) -> list[tuple[str, int, int]]:
    """Import, known from and known to of every version of a row, the oldest first."""
    table = record_table.c
    query = sa.select(table.import_id, table.known_from_ms, table.known_to_ms)
    with reading(engine) as connection:
        rows = connection.execute(query.where(table.record_id == record_id).order_by(table.row_id))
        return [(one.import_id, one.known_from_ms, one.known_to_ms) for one in rows]


def test_record_comes_back_as_entered_with_the_import_that_brought_it(ports: Books) -> None:
    booked = ports.records.put([row(1), row(2)], IMPORT)
    assert booked == replace(IMPORT, new=2)
    assert ports.records.records({"office"}, "contract") == [replace(row(one), import_id="i-1") for one in (1, 2)]
    assert ports.records.imports({"office"}) == [booked]
    assert ports.records.counts({"office"}) == {"contract": 2}


def test_changed_row_keeps_its_earlier_version_and_the_same_row_makes_none(ports: Books, engine: sa.Engine) -> None:
    ports.records.put([row(1), row(2)], IMPORT)
    later = replace(IMPORT, import_id="i-2", imported_ms=2000)
    booked = ports.records.put([row(1, amount=1), row(2), row(3)], later)
    assert (booked.new, booked.changed, booked.same) == (1, 1, 1)
    current = ports.records.records({"office"}, "contract")
    assert [(one.record_id, one.fields["amount"]) for one in current] == [("c-1", 1), ("c-2", 12_345), ("c-3", 12_345)]
    assert versions(engine, "c-1") == [("i-1", 1000, 2000), ("i-2", 2000, 0)]
    assert versions(engine, "c-2") == [("i-1", 1000, 0)]
    assert [one.import_id for one in ports.records.imports({"office"})] == ["i-2", "i-1"]


def test_row_that_moves_to_another_file_only_stays_the_same(ports: Books) -> None:
    ports.records.put([row(1)], IMPORT)
    moved = ports.records.put([replace(row(1), source="other.csv:9")], replace(IMPORT, import_id="i-2"))
    assert (moved.changed, moved.same) == (0, 1)


def test_import_that_cannot_be_entered_whole_leaves_nothing(ports: Books, engine: sa.Engine) -> None:
    ports.records.put([row(1)], IMPORT)
    impossible = replace(row(3), fields={"amount": object()})  # type: ignore[dict-item]
    with pytest.raises(Exception, match=r"JSON|serializable"):
        ports.records.put([row(1, amount=1), row(2), impossible], replace(IMPORT, import_id="i-2"))
    assert [one.record_id for one in ports.records.records({"office"}, "contract")] == ["c-1"]
    assert versions(engine, "c-1") == [("i-1", 1000, 0)]
    assert len(ports.records.imports({"office"})) == 1


def test_imports_at_the_same_time_enter_each_row_once(ports: Books, engine: sa.Engine) -> None:
    rows = [row(number) for number in range(40)]

    def enter(number: int) -> RecordImport:
        return ports.records.put(rows, replace(IMPORT, import_id=f"i-{number}", imported_ms=1000 + number))

    with ThreadPoolExecutor(4) as threads:
        booked = list(threads.map(enter, range(4)))
    assert sorted((one.new, one.same) for one in booked) == [(0, 40), (0, 40), (0, 40), (40, 0)]
    assert all(len(versions(engine, f"c-{number}")) == 1 for number in range(40))


def test_bounds_take_what_touches_them(ports: Books) -> None:
    spans = {1: (10, 20), 2: (20, 30), 3: (20, 20), 4: (30, 30), 5: (0, 100)}
    ports.records.put([row(one, start_ms=start, end_ms=end) for one, (start, end) in spans.items()], IMPORT)

    def within(start_ms: int | None, end_ms: int | None) -> list[str]:
        found = ports.records.records({"office"}, "contract", start_ms=start_ms, end_ms=end_ms)
        return [one.record_id for one in found]

    assert within(20, 30) == ["c-5", "c-2", "c-3"]
    assert within(None, 20) == ["c-5", "c-1"]
    assert within(30, None) == ["c-5", "c-4"]
    assert within(None, None) == ["c-5", "c-1", "c-2", "c-3", "c-4"]


def test_records_keep_to_their_institution_kind_and_subject(ports: Books) -> None:
    ports.records.put([row(1), replace(row(2), subject="department:asset")], IMPORT)
    other = replace(IMPORT, import_id="i-2", institution_id="school")
    ports.records.put([row(1, institution_id="school")], other)
    assert len(ports.records.records({"office", "school"}, "contract")) == 3
    assert len(ports.records.records({"school"}, "contract")) == 1
    assert ports.records.records(set(), "contract") == []
    assert ports.records.records({"office"}, "budget") == []
    asset = ports.records.records({"office"}, "contract", subject="department:asset")
    assert [one.record_id for one in asset] == ["c-2"]
    assert ports.records.counts({"school"}) == {"contract": 1}
    assert [one.import_id for one in ports.records.imports({"school"})] == ["i-2"]
