"""The institution model as a workbook: out and back the same, and every mistake with sheet, row, column and reason."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.core.institution import InstitutionModel
from cloud.core.institution_check import PARTS
from cloud.core.institution_columns import choice_text, columns_of
from cloud.core.institution_workbook import column_title, read_institution_workbook, write_institution
from cloud.core.sheet_header import plain
from foundation.texts import LANGUAGES, Language
from tests.support.institution_models import OFFICE, models

Change = Callable[[Any], None]


def changed(change: Change, model: InstitutionModel | None = OFFICE) -> bytes:
    """The workbook of a model in English after a person has worked on it."""
    book = openpyxl.load_workbook(io.BytesIO(write_institution(model, "en")))
    change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def cell(sheet: str, place: str, value: Any) -> Change:
    def change(book: Any) -> None:
        book[sheet][place] = value

    return change


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(model=models(), language=st.sampled_from(LANGUAGES))
def test_model_goes_out_and_comes_back_the_same(model: InstitutionModel, language: Language) -> None:
    read = read_institution_workbook("i.xlsx", write_institution(model, language))
    assert read.mistakes == ()
    assert read.model == model


def test_every_part_goes_out_and_comes_back_through_a_spreadsheet() -> None:
    assert read_institution_workbook("i.xlsx", changed(lambda book: None)).model == OFFICE


def test_the_same_model_gives_the_same_bytes() -> None:
    assert write_institution(OFFICE, "zh-CN") == write_institution(OFFICE, "zh-CN")


def test_empty_workbook_can_be_filled_in() -> None:
    def fill(book: Any) -> None:
        book["Institution"].append(["office", "甲", "A", "State organ", "330127", "Mild", None, None, None])
        book["Compounds"].append(["county", "院", "C"])
        book["Buildings"].append(["b", "county", "楼", "B", "office", 100, None, 7, "2026-01-01", None])

    model = read_institution_workbook("i.xlsx", changed(fill, None)).model
    assert model is not None
    assert model.buildings[0].area_m2 == 100
    assert (model.buildings[0].persons, model.buildings[0].valid_from) == (7, date(2026, 1, 1))


MISTAKES: list[tuple[Change, str, tuple[str, int | None, str]]] = [
    (cell("Institution", "A4", "unassigned"), "reserved_id", ("Institution", 4, "Id")),
    (cell("Institution", "C4", None), "missing", ("Institution", 4, "English name")),
    (cell("Institution", "D4", "company"), "not_a_choice", ("Institution", 4, "Class")),
    (cell("Institution", "E4", 33012), "not_of_form_region", ("Institution", 4, "Region code")),
    (cell("Institution", "A5", "other"), "missing", ("Institution", 5, "Chinese name")),
    (lambda book: book["Institution"].delete_rows(4), "one_institution", ("Institution", None, "")),
    (lambda book: book["Compounds"].delete_rows(4), "one_compound", ("Compounds", None, "")),
    (cell("Buildings", "A4", "B 1"), "not_of_form_id", ("Buildings", 4, "Id")),
    (cell("Buildings", "B5", "campus"), "not_entered", ("Buildings", 5, "Compound id")),
    (cell("Buildings", "E4", "Office"), "not_of_form_code", ("Buildings", 4, "Use code")),
    (cell("Buildings", "F4", 0), "not_positive", ("Buildings", 4, "Area (m2)")),
    (cell("Buildings", "F4", "gross"), "not_a_number", ("Buildings", 4, "Area (m2)")),
    (cell("Buildings", "G4", -1), "too_small", ("Buildings", 4, "Heated area (m2)")),
    (cell("Buildings", "H4", 2.5), "not_whole", ("Buildings", 4, "Persons")),
    (cell("Buildings", "J4", "soon"), "not_a_day", ("Buildings", 4, "Valid to")),
    (cell("Buildings", "I4", "2027-01-01"), "validity_backwards", ("Buildings", 4, "Valid to")),
    (cell("Buildings", "J4", "2026-06-01"), "validity_twice", ("Buildings", 5, "")),
    (cell("Rooms", "B4", "c"), "not_entered", ("Rooms", 4, "Building id")),
    (cell("Assets", "F4", "999"), "not_entered", ("Assets", 4, "Room id")),
    (cell("Devices", "H4", "A"), "not_of_form_sub_item", ("Devices", 4, "Sub-item code")),
    (cell("Devices", "A3", "Ident"), "column_unknown", ("Devices", 3, "Ident")),
    (cell("Devices", "J3", "Id"), "column_twice", ("Devices", 3, "Id")),
    (lambda book: book["Rooms"].delete_cols(3), "column_missing", ("Rooms", 3, "中文名称 / Chinese name")),
    (lambda book: book["Rooms"].delete_rows(1, 9), "no_titles", ("Rooms", None, "")),
    (lambda book: book.remove(book["Posts"]), "sheet_missing", ("", None, "")),
]


@pytest.mark.parametrize(("change", "code", "place"), MISTAKES, ids=[f"{one[1]}-{one[2][2]}" for one in MISTAKES])
def test_mistake_names_sheet_row_column_and_reason(
    change: Change, code: str, place: tuple[str, int | None, str]
) -> None:
    read = read_institution_workbook("i.xlsx", changed(change))
    assert (code, *place) in [(one.code, one.sheet, one.row, one.column) for one in read.mistakes]
    assert read.model is None
    for language in LANGUAGES:
        sentence = next(one for one in read.mistakes if one.code == code).sentence(language)
        assert sentence.startswith("i.xlsx")
        assert "?" not in sentence


def test_file_that_is_no_workbook_lacks_every_sheet() -> None:
    read = read_institution_workbook("i.csv", b"id,name\na,b\n")
    assert {one.code for one in read.mistakes} == {"sheet_missing"}
    assert read.mistake_count == len(PARTS) + 1
    assert read_institution_workbook("i.xls", b"\xd0\xcf\x11\xe0").mistakes[0].code == "old_workbook"


@pytest.mark.parametrize("part", ["institution", *(part for part, _ in PARTS)])
def test_titles_and_choices_of_a_part_mean_one_thing_each(part: str) -> None:
    columns = columns_of(part)
    titles = [{plain(title) for title in (one.id, *(column_title(one, lang) for lang in LANGUAGES))} for one in columns]
    assert sum(len(one) for one in titles) == len(set[str]().union(*titles))
    for column in columns:
        for language in LANGUAGES:
            words = [choice_text(choice, language) for choice in column.choices]
            assert len(set(words)) == len(words)
            # A comma would cut the list that a spreadsheet offers.
            assert not any("," in word or "?" in word or "." in word for word in words)
