"""The figures of a report on the page are those of its sealed package, with the reason where one is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.console.components.books.report_orders import order_row, size_words
from cloud.console.components.row_table import Chip, Markup
from cloud.console.session import Viewer
from cloud.console.views.report_preview import MOST_ROWS, PreviewTable, read_preview, sections_of
from cloud.core.access import Principal, Role
from cloud.desks.reports import scene_of
from cloud.reporting.container import unpack
from cloud.reporting.order import OrderState, ReportOrder
from foundation.errors import DomainError
from tests.support.cloud_world import World
from tests.support.report_world import AUDITOR, order_of, package_of, report_world


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with report_world(tmp_path_factory.mktemp("office")) as world:
        yield world


@pytest.fixture(scope="module")
def done(office: World) -> ReportOrder:
    """The disclosure, which is made fastest."""
    order = order_of("disclosure")
    scene = scene_of(office.services, order)
    assert scene is not None
    content = package_of(scene, "disclosure")
    office.services.shelf.put("p.zip", content)
    made = replace(order, state=OrderState.DONE, package="p.zip", digest="d" * 64, size=len(content))
    office.services.reporting.orders.save(made)
    return made


def test_the_preview_holds_every_section_in_the_reader_s_language(office: World, done: ReportOrder) -> None:
    english = read_preview(office.services, AUDITOR, done.order_id, "en")
    chinese = read_preview(office.services, AUDITOR, done.order_id, "zh-CN")
    content = office.services.shelf.get("p.zip")
    assert content is not None
    document = json.loads((unpack(content) or {})["report.json"])
    assert [one.section_id for one in english] == [one["id"] for one in document["sections"]]
    assert {one.title for one in english}.isdisjoint(one.title for one in chinese)


def test_a_missing_figure_shows_its_reason_and_no_number(office: World, done: ReportOrder) -> None:
    cells = [
        cell
        for section in read_preview(office.services, AUDITOR, done.order_id, "en")
        for block in section.blocks
        if isinstance(block, PreviewTable)
        for row in block.rows
        for cell in row
    ]
    missing = [cell for cell in cells if cell.missing]
    assert missing
    assert {cell.text for cell in missing} == {""}


def test_a_report_that_is_not_done_or_of_another_house_shows_nothing(office: World, done: ReportOrder) -> None:
    waiting = replace(order_of(), order_id="order-2")
    office.services.reporting.orders.save(waiting)
    assert read_preview(office.services, AUDITOR, "order-2", "en") == ()
    stranger = Principal("x", frozenset({Role.AUDITOR}), frozenset({"school"}))
    with pytest.raises(DomainError) as hidden:
        read_preview(office.services, stranger, done.order_id, "en")
    assert hidden.value.status == 404


def test_a_long_table_says_how_many_rows_are_left_to_the_package() -> None:
    table = {"kind": "table", "title": {"en": "T"}, "columns": [{"title": {"en": "N"}, "unit": ""}],
             "rows": [[str(number)] for number in range(MOST_ROWS + 5)]}  # fmt: skip
    (section,) = sections_of({"sections": [{"id": "s", "title": {"en": "S"}, "blocks": [table]}]}, "en")
    (shown,) = section.blocks
    assert isinstance(shown, PreviewTable)
    assert (len(shown.rows), shown.left_off) == (MOST_ROWS, 5)


def test_an_order_shows_its_step_while_it_is_made_and_its_package_when_it_is_done(
    done: ReportOrder, viewer: Viewer
) -> None:
    running = replace(done, state=OrderState.RUNNING, progress=0.62, step="report.step.pdf")
    progress = order_row(running, viewer, done.ordered_ms).cells[3]
    assert isinstance(progress, Markup)
    assert "typesetting the PDF 62 %" in progress.html
    assert order_row(running, viewer, done.ordered_ms).cells[-1] == ""
    finished = order_row(done, viewer, done.ordered_ms)
    assert isinstance(finished.cells[3], Chip)
    assert isinstance(finished.cells[-1], Markup)
    assert f"/api/v1/reports/{done.order_id}/package" in finished.cells[-1].html
    failed = order_row(replace(done, state=OrderState.FAILED, error="no meter"), viewer, 0).cells[3]
    assert isinstance(failed, Chip)
    assert (failed.tone, failed.below) == ("red", "no meter")
    assert (size_words(None), size_words(2_048), size_words(3 * 1024 * 1024)) == ("—", "2 KiB", "3.0 MiB")
