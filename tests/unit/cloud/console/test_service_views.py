"""What the pages of the service platform show: figures of the list, forms, shared rows, the notice, small counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cloud.console.components.service.demand_table import weeks_bars
from cloud.console.components.service.public_counts import count_text
from cloud.console.session import Viewer
from cloud.console.views.case_board import case_figures, read_case_detail, read_case_lines
from cloud.console.views.dataset_board import read_dataset_board
from cloud.console.views.public_board import institutions_shown, notice_of, read_public_board
from cloud.console.views.request_board import figures_of, read_request_detail, read_request_lines
from cloud.console.views.service_inputs import entered_inputs, inputs_of, local_ms
from cloud.console.views.shared_rows import shared_table
from cloud.core.access import ANONYMOUS
from cloud.core.calendar import to_local
from cloud.desks.datasets import DatasetRows, shared_rows
from cloud.desks.disclosure import Disclosure
from cloud.desks.requests import rate_request
from cloud.services.anonymity import Cell, Hidden
from cloud.services.catalogue import load_services
from cloud.services.dataset import load_datasets
from cloud.services.inputs import checked_inputs
from cloud.services.request_life import Action
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import asked_grant, done_repair, head_of, joint_case, repair, shared_grant, staff

ENGLISH = Viewer("", ANONYMOUS, "en")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def test_the_figures_count_what_is_mine_what_waits_for_me_and_what_is_late(world: World) -> None:
    done, waiting = done_repair(world), repair(world)
    rate_request(world.services, staff(), done.request_id, 4)
    mine = figures_of(read_request_lines(world.services, staff()), waiting.finish_by_ms + 1)
    assert (mine.mine, mine.mine_done, mine.work, mine.overdue) == (2, 1, 0, 1)
    assert (mine.mean_stars, mine.rated) == (4.0, 1)
    work = figures_of(read_request_lines(world.services, head_of("real_estate")), world.clock.now_ms())
    assert (work.mine, work.work, work.unanswered, work.overdue) == (0, 1, 1, 0)


def test_no_ratings_are_no_mean_of_zero(world: World) -> None:
    repair(world)
    assert figures_of(read_request_lines(world.services, staff()), 0).mean_stars is None


def test_one_request_offers_what_its_state_and_ones_part_allow(world: World) -> None:
    request_id = done_repair(world).request_id
    asker = read_request_detail(world.services, staff(), request_id)
    assert asker.actions == (Action.CONFIRM, Action.REOPEN)
    assert asker.may_rate
    owner = read_request_detail(world.services, head_of("real_estate"), request_id)
    assert not owner.may_rate
    assert owner.actions == ()


def test_inputs_of_persons_are_told_as_hidden_to_who_has_no_part_in_it(world: World) -> None:
    draft = repair(world)
    world.services.service.requests.move(replace(draft, fields={**draft.fields, "phone": "13812345678"}), was=draft)
    asker_department = read_request_detail(world.services, head_of("energy", name="zhou"), draft.request_id)
    assert dict(asker_department.inputs)["phone"] != "13812345678"
    assert dict(read_request_detail(world.services, staff(), draft.request_id).inputs)["phone"] == "13812345678"


def test_a_case_waits_for_the_departments_one_speaks_for(world: World) -> None:
    case = joint_case(world)
    [line] = read_case_lines(world.services, head_of("finance"))
    assert (line.case.case_id, line.speaks_for, line.origin) == (case.case_id, ("finance",), None)
    figures = case_figures([line], case.due_ms + 1)
    assert (figures.open, figures.mine, figures.late, figures.refused) == (1, 1, 1, 0)
    assert read_case_detail(world.services, head_of("energy"), case.case_id).may_close
    assert not read_case_detail(world.services, head_of("finance"), case.case_id).may_close


def test_the_catalogue_says_what_one_may_ask_open_and_decide(world: World) -> None:
    shared_grant(world)
    board = read_dataset_board(world.services, head_of("energy"))
    lines = {one.dataset.id: one for one in board.lines}
    assert (lines["room"].may_open, lines["room"].may_ask) == (True, False)
    assert (lines["asset"].may_open, lines["asset"].may_ask) == (False, True)
    assert (lines["energy_days"].is_own, lines["energy_days"].may_ask) == (True, False)
    reader = {one.dataset.id: one for one in read_dataset_board(world.services, staff()).lines}
    assert (reader["room"].may_open, reader["asset"].may_ask) == (True, False)
    asked = asked_grant(world, "office", "room", "finance")
    owner = read_dataset_board(world.services, head_of("real_estate", name="sun"))
    assert [one.grant_id for one in owner.to_decide] == [asked.grant_id]


def test_a_form_gives_back_what_the_service_takes() -> None:
    service = load_services()["meeting_room"]
    names = [one.name for one in inputs_of(service, ENGLISH)]
    assert names == ["start", "end", "purpose", "persons", "tea", "note"]
    entered = entered_inputs(service, {"purpose": "x", "persons": 8.0, "tea": True, "start": "2026-11-26T09:00"})
    assert checked_inputs(service, entered) == {"purpose": "x", "persons": 8, "tea": True}


def test_a_time_of_the_form_is_local_and_nonsense_is_none() -> None:
    at_ms = local_ms("2026-11-26T09:30")
    assert at_ms is not None
    assert to_local(at_ms).isoformat() == "2026-11-26T09:30:00+08:00"
    assert local_ms("2026-11-26 09:30") == at_ms
    assert [local_ms(one) for one in (None, "", "tomorrow")] == [None, None, None]


def test_shared_rows_read_as_words_and_say_what_they_withhold() -> None:
    dataset = load_datasets()["room"]
    row = {"room": "101", "building": "building-a", "area_m2": 18.5, "use": "meeting", "grade": "section_head"}
    found = DatasetRows(dataset, date(2026, 1, 1), date(2026, 2, 1), shared_rows(dataset, [row]), is_cut=False)
    table = shared_table(found, "en", 10, lambda subject: f"<{subject}>")
    assert table.titles == ("Room", "Building", "Area", "Use")
    assert table.rows == (("101", "<building:building-a>", "18.50", "Meeting"),)
    assert "Grade" in table.withheld


def test_money_of_shared_rows_is_shown_in_yuan() -> None:
    dataset = load_datasets()["energy_bill"]
    found = DatasetRows(dataset, date(2026, 1, 1), date(2026, 2, 1), [{"amount": 2_170_005}], is_cut=False)
    assert shared_table(found, "en", 10, str).rows == (("21,700.05",),)


def test_a_small_count_says_why_it_is_kept_back() -> None:
    assert count_text(Cell(15), 5, ENGLISH) == "15"
    assert count_text(Cell(None, Hidden.FEW), 5, ENGLISH) == "fewer than 5"
    assert count_text(Cell(None, Hidden.DERIVABLE), 5, ENGLISH) == "kept back"


def test_an_empty_week_keeps_its_place_among_the_bars() -> None:
    assert weeks_bars([0, 2, 1]).html.count("<i ") == 3
    assert weeks_bars([]).html == '<span class="xt-weeks"></span>'


def test_the_notice_is_read_as_it_was_sealed_and_says_what_is_missing() -> None:
    label = {"zh-CN": "面积", "en": "Area"}
    figures = {
        "area": {"value": "21900.55", "decimals": 1, "unit": "m2", "missing": None},
        "change": {"value": None, "decimals": 1, "unit": "%", "missing": "energy_account.missing.earlier"},
    }
    blocks = [
        {"kind": "figures", "items": [{"label": label, "figure": "area"}]},
        {"kind": "table", "title": label, "columns": [{"title": label, "unit": "m2"}, {"title": label, "unit": ""}],
         "rows": [[{"figure": "change"}, "—"]]},
        {"kind": "paragraph", "text": label},
    ]  # fmt: skip
    sections = [{"id": "disclosure", "blocks": blocks}, {"id": "integrity", "blocks": blocks}]
    found = notice_of(Disclosure("office", "2026-08", 0, {"figures": figures, "sections": sections}, ()), "en")
    [figure] = found.figures
    assert (figure.label, figure.text, figure.unit, figure.missing) == ("Area", "21,900.6", "m²", "")
    assert found.tables[0].columns == ("Area (m²)", "Area")
    assert found.tables[0].rows == (("the period compared with has no usable data", "—"),)
    assert found.remarks == ("Area",)


def test_an_institution_without_a_notice_has_a_page_and_an_unknown_one_has_none(world: World) -> None:
    assert read_public_board(world.services, "office").notice is None
    assert [one.institution_id for one in institutions_shown(world.services, "office")] == ["office"]
    assert institutions_shown(world.services, "nowhere") == []
    assert len(institutions_shown(world.services, None)) == 2
