"""Quotas judge only what they were made for; averages are context; figures out of range get a remark."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from cloud.energy.carrier import Carrier
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT
from cloud.energy.plausibility import is_plausible, is_price_plausible, needs_explanation, unit_price_yuan
from cloud.energy.quota import Applicant, Verdict, entered_quotas, judge, load_quotas, peers_for, quotas_for
from foundation.errors import ConfigError, DomainError
from tests.support.county_model import county_model

INDICATOR = "non_heating_energy_per_m2"
YANTAI = Applicant("state_organ", "370600", "db37_a", "city_and_below")


def test_verdict_follows_the_three_values_and_their_edges() -> None:
    (quota,) = quotas_for(YANTAI, INDICATOR, EQUIVALENT)
    values = {"6.5": "advanced", "6.51": "good", "11.9": "good", "12.2708": "pass", "20.0": "pass", "20.01": "over"}
    for value, verdict in values.items():
        assert judge(Decimal(value), INDICATOR, EQUIVALENT, quota, YANTAI).verdict == Verdict(verdict)


@pytest.mark.parametrize(
    ("field", "given", "factor_set"),
    [
        ("institution_class", replace(YANTAI, institution_class="education"), EQUIVALENT),
        ("zone", replace(YANTAI, zone="db37_b"), EQUIVALENT),
        ("tier", replace(YANTAI, tier="province"), EQUIVALENT),
        ("region", replace(YANTAI, region="450000"), EQUIVALENT),
        ("factor_set", YANTAI, CALORIFIC),
    ],
)
def test_quota_is_not_borrowed(field: str, given: Applicant, factor_set: str) -> None:
    (quota,) = quotas_for(YANTAI, INDICATOR, EQUIVALENT)
    with pytest.raises(DomainError) as refusal:
        judge(Decimal(1), INDICATOR, factor_set, quota, given)
    assert refusal.value.code == "error.quota_does_not_apply"
    assert refusal.value.facts["field"] == field
    assert quota not in quotas_for(given, INDICATOR, factor_set)


def test_level_that_is_not_known_gives_no_better_verdict() -> None:
    province = replace(YANTAI, tier="province", zone="db37_b")
    (quota,) = quotas_for(province, INDICATOR, EQUIVALENT)
    assert judge(Decimal(1), INDICATOR, EQUIVALENT, quota, province).verdict is Verdict.PASS


def test_values_nobody_has_checked_are_shipped_disabled() -> None:
    remembered = [one for one in load_quotas() if one.confidence == "remembered"]
    assert len(remembered) == 10
    assert not any(one.enabled for one in remembered)
    guangxi = Applicant.of(county_model().institution)
    assert quotas_for(guangxi, "electricity_per_m2_sealed", None) == []


def test_quota_set_by_the_superior_is_entered_and_judges() -> None:
    entry = {
        "standard": "notice 12 of 2026", "institution_class": "state_organ", "indicator": "energy_per_m2",
        "factor_set": EQUIVALENT, "unit": "kgce/(m2·a)", "upper": "20", "normal": "15",
    }  # fmt: skip
    county = Applicant.of(county_model().institution)
    (quota,) = quotas_for(county, "energy_per_m2", EQUIVALENT, entered_quotas([entry]))
    assert judge(Decimal(21), "energy_per_m2", EQUIVALENT, quota, county).verdict is Verdict.OVER
    for wrong in ({"upper": "14"}, {"unit": "horse"}, {"upper": ""}):
        with pytest.raises(ConfigError):
            entered_quotas([entry | wrong])


def test_published_averages_are_those_of_the_nation_and_the_own_province() -> None:
    nation = peers_for("450000", "energy_per_m2")
    assert [(one.year, str(one.value)) for one in nation] == [(2020, "18.48")]
    assert {one.group for one in peers_for("440100", "energy_per_m2")} >= {"all", "hospitals", "schools"}


def test_table_with_a_second_row_for_one_key_is_refused(tmp_path: Path) -> None:
    good = (Path("cloud/energy/benchmarks") / "quota.csv").read_text(encoding="utf-8")
    (tmp_path / "quota.csv").write_text(good.replace("db37_b", "db37_a"), encoding="utf-8")
    with pytest.raises(ConfigError, match="a second row"):
        load_quotas(tmp_path)


def test_figures_out_of_range_jumps_and_prices_are_remarked() -> None:
    assert is_plausible("energy_per_m2", Decimal(12))
    assert not is_plausible("energy_per_m2", Decimal("2.9"))
    assert not is_plausible("water_per_person", Decimal(301))
    assert needs_explanation(Carrier.ELECTRICITY, 116, 100)
    assert not needs_explanation(Carrier.WATER, 124, 100)
    assert needs_explanation(Carrier.WATER, 74, 100)
    assert needs_explanation(Carrier.GAS, 1, 0)
    price = unit_price_yuan(Carrier.ELECTRICITY, 1_000_000, 70_000)
    assert price == Decimal("0.7")
    assert is_price_plausible(Carrier.ELECTRICITY, Decimal("0.7"))
    assert not is_price_plausible(Carrier.WATER, Decimal(50))
    assert unit_price_yuan(Carrier.WATER, 0, 100) is None
