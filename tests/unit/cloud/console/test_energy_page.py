"""The energy page: figures under one convention, a waterfall without a rest, entries as the desk takes them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.console.components.energy.change_panel import change_sentence
from cloud.console.components.energy.consumption_table import consumption_rows
from cloud.console.components.energy.energy_tiles import tile_figures
from cloud.console.components.row_table import Chip
from cloud.console.energy_charts import months_chart, waterfall_chart
from cloud.console.energy_entries import hours_of, quota_entry, tariff_entry
from cloud.console.session import Viewer
from cloud.console.views.energy_month import EnergyMonth, period_choices, read_energy_month, waterfall
from cloud.console.views.forecast_curve import current_hour, explain_point, read_forecast_curve, read_forecasts
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT
from cloud.energy.lmdi import decompose
from cloud.energy.quota import entered_quotas
from cloud.energy.tariff import read_tariff
from foundation.errors import ConfigError, DomainError
from tests.support.cloud_world import World
from tests.support.report_world import AUGUST, HOUR_MS, OFFICER, model, report_world


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with report_world(tmp_path_factory.mktemp("office")) as world:
        yield world


@pytest.fixture(scope="module")
def august(office: World) -> EnergyMonth:
    return read_energy_month(office.services, OFFICER, "office", AUGUST)


def test_every_tile_is_of_one_convention_and_what_is_missing_says_why(august: EnergyMonth, viewer: Viewer) -> None:
    calorific, equivalent = (tile_figures(august, one, viewer) for one in (CALORIFIC, EQUIVALENT))
    assert calorific["energy"][1] == "Calorific"
    assert equivalent["energy"][1] == "Equivalent"
    numbers = [float(one["energy"][0].text.replace(",", "")) for one in (calorific, equivalent)]
    assert numbers[1] > 2 * numbers[0]
    assert calorific["carbon"] == equivalent["carbon"]
    assert calorific["quota"][0].text == "—"
    assert calorific["quota"][1].startswith("no quota holds")


def test_a_carrier_without_source_reads_to_be_completed_and_never_zero(august: EnergyMonth, viewer: Viewer) -> None:
    rows = {row.name: row for row in consumption_rows(august, CALORIFIC, viewer)}
    water = rows["a-water"]
    assert water.cells[2] == "—"
    assert isinstance(water.cells[3], Chip)
    assert (water.cells[3].text, water.cells[3].below[:15]) == ("to be completed", "to be completed")
    covered = rows["c-electricity"].cells[4]
    assert covered == "96.8 %"


def test_a_month_whose_energy_is_not_known_is_a_gap_of_the_chart(august: EnergyMonth, viewer: Viewer) -> None:
    chart = months_chart(august, CALORIFIC, viewer)
    assert len(chart["xAxis"]["data"]) == 13
    electricity = next(one for one in chart["series"] if one["name"] == "Electricity")
    assert electricity["data"][:11] == [None] * 11
    assert electricity["data"][-1] > 0


def test_the_change_is_told_in_one_sentence(august: EnergyMonth, viewer: Viewer) -> None:
    change = august.view.changes[0]
    assert change.decomposition is not None
    sentence = change_sentence(august, change, change.decomposition, viewer)
    assert sentence.startswith("2026-08 differs from 2026-07 by +")
    assert "Energy per square metre" in sentence
    assert "Persons" not in sentence


positive = st.floats(0.1, 1e4, allow_nan=False)
factors = st.fixed_dictionaries({"persons": positive, "area": positive, "intensity": positive})


@given(factors, factors)
def test_the_steps_of_a_waterfall_lead_from_one_total_to_the_other(
    earlier: dict[str, float], later: dict[str, float]
) -> None:
    found = decompose(earlier, later)
    first, *steps, last = waterfall(found, "before", "after")
    assert first.end == pytest.approx(earlier["persons"] * earlier["area"] * earlier["intensity"])
    assert steps[0].start == first.end
    # Steps are differences of the totals: what rounding leaves is measured by the larger one.
    rounding = 1e-12 * first.end
    assert steps[-1].end == pytest.approx(later["persons"] * later["area"] * later["intensity"], rel=1e-6, abs=rounding)
    assert last.end == pytest.approx(steps[-1].end)
    assert waterfall_chart([first, *steps, last])["yAxis"]["min"] >= 0


def test_the_last_full_month_is_the_second_choice_and_years_come_last() -> None:
    choices = [str(one) for one in period_choices(AUGUST.end_ms)]
    assert choices[:2] == ["2026-09", "2026-08"]
    assert choices[-2:] == ["2026", "2025"]


def test_an_entered_price_by_time_of_day_is_one_that_the_tariffs_take() -> None:
    given_ = {"name": "Contract", "carrier": "electricity", "price": "0.6", "valid_from": "2026-01-01", "source": "c",
              "peak_price": "1.1", "peak_hours": "08:00-12:00, 17:00–21:00"}  # fmt: skip
    tariff = read_tariff(tariff_entry(given_, 1), "entry")
    assert (tariff.base, tariff.prices["peak"]) == ("flat", Decimal("1.1"))
    assert [(one.begins, one.ends) for one in tariff.spans] == [("08:00", "12:00"), ("17:00", "21:00")]
    with pytest.raises(ConfigError):
        read_tariff(tariff_entry({**given_, "peak_hours": "all day"}, 1), "entry")
    assert hours_of("07:00-09:00，10:00-11:00")[1] == {"begins": "10:00", "ends": "11:00"}


def test_an_entered_quota_holds_for_the_institution_that_entered_it() -> None:
    institution = model().institution
    (coal,) = entered_quotas(
        [
            quota_entry(
                {"standard": "S", "indicator": "energy_per_m2", "factor_set": EQUIVALENT, "upper": "20"}, institution
            )
        ]
    )
    (water,) = entered_quotas(
        [quota_entry({"standard": "S", "indicator": "water_per_person", "upper": "9"}, institution)]
    )
    assert (coal.factor_set, coal.unit, coal.institution_class) == (EQUIVALENT, "kgce/(m2·a)", "state_organ")
    assert (water.factor_set, water.unit) == ("none", "m3/(person·a)")


def test_an_hour_of_an_earlier_run_is_explained_by_that_run(office: World) -> None:
    (run,) = read_forecasts(office.services, OFFICER, "office")
    early_ms = AUGUST.start_ms + 5 * HOUR_MS
    found, point = explain_point(office.services, OFFICER, run, early_ms)
    assert (found.run_id, point.start_ms) == (f"r-{AUGUST.start_ms}", early_ms)
    with pytest.raises(DomainError):
        explain_point(office.services, OFFICER, run, AUGUST.start_ms - HOUR_MS)


def test_the_curve_starts_in_the_past_and_the_hour_under_way_is_shown_first(office: World) -> None:
    (run,) = read_forecasts(office.services, OFFICER, "office")
    curve = read_forecast_curve(office.services, OFFICER, run)
    assert [one.start_ms for one in curve.points] == sorted(one.start_ms for one in curve.points)
    at_ms = curve.points[1].start_ms + 60_000
    shown = current_hour(curve.points, at_ms)
    assert shown is not None
    assert shown.start_ms == curve.points[1].start_ms
    assert current_hour((), at_ms) is None
