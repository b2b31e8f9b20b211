"""Good files: titles found, values exact, times local, subjects and periods as the kind says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.core.calendar import day_start_ms
from cloud.records.check import Target, check_rows
from cloud.records.entry import ALWAYS_MS, compare
from cloud.records.kind import load_kinds
from tests.support.record_files import check, workbook

HEAD = ["户号", "能源种类", "建筑", "账期起", "账期止", "用量", "单位", "金额（元）"]
BILL = ["0001", "电", "building-a", "2026-08-01", "2026-08-31", "12,000.5", "kWh", "9600.40"]
JANUARY = datetime(2026, 1, 1)  # noqa: DTZ001 (a cell knows no zone)


def csv(*rows: list[str], delimiter: str = ",") -> str:
    return "".join(delimiter.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)


def test_bill_becomes_a_record_with_its_period_money_and_subject() -> None:
    (record,) = check("energy_bill", csv(HEAD, BILL), file="bills.csv").records
    assert (record.institution_id, record.kind, record.department) == ("office", "energy_bill", "finance")
    assert (record.record_id, record.subject) == ("0001|electricity|2026-08-01", "building:building-a")
    assert record.start_ms == day_start_ms(date(2026, 8, 1))
    assert record.end_ms == day_start_ms(date(2026, 9, 1))
    assert record.source == "bills.csv:2"
    assert record.fields == {
        "account": "0001",
        "carrier": "electricity",
        "building": "building-a",
        "period_start": "2026-08-01",
        "period_end": "2026-08-31",
        "quantity": 12_000.5,
        "unit": "kWh",
        "amount": 960_040,
        "supplier": None,
        "invoice": None,
    }


def test_row_without_a_building_is_about_the_institution() -> None:
    (record,) = check("energy_bill", csv(HEAD, [*BILL[:2], "", *BILL[3:]])).records
    assert (record.subject, record.fields["building"]) == ("institution:office", None)


@pytest.mark.parametrize("name", ["building-a", "甲楼", "House A", " house a "])
def test_building_may_be_called_by_any_of_its_names(name: str) -> None:
    (record,) = check("energy_bill", csv(HEAD, [*BILL[:2], name, *BILL[3:]])).records
    assert record.fields["building"] == "building-a"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_file_is_read_as_offices_save_it(encoding: str, delimiter: str) -> None:
    checked = check("energy_bill", csv(HEAD, BILL, delimiter=delimiter).encode(encoding))
    assert [one.record_id for one in checked.records] == ["0001|electricity|2026-08-01"]


@pytest.mark.parametrize(
    "head",
    [
        [*HEAD[:-1], "金额(元)"],
        ["account", "carrier", "building", "period_start", "period_end", "quantity", "unit", "amount"],
        ["Account", "CARRIER", "Building", "Period  start", "period end", "Quantity", "Unit", "Value", "x"],
    ],
)
def test_titles_are_found_by_id_or_label_in_any_width_and_case(head: list[str]) -> None:
    head = ["Amount (yuan)" if title == "Value" else title for title in head]
    assert len(check("energy_bill", csv(head, BILL)).records) == 1


def test_name_of_the_table_above_the_titles_and_empty_rows_are_passed_over() -> None:
    text = csv(["2026年能源账单"], ["单位：元"], [], HEAD, [""] * 8, BILL)
    (record,) = check("energy_bill", text, file="bills.csv").records
    assert record.source == "bills.csv:6"


def test_columns_and_sheets_that_mean_nothing_are_named() -> None:
    content = workbook(
        {"账单": [[*HEAD, "备注"], [*BILL, "x"]], "说明": [["填写说明"]], "草稿": [HEAD]}, hidden=["草稿"]
    )
    checked = check("energy_bill", content, file="bills.xlsx")
    assert checked.ignored == ("说明", "备注")
    assert checked.records[0].source == "bills.xlsx!账单:2"


def test_every_sheet_with_titles_is_read_unless_the_mapping_names_one() -> None:
    content = workbook({"一月": [HEAD, BILL], "二月": [HEAD, ["0002", *BILL[1:]]]})
    assert [one.record_id[:4] for one in check("energy_bill", content).records] == ["0001", "0002"]
    only = check("energy_bill", content, mapping="kind: energy_bill\nsheet: 二月")
    assert [one.record_id[:4] for one in only.records] == ["0002"]


def test_cells_of_a_workbook_keep_their_types() -> None:
    cells = [1234567890, "电", None, JANUARY, datetime(2026, 1, 31), 1200.1, "kWh", 0.1 + 0.2]  # noqa: DTZ001
    (record,) = check("energy_bill", workbook({"s": [HEAD, cells]})).records
    assert record.fields["account"] == "1234567890"
    assert (record.fields["period_start"], record.fields["quantity"]) == ("2026-01-01", 1200.1)
    assert record.fields["amount"] == 30


def test_formula_counts_with_the_value_it_was_saved_with() -> None:
    content = workbook({"s": [HEAD, [*BILL[:5], ("=60+2", 62), *BILL[6:]]]})
    assert check("energy_bill", content).records[0].fields["quantity"] == 62


def test_moment_starts_and_ends_at_once_and_is_local() -> None:
    head = "卡号,车辆编号,加油号牌,加油时间,油品,升数,金额（元）"
    (record,) = check("fuel_card", f"{head}\n9,car-01,桂A1,2026-01-05 08:30,汽油,40.5,¥310.20元\n").records
    moment = int(datetime(2026, 1, 5, 0, 30, tzinfo=UTC).timestamp() * 1000)
    assert (record.start_ms, record.end_ms, record.fields["fuelled_at"]) == (moment, moment, moment)
    assert (record.fields["amount"], record.subject) == (31_020, "vehicle:car-01")


def test_line_of_a_register_holds_always_so_that_the_same_file_says_the_same() -> None:
    text = "车辆编号,号牌,用途,动力\ncar-09,桂A9,general,petrol\n"
    (record,) = check("vehicle_book", text).records
    assert (record.start_ms, record.end_ms) == ALWAYS_MS
    assert record.record_id == "car-09"
    (later,) = check("vehicle_book", text.replace("桂A9", "桂A8")).records
    assert compare([record], [record]).same == 1
    assert compare([later], [record]).changed == 1
    assert compare([later], []).new == 1


def test_vehicle_of_the_vehicle_book_is_known() -> None:
    text = "卡号,车辆编号,加油号牌,加油时间,油品,升数,金额（元）\n9,car-09,桂A1,2026-01-05 08:30,汽油,40,300\n"
    assert check("fuel_card", text).mistakes[0].code == "unknown_vehicle"
    assert check("fuel_card", text, vehicles="car-09").mistakes == ()


def test_mapping_gives_titles_words_units_constants_and_dates() -> None:
    mapping = """
