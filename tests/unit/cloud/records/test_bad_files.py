"""Every way a file can be wrong gives one clear mistake with its place, in both languages."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from cloud.core import sheets, workbook_reading
from cloud.core.import_mistake import MOST_MISTAKES
from cloud.core.sheets import MOST_ROWS
from cloud.records.check import Target, check_rows
from cloud.records.kind import load_kinds
from foundation.texts import load_texts
from tests.support.record_files import check, workbook

HEAD = "户号,能源种类,建筑,账期起,账期止,用量,单位,金额（元）"
GOOD = ["1", "电", "building-a", "2026-08-01", "2026-08-31", "100", "kWh", "80.5"]
ORDER_HEAD = "派车单号,车辆编号,用车部门,事由,出车时间,还车时间,已批准"
ORDER = ["1", "car-01", "finance", "meeting", "2026-08-01 08:00", "2026-08-01 10:00", "是"]


def with_cell(place: int, value: str, *, head: str = HEAD, row: list[str] = GOOD) -> str:
    cells = [*row[:place], value, *row[place + 1 :]]
    return head + "\n" + ",".join(f'"{cell}"' for cell in cells) + "\n"


def sheet(place: int, value: Any) -> bytes:
    return workbook({"账单": [HEAD.split(","), [*GOOD[:place], value, *GOOD[place + 1 :]]]})


def uncalculated() -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.append(HEAD.split(","))
    page.append([*GOOD[:5], "=1+1", *GOOD[6:]])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def hostile(old: bytes, new: bytes) -> bytes:
    """A workbook with something of its first sheet replaced."""
    source, target = zipfile.ZipFile(io.BytesIO(sheet(0, "1"))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for part in source.infolist():
            content = source.read(part)
            archive.writestr(part.filename, content.replace(old, new) if "sheet1" in part.filename else content)
    return target.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'

FILES: list[tuple[str, str, bytes | str, str, tuple[int | None, str]]] = [
    ("nothing at all", "energy_bill", b"", "empty_file", (None, "")),
    ("titles alone", "energy_bill", HEAD, "empty_file", (None, "")),
    ("old workbook", "energy_bill", b"\xd0\xcf\x11\xe0" + bytes(600), "old_workbook", (None, "")),
    ("half a workbook", "energy_bill", sheet(0, "1")[:900], "broken_workbook", (None, "")),
    ("zip of something else", "energy_bill", b"PK\x03\x04" + bytes(90), "broken_workbook", (None, "")),
    ("sheet that is no XML", "energy_bill", hostile(b"<sheetData>", b"<sheet"), "broken_workbook", (None, "")),
    ("entities of its own", "energy_bill", hostile(b"<worksheet", ENTITIES), "broken_workbook", (None, "")),
    ("letters of no encoding", "energy_bill", b"a,\xff\xff\n1,2\n", "wrong_encoding", (None, "")),
    ("picture", "energy_bill", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_a_table", (None, "")),
    ("program", "energy_bill", b"\x7fELF\x02\x01\x00\x00,\n", "not_a_table", (None, "")),
    ("torn quotes", "energy_bill", f'{HEAD}\n"1"x,2\n', "broken_line", (2, "")),
    ("quote without an end", "energy_bill", f'{HEAD}\n"1,2\n', "broken_line", (2, "")),
    ("another table", "energy_bill", "姓名,电话\n甲,1\n", "no_titles", (None, "")),
    ("missing column", "energy_bill", "户号,能源种类,账期起,账期止,用量,单位\n1,电,2026-08-01,2026-08-31,1,kWh\n",
     "column_missing", (1, "金额（元） / Amount (yuan)")),
    ("column twice", "energy_bill", f"{HEAD},金额(元)\n{','.join(GOOD)},1\n", "column_twice", (1, "金额(元)")),
    ("empty cell", "energy_bill", with_cell(0, " "), "missing", (2, "户号")),
    ("two lines in a cell", "energy_bill", with_cell(0, "1\n2"), "control_character", (2, "户号")),
    ("novel in a cell", "energy_bill", with_cell(0, "x" * 501), "too_long", (2, "户号")),
    ("long account as a number", "energy_bill", sheet(0, 6.2e17), "shortened_number", (2, "户号")),
    ("no such carrier", "energy_bill", with_cell(1, "柴火"), "not_a_choice", (2, "能源种类")),
    ("no such building", "energy_bill", with_cell(2, "丙楼"), "unknown_building", (2, "建筑")),
    ("no such vehicle", "vehicle_order", with_cell(1, "car-77", head=ORDER_HEAD, row=ORDER), "unknown_vehicle",
     (2, "车辆编号")),
    ("no such department", "vehicle_order", with_cell(2, "厨房", head=ORDER_HEAD, row=ORDER), "unknown_department",
     (2, "用车部门")),
    ("no such day", "energy_bill", with_cell(3, "2026-02-30"), "not_a_day", (2, "账期起")),
    ("day of seven digits", "energy_bill", with_cell(3, "2026111"), "not_a_day", (2, "账期起")),
    ("day as a plain number", "energy_bill", sheet(3, 46235), "not_a_day", (2, "账期起")),
    ("day of another age", "energy_bill", with_cell(3, "0026-08-01"), "not_a_day", (2, "账期起")),
    ("end before start", "energy_bill", with_cell(4, "2026-07-30"), "ends_before_start", (2, "")),
    ("word for a number", "energy_bill", with_cell(5, "约100"), "not_a_number", (2, "用量")),
    ("number of Python", "energy_bill", with_cell(5, "1_000"), "not_a_number", (2, "用量")),
    ("not a number", "energy_bill", with_cell(5, "nan"), "not_a_number", (2, "用量")),
    ("commas anywhere", "energy_bill", with_cell(5, "1,00"), "not_a_number", (2, "用量")),
    ("boundless number", "energy_bill", with_cell(5, "9" * 30), "number_too_large", (2, "用量")),
    ("negative quantity", "energy_bill", with_cell(5, "-1"), "too_small", (2, "用量")),
    ("error of the spreadsheet", "energy_bill", sheet(5, ("=1/0", "#DIV/0!")), "spreadsheet_error", (2, "用量")),
    ("formula never calculated", "energy_bill", uncalculated(), "formula_without_value", (2, "用量")),
    ("parts of a fen", "energy_bill", with_cell(7, "80.505"), "not_whole_fen", (2, "金额（元）")),
    ("time without hours", "vehicle_order", with_cell(4, "2026-08-01", head=ORDER_HEAD, row=ORDER), "not_a_time",
     (2, "出车时间")),
    ("neither yes nor no", "vehicle_order", with_cell(6, "待定", head=ORDER_HEAD, row=ORDER), "not_a_flag",
     (2, "已批准")),
    ("part of a person", "satisfaction", "调查编号,部门,日期,答卷数,满意数\n1,finance,2026-01-01,2.5,1\n", "not_whole",
     (2, "答卷数")),
    ("year out of range", "budget", "年度,部门,科目,预算（元）,起始,终止\n2199,finance,it,1,2026-01-01,2026-12-31\n",
     "too_large", (2, "年度")),
    ("same row again", "energy_bill", f"{HEAD}\n{','.join(GOOD)}\n{','.join(GOOD)}\n", "given_twice", (3, "")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "content", "code", "place"), [one[1:] for one in FILES], ids=[one[0] for one in FILES]
)
def test_bad_file_gives_one_mistake_at_its_place(
    kind: str, content: bytes | str, code: str, place: tuple[int | None, str]
) -> None:
    checked = check(kind, content, file="bills.xlsx")
    assert [(one.code, one.row, one.column) for one in checked.mistakes] == [(code, *place)]
    assert checked.records == ()
    for language in ("zh-CN", "en"):
        sentence = checked.mistakes[0].sentence(language)
        assert sentence.startswith("bills.xlsx")
        assert "?" not in sentence.replace("bills.xlsx", "")
        assert "import." not in sentence


def test_every_reason_that_is_written_down_is_tried_here_or_named() -> None:
    keys = [key for key in load_texts().keys() if key.startswith("import.mistake.")]  # noqa: SIM118 (no mapping)
    elsewhere = {"sheet_unknown", "column_unknown", "too_many_rows", "workbook_too_large"}
    institution = {
        "sheet_missing",
        "one_institution",
        "one_compound",
        "other_institution",
        "reserved_id",
        "not_entered",
    }
    institution |= {"validity_backwards", "validity_twice", "not_positive", "not_accepted"}
    institution |= {f"not_of_form_{form}" for form in ("id", "code", "sub_item", "region")}
    tried = {one[3] for one in FILES}
    assert {key.removeprefix("import.mistake.") for key in keys} - institution == tried | elsewhere


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    rows = ["1,柴火,丙楼,2026-13-01,2026-08-31,x,斤,1.001", ",电,,2026-08-01,2026-08-31,1,kWh,"]
    checked = check("energy_bill", HEAD + "\n" + "\n".join(rows) + "\n")
    assert [(one.row, one.code) for one in checked.mistakes] == [
        (2, "not_a_choice"),
        (2, "unknown_building"),
        (2, "not_a_day"),
        (2, "not_a_number"),
        (2, "not_a_choice"),
        (2, "not_whole_fen"),
        (3, "missing"),
        (3, "missing"),
    ]
    assert "building-a, building-b" in checked.mistakes[1].reason("en")


def test_more_mistakes_than_anybody_reads_are_counted() -> None:
    checked = check("energy_bill", HEAD + "\n" + "\n".join(",".join(["", *GOOD[1:]]) for _ in range(500)))
    assert (len(checked.mistakes), checked.mistake_count) == (MOST_MISTAKES, 500)


def test_one_wrong_row_keeps_all_others_out() -> None:
    assert check("energy_bill", f"{HEAD}\n{','.join(GOOD)}\n2,{','.join(GOOD[1:])}x\n").records == ()


def test_more_rows_than_a_file_may_have_are_refused() -> None:
    checked = check("energy_bill", HEAD + "\n1" * MOST_ROWS + "\n1")
    assert [(one.code, one.row) for one in checked.mistakes] == [("too_many_rows", MOST_ROWS + 1)]


def test_workbook_that_unpacks_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_reading, "MOST_UNPACKED_BYTES", 1000)
    assert [one.code for one in check("energy_bill", sheet(0, "1")).mistakes] == ["workbook_too_large"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp037"])
def test_entities_do_not_hide_behind_another_encoding(encoding: str) -> None:
    source = zipfile.ZipFile(io.BytesIO(sheet(0, "1"))).read("xl/worksheets/sheet1.xml").decode()
    declaration, _, rest = source.partition("?>")
    declaration = declaration.replace("UTF-8", encoding) + "?>"
    rest = rest.replace("<worksheet", ENTITIES.decode(), 1)
    text = (
        (declaration + rest).encode(encoding) if encoding == "utf-16" else declaration.encode() + rest.encode(encoding)
    )
    assert [one.code for one in check("energy_bill", hostile(source.encode(), text)).mistakes] == ["broken_workbook"]


def cell_at(place: str, row: int) -> bytes:
    return f'<row r="{row}"><c r="{place}{row}"><v>1</v></c></row>'.encode()


@pytest.mark.parametrize(
    "rows",
    [cell_at("A", 10**12), b"".join(cell_at("XFD", row) for row in range(10, 20))],
    ids=["a row far below", "wide rows"],
)
def test_a_small_workbook_cannot_claim_cells_without_end(monkeypatch: pytest.MonkeyPatch, rows: bytes) -> None:
    monkeypatch.setattr(sheets, "MOST_CELLS", 100_000)
    content = hostile(b"</sheetData>", rows + b"</sheetData>")
    assert [one.code for one in check("energy_bill", content).mistakes] == ["workbook_too_large"]


def test_sheet_that_the_mapping_names_must_be_there() -> None:
    checked = check("energy_bill", sheet(0, "1"), mapping="kind: energy_bill\nsheet: 二月")
    assert [one.code for one in checked.mistakes] == ["sheet_unknown"]
    assert "账单" in checked.mistakes[0].reason("en")


def test_column_that_the_mapping_names_must_be_there() -> None:
    checked = check("energy_bill", sheet(0, "1"), mapping="kind: energy_bill\ncolumns: {supplier: 供电单位}")
    assert [(one.code, one.column) for one in checked.mistakes] == [("column_missing", "供电单位")]


def test_wrong_constant_of_the_mapping_is_a_mistake_of_its_field() -> None:
    text = "户号,能源种类,账期起,账期止,用量,金额（元）\n1,电,2026-08-01,2026-08-31,1,1\n"
    checked = check("energy_bill", text, mapping="kind: energy_bill\nconstants: {unit: 斤}")
    assert [(one.code, one.column, one.row) for one in checked.mistakes] == [("not_a_choice", "unit", None)]


def test_program_is_told_of_every_name_that_is_no_column() -> None:
    row = {"meter": "w", "carrier": "water", "read_on": "2026-01-01", "reading": 1, "unit": "m3", "cost": 1}
    checked = check_rows("rows", [row, {**row, "meter": None}], Target(load_kinds()["hand_reading"], "office"))
    assert [(one.code, one.row, one.column) for one in checked.mistakes] == [
        ("column_unknown", None, "cost"),
        ("missing", 2, "meter"),
    ]
    assert check_rows("rows", [], Target(load_kinds()["hand_reading"], "office")).mistakes[0].code == "no_titles"
