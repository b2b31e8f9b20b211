"""E02: a year that will probably end above its quota, told while something can still be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.core.period import Period
from cloud.energy.account import AccountBooks, EnergyAccount, energy_account
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import FULL_SHARE
from cloud.energy.entry_list import EntryKind
from cloud.energy.factor_set import CALORIFIC, factor_set, load_densities
from cloud.energy.intensity import DAYS_PER_YEAR, intensities
from cloud.energy.quota import NONE, Applicant, Quota, entered_quotas, load_quotas, quotas_for
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting
from cloud.risk.year_outlook import YearOutlook, year_outlook

MOST_PROBABLE = 0.8
"""Probability of ending above the upper value from which it is told (rule E02)."""

OF_ONE_CARRIER = {"water_per_person": Carrier.WATER, "electricity_per_m2": Carrier.ELECTRICITY}
INDICATORS = ("energy_per_m2", "energy_per_person", *OF_ONE_CARRIER)

Accounts = Mapping[Period, EnergyAccount]


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per quota that holds for the institution and will probably be exceeded."""
    quotas = _quotas(evidence)
    if not quotas:
        return
    year = Period(local_day(evidence.now_ms).year)
    accounts = _accounts(evidence, year)
    for quota in quotas:
        found = year_outlook(_by_month(accounts, year, quota), _by_month(accounts, year.previous, quota))
        if found is not None and found.probability_above(float(quota.upper)) > MOST_PROBABLE:
            yield _sighting(evidence, quota, found, year)


def _sighting(evidence: Evidence, quota: Quota, found: YearOutlook, year: Period) -> Sighting:
    data = {
        "year": str(year),
        "indicator": quota.indicator,
        "standard": quota.standard,
        "unit": quota.unit,
        "limit": float(quota.upper),
        "expected": round(found.expected, 1),
        "so_far": round(found.so_far, 1),
        "months": found.known,
        "probability_percent": round(100 * found.probability_above(float(quota.upper))),
        "limit_percent": round(100 * MOST_PROBABLE),
    }
    subject = str(Subject(SubjectKind.INSTITUTION, evidence.institution_id))
    return Sighting(subject, f"{quota.standard}:{quota.indicator}:{quota.factor_set}:{year}", evidence.now_ms, data)


def _quotas(evidence: Evidence) -> list[Quota]:
    """Upper values made for this institution: the standards' and its own."""
    entered = evidence.energy.entries.entries(evidence.institution_id, EntryKind.QUOTA)
    applicant = Applicant.of(evidence.model.institution)
    return [
        quota
        for one in (*load_quotas(), *entered_quotas(entered.entries))
        if one.indicator in INDICATORS
        for quota in quotas_for(applicant, one.indicator, None if one.factor_set == NONE else one.factor_set, [one])
    ]


def _accounts(evidence: Evidence, year: Period) -> Accounts:
    """Accounts of all months of this year and the last that are over."""
    books = AccountBooks(evidence.intervals, evidence.records, load_densities())
    months = [month for one in (year.previous, year) for month in one.months() if month.end_ms <= evidence.now_ms]
    return {month: energy_account(evidence.model, month, books, evidence.now_ms) for month in months}


def _by_month(accounts: Accounts, year: Period, quota: Quota) -> dict[int, float]:
    """What each known month adds to the yearly indicator; a month that is known in part is not known."""
    factors, densities = factor_set(CALORIFIC if quota.factor_set == NONE else quota.factor_set), load_densities()
    added: dict[int, float] = {}
    for month, account in accounts.items():
        of_month = intensities(account, account.whole, factors, densities).by_name()[quota.indicator]
        wanted = {OF_ONE_CARRIER[quota.indicator]} if quota.indicator in OF_ONE_CARRIER else factors.factors.keys()
        used = [one for one in account.whole.consumption.values() if one.carrier in wanted]
        is_whole = all(one.covered_share >= FULL_SHARE for one in used)
        if month.year == year.year and month.month is not None and of_month.value is not None and is_whole:
            added[month.month] = float(of_month.value) * month.days / DAYS_PER_YEAR
    return added


RULE = Rule(
    rule_id="E02",
    kind="energy.quota_outlook",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="公共机构节能条例",
    examine=examine,
    due_h=720,
)
