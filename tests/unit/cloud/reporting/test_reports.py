"""The monthly report and the public notice over real books: figures, conventions, secrets, bytes."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from cloud.core.period import Period
from cloud.desks.reports import scene_of
from cloud.reporting.container import unpack
from cloud.reporting.report import Scene, load_reports
from cloud.reporting.verify import verify_package
from foundation.texts import LANGUAGES, load_texts
from tests.support.cloud_world import World
from tests.support.county_model import building
from tests.support.report_world import AUGUST, SECRET, content_of, order_of, package_of

CALORIFIC, EQUIVALENT = "calorific_gbt2589_2020", "equivalent_db37_2672_2019"


@pytest.fixture(scope="session")
def report(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files["report.json"])
    return found


def value(report: dict[str, Any], figure: str) -> Decimal:
    return Decimal(report["figures"][figure]["value"])


def test_package_of_the_report_is_intact_and_its_totals_come_out_anew(package: bytes) -> None:
    verdict = verify_package(package)
    assert verdict.faults == ()
    # Seven quantities and two conventions and carbon, and the six products of factors.
    assert (verdict.rows, verdict.totals) == (192, 7 + 2 + 1 - 1 + 6)


def test_two_hundred_changed_bytes_of_the_report_are_each_refused_at_their_file_and_row(
    package: bytes, files: dict[str, bytes]
) -> None:
    chance = random.Random(11)
    ledgers = [name for name in files if name.endswith(".csv")]
    for number in range(200):
        # Half of them anywhere, half in the ledgers, which are a small part of the bytes.
        name = chance.choice(ledgers)
        start = package.index(files[name])
        at = chance.randrange(len(package)) if number % 2 else start + chance.randrange(len(files[name]))
        changed = bytearray(package)
        changed[at] ^= chance.randrange(1, 256)
        faults = verify_package(bytes(changed)).faults
        assert faults, at
        if number % 2 == 0:
            row = files[name][: at - start].count(b"\r\n")
            wanted = {None} if row == 0 else {row, row + 1}
            assert {fault.file for fault in faults} == {name}, faults
            assert {fault.row for fault in faults} <= wanted, faults


def test_same_books_give_the_same_package_byte_for_byte(office: World, package: bytes) -> None:
    again = scene_of(office.services, order_of())
    assert again is not None
    assert package_of(again) == package


def test_hash_of_the_state_crypto_review_seals_as_well(scene: Scene) -> None:
    assert verify_package(package_of(scene, "disclosure", "sm3")).faults == ()


def test_conventions_stand_apart_and_are_products_of_their_own_factors(report: dict[str, Any]) -> None:
    electricity, gas = (value(report, f"institution:office/{one}/quantity") for one in ("electricity", "gas"))
    assert value(report, f"energy_kgce/{CALORIFIC}") == electricity * Decimal("0.1229") + gas * Decimal("1.2143")
    assert value(report, f"energy_kgce/{EQUIVALENT}") == electricity * Decimal("0.31") + gas * Decimal("1.2143")
    for convention in (CALORIFIC, EQUIVALENT):
        assert report["figures"][f"energy_kgce/{convention}"]["factor_set"] == convention
    assert value(report, "carbon") == electricity * Decimal("0.5306") + gas * Decimal("2.1622")


def test_workbook_has_the_figures_of_the_json(report: dict[str, Any], files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["energy_month.zh-CN.xlsx"]), read_only=True)
    numbers = {
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, int | float)
    }
    known = [Decimal(one["value"]) for one in report["figures"].values() if one["value"] is not None]
    assert len(known) > 100
    # A workbook keeps sixteen digits.
    assert {f"{float(one):.16G}" for one in known} <= {f"{one:.16G}" for one in numbers}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_says_the_summary_and_every_reason_in_its_language(files: dict[str, bytes], language: str) -> None:
    reader = PdfReader(io.BytesIO(files[f"energy_month.{language}.pdf"]))
    text = "".join("".join(page.extract_text().split()) for page in reader.pages[:3])
    assert "89,920.4" in text
    texts = load_texts()
    for key in ("report.energy_month.title", "report.missing.heated_area", "report.missing.no_daily_data"):
        assert "".join(texts(key, "zh-CN" if language == "zh-CN" else "en").split()) in text


def test_missing_data_are_never_zero(report: dict[str, Any]) -> None:
    lost = report["figures"]["building:c/electricity/day/2026-08-12"]
    assert (lost["value"], lost["missing"]) == (None, "report.missing.no_daily_data")
    heated = report["figures"]["heated_area"]
    assert (heated["value"], heated["missing"]) == (None, "report.missing.heated_area")
    assert report["figures"]["institution:office/electricity/quantity"]["completeness"] == "0.9892"


def test_unknown_area_leaves_the_intensity_open_with_its_reason(scene: Scene) -> None:
    buildings = tuple(replace(building(name, None, 100), name={"zh-CN": "楼", "en": "B"}) for name in "abc")
    bare = replace(scene, model=replace(scene.model, buildings=buildings))
    figures = content_of(bare).document.figures()
    assert figures[f"energy_per_m2/{CALORIFIC}"].missing == "energy_account.missing.area_unknown"
    assert figures[f"energy_kgce/{CALORIFIC}"].value is not None
    assert verify_package(package_of(bare)).faults == ()


def test_month_without_any_data_says_so_in_every_section(scene: Scene) -> None:
    empty = replace(scene, period=Period(2025, 1))
    figures = content_of(empty).document.figures()
    assert figures["institution:office/electricity/quantity"].missing == "energy_account.missing.no_source"
    assert figures["cost"].missing == "energy_account.missing.no_source"
    assert verify_package(package_of(empty)).faults == ()


def test_difference_of_months_with_other_carriers_carries_a_warning(report: dict[str, Any]) -> None:
    """There is no gas bill of July: without the remark the step would read as waste."""
    assert "gas" in report["figures"]["energy_change"]["remark"]["en"].lower()


def test_effects_of_the_change_add_up_to_it(scene: Scene) -> None:
    section = next(one for one in content_of(scene).document.sections if one.section_id == "change")
    table = next(block for block in section.blocks if hasattr(block, "last_is_total"))
    *effects, total = [row[1] for row in table.rows]
    assert float(sum(effects)) == pytest.approx(float(total))


def test_what_concerns_a_person_is_in_no_file_of_the_package(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith((".json", ".csv")):
            assert SECRET not in content.decode(), name
    risk = next(one for one in json.loads(files["report.json"])["sections"] if one["id"] == "risk")
    counts, precision = (block for block in risk["blocks"] if block["kind"] == "table")
    assert counts["rows"][-1][1] == 2
    assert {row[0] for row in precision["rows"]} == {"E06", "E10"}


def test_evaluation_shows_its_terms_and_why_a_score_is_hidden(report: dict[str, Any]) -> None:
    figures = report["figures"]
    assert figures["synergy"]["value"] == "0.1285"
    assert figures["synergy"]["inputs"] == ["energy = 0.1158", "vehicle = 0.0839"]
    assert figures["coupling"]["missing"] == "evaluation.missing.too_few_departments"
    assert figures["energy/overall"]["missing"] == "evaluation.hidden.coverage"


def test_expected_days_are_energy_of_mean_power(scene: Scene) -> None:
    section = next(one for one in content_of(scene).document.sections if one.section_id == "outlook")
    chart = next(block for block in section.blocks if hasattr(block, "categories"))
    expected, measured = chart.series
    assert len(chart.categories) == 31
    hours = [20_000.5 + (AUGUST.start_ms + hour * 3_600_000) % 7 for hour in range(24)]
    assert float(expected.values[0]) == pytest.approx(sum(hours) / 1000)
    assert float(measured.values[0]) == pytest.approx(759, abs=20)


def test_public_notice_names_no_meter_room_or_bill(scene: Scene) -> None:
    members = unpack(package_of(scene, "disclosure")) or {}
    for name, content in members.items():
        if not name.endswith((".pdf", ".xlsx")):
            for secret in ("a-main", "county/", "bills.xlsx", "一号办公楼", SECRET):
                assert secret not in content.decode(), (name, secret)
    document = json.loads(members["report.json"])
    assert {
        "area",
        "persons",
        "energy_per_m2/" + CALORIFIC,
        "energy_per_person/" + CALORIFIC,
        "water_per_person",
    } <= set(document["figures"])


def test_year_is_the_sum_of_its_months_to_the_last_digit(scene: Scene) -> None:
    year = content_of(replace(scene, period=Period(2026)), "disclosure")
    months = [content_of(replace(scene, period=Period(2026, month)), "disclosure") for month in (7, 8, 9)]
    name = "institution:office/electricity/quantity"
    parts = [one.document.figures()[name].value for one in months]
    assert year.document.figures()[name].value == sum(part for part in parts if part is not None)
    assert verify_package(package_of(replace(scene, period=Period(2026)), "disclosure")).faults == ()


def test_every_report_has_a_title_and_a_known_period() -> None:
    reports = load_reports()
    assert set(reports) == {"energy_month", "disclosure"}
    assert reports["energy_month"].takes(AUGUST)
    assert not reports["energy_month"].takes(Period(2026))
    assert all(f"report.{name}.title" in load_texts() for name in reports)