kind: energy_bill
header_row: 2
columns: {account: 编号, carrier: 种类, amount: 合计, quantity: 用量(万)}
words: {carrier: {用电: electricity}}
constants: {unit: kWh, building: 甲楼}
factors: {quantity: 10000, amount: "0.01"}
day_formats: ["%d.%m.%Y"]
delimiter: "|"
"""
    text = "编号|种类\n编号|种类|账期起|账期止|用量(万)|合计\n7|用电|01.02.2026|28.02.2026|1.2345|12345\n"
    (record,) = check("energy_bill", text, mapping=mapping).records
    fields = record.fields
    assert (fields["quantity"], fields["amount"], fields["building"]) == (12_345, 12_345, "building-a")
    assert (fields["carrier"], fields["period_end"], fields["unit"]) == ("electricity", "2026-02-28", "kWh")


@given(fen=st.integers(0, 10**14))
def test_money_is_exact_to_the_fen_as_text_and_as_a_number(fen: int) -> None:
    kind = load_kinds()["hand_reading"]
    row = {"meter": "w", "carrier": "water", "read_on": "2026-01-01", "reading": 1, "unit": "m3"}
    yuan = f"{fen // 100}.{fen % 100:02d}"
    for amount in (yuan, float(yuan) if fen < 10**12 else yuan, f"{fen // 100:,}.{fen % 100:02d}"):
        (record,) = check_rows("rows", [{**row, "amount": amount}], Target(kind, "office")).records
        assert record.fields["amount"] == fen


@given(
    parts=st.lists(
        st.tuples(st.text("ab|\\", min_size=1, max_size=4), st.text("ab|\\", min_size=1, max_size=4)), max_size=6
    )
)
@example(parts=[("a|", "b"), ("a", "|b"), ("a\\", "b"), ("a", "\\b")])
def test_different_keys_never_give_the_same_record(parts: list[tuple[str, str]]) -> None:
    kind = load_kinds()["invoice"]
    rest = {"category": "x", "department": "finance", "amount": 1, "booked_on": "2026-01-01"}
    rows = [{"supplier": supplier, "invoice": invoice, **rest} for supplier, invoice in dict.fromkeys(parts)]
    checked = check_rows("rows", rows, Target(kind, "office"))
    assert len({one.record_id for one in checked.records}) == len(rows)
