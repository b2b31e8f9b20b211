"""Figures are exact until they are shown, and what is missing says why in every format."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from html.parser import HTMLParser

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from cloud.reporting.display import Reasons, figure_text, number_text, unit_text
from cloud.reporting.document import Chart, Column, Document, Figure, FigureList, Item, Section, Series, Table
from cloud.reporting.export.axis import MOST_STEPS, axis_of
from cloud.reporting.export.html import html_bytes
from cloud.reporting.export.json import json_bytes
from cloud.reporting.export.pdf import pdf_bytes
from cloud.reporting.export.xlsx import xlsx_bytes
from cloud.reporting.report import Content
from cloud.reporting.words import same
from foundation.texts import LANGUAGES, Language, load_texts

MADE_MS = 1_790_000_000_000
AREA_UNKNOWN = "energy_account.missing.area_unknown"
KNOWN = Figure(figure_id="energy", value=Decimal("1234.565"), unit="kgce", period="2026-08", decimals=2)
MISSING = Figure(figure_id="per_area", value=None, unit="kgce/(m2·a)", period="2026-08", missing=AREA_UNKNOWN)


def document() -> Document:
    """Each kind of block once, with a missing figure and a text that would be markup or a formula elsewhere."""
    columns = (Column(same("名称")), Column(same("数量"), "kWh", 1))
    rows = (("=1+1 <b>#x</b>", Decimal("2.25")), ("乙", MISSING))
    table = Table(same("表"), columns, rows, same("无"))
    values = (Decimal(1), None, Decimal(-3))
    chart = Chart(same("图"), "bars", "kWh", tuple(map(same, "abc")), (Series(same("系列"), values),))
    lists = FigureList((Item(same("综合能耗"), KNOWN), Item(same("单位面积能耗"), MISSING)))
    return Document(
        same("月报"),
        same("机构"),
        ((same("期间"), same("2026-08")),),
        (Section("s", same("摘要"), (lists, table, chart)),),
    )


def test_figure_needs_a_value_or_a_reason_and_not_both() -> None:
    for value, missing in ((None, None), (Decimal(1), AREA_UNKNOWN)):
        with pytest.raises(ValueError, match="either"):
            Figure(figure_id="x", value=value, unit="", period="", missing=missing)


def test_one_id_never_means_two_figures() -> None:
    other = Figure(figure_id="energy", value=Decimal(1), unit="kgce", period="2026-08")
    sections = tuple(
        Section(str(n), same(""), (FigureList((Item(same(""), one),)),)) for n, one in enumerate((KNOWN, other))
    )
    with pytest.raises(ValueError, match="two figures"):
        Document(same(""), same(""), (), sections).figures()


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [("1234.565", 2, "1,234.57"), ("-0.004", 2, "0.00"), ("0.5", 0, "1"), ("-2.5", 0, "-3"), ("1E+3", 1, "1,000.0")],
)
def test_number_is_rounded_half_up_where_it_is_shown(value: str, decimals: int, text: str) -> None:
    assert number_text(Decimal(value), decimals) == text


def test_units_are_written_as_people_write_them() -> None:
    assert unit_text("kgce/(person·a)", "zh-CN") == "kgce/(人·a)"
    assert unit_text("kWh/(m2·a)", "en") == "kWh/(m²·a)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_figure_shows_a_mark_that_leads_to_its_reason(language: Language) -> None:
    reasons = Reasons(language)
    assert "[1]" in figure_text(MISSING, language, reasons)
    assert reasons.notes() == [f"[1] {load_texts()(AREA_UNKNOWN, language)}"]


@given(st.lists(st.decimals(-10_000_000, 10_000_000, places=3), max_size=20))
def test_axis_is_round_and_holds_every_value_and_zero(values: list[Decimal]) -> None:
    axis = axis_of(values)
    assert 2 <= len(axis.ticks) <= MOST_STEPS + 3
    assert all(0 <= axis.place(value) <= 1 for value in [*values, Decimal(0)])
    assert Decimal(0) in axis.ticks


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_format_gives_the_same_bytes_twice(language: Language) -> None:
    one, other = document(), document()
    assert pdf_bytes(one, language, MADE_MS) == pdf_bytes(other, language, MADE_MS)
    assert xlsx_bytes(one, [], language, MADE_MS) == xlsx_bytes(other, [], language, MADE_MS)
    assert html_bytes(one, language) == html_bytes(other, language)
    assert json_bytes(Content(one, ())) == json_bytes(Content(other, ()))


def test_json_keeps_the_exact_value_and_the_reason() -> None:
    figures = json.loads(json_bytes(Content(document(), ())))["figures"]
    assert figures["energy"]["value"] == "1234.565"
    assert (figures["per_area"]["value"], figures["per_area"]["missing"]) == (None, AREA_UNKNOWN)


def test_workbook_holds_the_exact_number_shown_rounded_and_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(document(), [], "zh-CN", MADE_MS)))
    cells = {cell.value: cell for row in book["摘要"].iter_rows() for cell in row if cell.value is not None}
    assert cells[1234.565].number_format == "#,##0.00"
    assert cells["=1+1 <b>#x</b>"].data_type == "s"
    assert cells["待补充 [1]"].value
    assert 0 not in cells
    assert len(book["摘要"]._charts) == 1


def test_pdf_has_searchable_chinese_and_carries_its_fonts() -> None:
    reader = PdfReader(io.BytesIO(pdf_bytes(document(), "zh-CN", MADE_MS)))
    text = re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in reader.pages))
    for wanted in ("月报", "1,234.57", "待补充[1]", "建筑面积未填写", "=1+1<b>#x</b>"):
        assert wanted in text
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert descriptors
    assert all(any(name.startswith("/FontFile") for name in one) for one in descriptors)
    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    assert round(reader.metadata.creation_date.timestamp()) == MADE_MS // 1000


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [name for name, _ in attrs if name in ("src", "href", "onclick", "onload")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_loads_nothing_runs_nothing_and_escapes_every_text() -> None:
    page = _Page()
    page.feed(html_bytes(document(), "en").decode())
    assert not {"script", "link", "img", "iframe", "b#x"} & set(page.tags)
    assert page.loaded == []
    assert "=1+1 <b>#x</b>" in page.text
    assert "to be completed [1]" in page.text
