"""Standard coal and carbon: the published cases to the last digit, and conventions that are never mixed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from cloud.energy.carbon import emissions, factor_of, load_carbon_factors
from cloud.energy.carrier import Carrier, from_base, to_base
from cloud.energy.coal import CoalFigure, comprehensive_energy, total
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT, Density, factor_set, load_densities, load_factor_sets
from foundation.errors import ConfigError, DomainError

PETROL = Density(Carrier.PETROL, Decimal("0.75"), "test", "verified")
E1 = {
    Carrier.ELECTRICITY: to_base(Carrier.ELECTRICITY, Decimal(1_200_000), "kWh"),
    Carrier.GAS: to_base(Carrier.GAS, Decimal(30_000), "m3"),
    Carrier.HEAT: to_base(Carrier.HEAT, Decimal(3_000), "GJ"),
    # 6 525 kg at 0.75 kg/L.
    Carrier.PETROL: to_base(Carrier.PETROL, Decimal(8_700), "L"),
    Carrier.WATER: to_base(Carrier.WATER, Decimal(20_000), "m3"),
}
AREA, PERSONS = Decimal(24_000), Decimal(500)


def test_oracle_e1_calorific_set() -> None:
    energy = comprehensive_energy(E1, factor_set(CALORIFIC), {Carrier.PETROL: PETROL})
    terms = {term.carrier: term.kgce for term in energy.terms}
    assert terms == {
        Carrier.ELECTRICITY: Decimal(147_480),
        Carrier.GAS: Decimal(36_429),
        Carrier.HEAT: Decimal(102_360),
        Carrier.PETROL: Decimal("9600.885"),
    }
    assert energy.value == Decimal("295869.885")
    assert round(energy.per(AREA, "m2").value, 4) == Decimal("12.3279")
    assert round(energy.per(PERSONS, "person").value, 4) == Decimal("591.7398")


def test_oracle_e1_equivalent_set() -> None:
    energy = comprehensive_energy(E1, factor_set(EQUIVALENT), {Carrier.PETROL: PETROL})
    assert energy.value == Decimal("520389.885")
    assert round(energy.per(AREA, "m2").value, 4) == Decimal("21.6829")
    assert round(energy.per(PERSONS, "person").value, 4) == Decimal("1040.7798")


def test_oracle_e1_carbon_terms() -> None:
    carbon = emissions(E1, 2023, {Carrier.PETROL: PETROL})
    assert {term.carrier: term.kg for term in carbon.terms} == {
        Carrier.ELECTRICITY: Decimal(636_720),
        Carrier.GAS: Decimal(64_866),
        Carrier.HEAT: Decimal(330_000),
        Carrier.PETROL: Decimal("19086.2775"),
    }
    assert not carbon.is_provisional


def test_oracle_e2_court_in_yantai() -> None:
    used = to_base(Carrier.ELECTRICITY, Decimal(1_040_085 - 78_210), "kWh")
    energy = comprehensive_energy({Carrier.ELECTRICITY: used}, factor_set(EQUIVALENT), {})
    assert round(energy.per(Decimal(24_300), "m2").value, 4) == Decimal("12.2708")


def test_figures_of_different_conventions_are_neither_added_nor_compared() -> None:
    calorific, equivalent = (
        comprehensive_energy({Carrier.ELECTRICITY: 1_000_000}, factor_set(name), {}) for name in (CALORIFIC, EQUIVALENT)
    )
    for act in (
        lambda: calorific + equivalent,
        lambda: calorific - equivalent,
        lambda: calorific < equivalent,
        lambda: calorific >= equivalent,
        lambda: total([calorific, calorific, equivalent]),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code == "error.factor_sets_mixed"
    assert (calorific + calorific).value == Decimal("245.8")
    with pytest.raises(DomainError, match="units_mixed"):
        _ = calorific + calorific.per(AREA, "m2")


def test_liquid_fuel_is_not_converted_without_its_density() -> None:
    with pytest.raises(DomainError, match="density_missing"):
        comprehensive_energy({Carrier.DIESEL: 1000}, factor_set(CALORIFIC), {})
    with pytest.raises(ValueError, match="density"):
        to_base(Carrier.PETROL, Decimal(1), "kg")
    assert to_base(Carrier.PETROL, Decimal(3), "kg", Decimal("0.75")) == 4000


def test_water_is_never_converted_to_standard_coal() -> None:
    assert comprehensive_energy({Carrier.WATER: 10**9}, factor_set(CALORIFIC), {}).value == 0


def test_unknown_factor_set_is_refused() -> None:
    with pytest.raises(DomainError, match="factor_set_unknown"):
        factor_set("calorific")


def test_coal_factors_are_heat_values_over_seven_thousand() -> None:
    kcal = {Carrier.GAS: 8500, Carrier.COAL: 5000, Carrier.PETROL: 10300, Carrier.KEROSENE: 10300,
            Carrier.DIESEL: 10200, Carrier.LPG: 12000, Carrier.ELECTRICITY: 860}  # fmt: skip
    factors = factor_set(CALORIFIC).factors
    for carrier, heat in kcal.items():
        assert abs(factors[carrier].kgce_per_unit - Decimal(heat) / 7000) < Decimal("0.00006"), carrier
    assert abs(factors[Carrier.HEAT].kgce_per_unit - Decimal(1_000_000) / Decimal("29307.6")) < Decimal("0.002")


def test_fuel_factors_follow_from_heat_value_carbon_and_oxidation() -> None:
    parameters = {
        Carrier.GAS: ("0.038931", "15.3", "0.99"),
        Carrier.PETROL: ("0.043070", "18.9", "0.98"),
        Carrier.DIESEL: ("0.042652", "20.2", "0.98"),
        Carrier.LPG: ("0.050179", "17.2", "0.98"),
        Carrier.KEROSENE: ("0.043070", "19.6", "0.98"),
    }
    for carrier, (heat, carbon, oxidation) in parameters.items():
        product = Decimal(heat) * Decimal(carbon) * Decimal(oxidation) * 44 / 12
        factor = factor_of(carrier, 2026)
        assert factor is not None
        assert abs(factor.value - product) < Decimal("0.0002"), carrier


def test_electricity_takes_the_factor_of_its_year_and_marks_a_stand_in() -> None:
    of_year = {year: factor_of(Carrier.ELECTRICITY, year) for year in (2020, 2021, 2022, 2023, 2026)}
    values = {year: (str(one.value), one.is_provisional) for year, one in of_year.items() if one is not None}
    assert values == {
        2020: ("0.5568", True),
        2021: ("0.5568", False),
        2022: ("0.5366", False),
        2023: ("0.5306", False),
        2026: ("0.5306", True),
    }
    assert emissions({Carrier.ELECTRICITY: 1000}, 2026, {}).is_provisional


def test_old_enterprise_factors_are_kept_but_never_chosen() -> None:
    old = {str(one.value) for one in load_carbon_factors() if one.kind == "legacy"}
    assert old == {"0.5703", "0.5810"}
    chosen = {str(one.value) for year in range(2015, 2030) if (one := factor_of(Carrier.ELECTRICITY, year))}
    assert not chosen & old


def test_province_is_taken_on_request_and_an_unknown_one_refused() -> None:
    guangdong = factor_of(Carrier.ELECTRICITY, 2023, "44")
    assert guangdong is not None
    assert guangdong.value == Decimal("0.4419")
    with pytest.raises(DomainError, match="carbon_region_unknown"):
        factor_of(Carrier.ELECTRICITY, 2023, "99")
    with pytest.raises(DomainError):
        emissions({Carrier.ELECTRICITY: 1}, 2023, {}, region="99")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("kWh", "horse"), "unknown unit"),
        (("factor_set,carrier", "set,carrier"), "needs exactly the columns"),
        (("verified", "certain"), "confidence"),
        (("common,diesel", "common,petrol"), "a second row"),
        (("common,diesel", "common,dung"), "unknown carrier"),
        (("0.31,2019", "much,2019"), "no number"),
        (("0.31,2019", "NaN,2019"), "no number"),
    ],
)
def test_table_with_a_mistake_is_refused(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    good = (Path("cloud/energy/factors") / "coal.csv").read_text(encoding="utf-8")
    assert change[0] in good
    (tmp_path / "coal.csv").write_text(good.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=reason):
        load_factor_sets(tmp_path)


def test_every_shipped_density_names_its_source() -> None:
    assert {Carrier.PETROL, Carrier.DIESEL} == set(load_densities())
    assert from_base(Carrier.PETROL, 1500) == Decimal("1.5")


def test_figure_of_a_month_can_be_scaled_to_a_year() -> None:
    month = CoalFigure(Decimal(31), CALORIFIC).times(Decimal(365) / 31, "kgce/a")
    assert (round(month.value, 9), month.unit) == (365, "kgce/a")
