"""Quotas and published averages: what an indicator is judged by, and what it is merely set beside.

A quota holds for one standard, class of institution, tier, climate zone, indicator and factor set; it is never borrowed
from another. Rows that nobody has checked are shipped disabled. Averages do not state their factor set, so they are
context and give no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from cloud.core.institution import Institution
from cloud.energy.data_table import decimal_of, decimal_or_none, read_table
from foundation.errors import ConfigError, DomainError

FOLDER = Path(__file__).parent / "benchmarks"
ANY, NONE, NATIONAL = "any", "none", "national"
UNITS = frozenset({"kgce/(m2·a)", "kgce/(person·a)", "m3/(person·a)", "kWh/(m2·a)", "1"})
PROVINCE_DIGITS = 2


class Verdict(StrEnum):
    """At most the advanced, the normal, the upper value; OVER it an explanation is owed."""

    ADVANCED = "advanced"
    GOOD = "good"
    PASS = "pass"  # noqa: S105 (a verdict)
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Quota:
    """`upper` 约束值, `normal` 基准值, `advanced` 引导值; `factor_set` is `none` where no coal is converted."""

    standard: str
    table: str
    region: str
    institution_class: str
    tier: str
    zone: str
    indicator: str
    factor_set: str
    unit: str
    upper: Decimal
    normal: Decimal | None
    advanced: Decimal | None
    enabled: bool
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who is judged. `tier` and `zone` are those of the standard; the climate zone stands in for an unknown one."""

    institution_class: str
    region: str
    zone: str
    tier: str

    @classmethod
    def of(cls, institution: Institution, *, tier: str = ANY, zone: str | None = None) -> Applicant:
        return cls(institution.institution_class, institution.region, zone or institution.climate_zone, tier)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the quota it rests on."""

    verdict: Verdict
    quota: Quota
    value: Decimal


@dataclass(frozen=True, slots=True)
class Peer:
    """A published average of a group of institutions; `region` is `national` or the first digits of a code."""

    region: str
    group: str
    year: int
    indicator: str
    unit: str
    value: Decimal
    source: str
    confidence: str


def judge(value: Decimal, indicator: str, factor_set_id: str | None, quota: Quota, applicant: Applicant) -> Judgement:
    """The verdict; a quota made for another class, tier, zone, indicator or factor set raises DomainError."""
    mismatch = _mismatch(indicator, factor_set_id, quota, applicant)
    if mismatch is not None:
        field, given, wanted = mismatch
        raise DomainError(
            "error.quota_does_not_apply", standard=quota.standard, field=field, given=given, wanted=wanted
        )
    if quota.advanced is not None and value <= quota.advanced:
        return Judgement(Verdict.ADVANCED, quota, value)
    if quota.normal is not None and value <= quota.normal:
        return Judgement(Verdict.GOOD, quota, value)
    return Judgement(Verdict.PASS if value <= quota.upper else Verdict.OVER, quota, value)


def quotas_for(
    applicant: Applicant, indicator: str, factor_set_id: str | None, quotas: Sequence[Quota] | None = None
) -> list[Quota]:
    """Enabled quotas that hold for this institution and indicator; none is a finding, not an error."""
    return [
        one
        for one in (load_quotas() if quotas is None else quotas)
        if one.enabled and _mismatch(indicator, factor_set_id, one, applicant) is None
    ]


def peers_for(region: str, indicator: str) -> list[Peer]:
    """Newest published averages of the nation and of the institution's province, group by group."""
    newest: dict[tuple[str, str], Peer] = {}
    for one in sorted(load_peers(), key=lambda peer: peer.year):
        if one.indicator == indicator and one.region in (NATIONAL, region[:PROVINCE_DIGITS]):
            newest[one.region, one.group] = one
    return list(newest.values())


def entered_quotas(content: Sequence[Mapping[str, Any]]) -> list[Quota]:
    """Quotas that an institution has entered as its superior set them; mistakes raise ConfigError."""
    known = ("standard", "table", "region", "institution_class", "tier", "zone", "indicator", "factor_set", "unit")
    quotas = []
    for entry in content:
        row = {name: str(entry.get(name, ANY)) for name in known}
        row |= {name: str(entry.get(name) or "") for name in ("upper", "normal", "advanced")}
        row |= {"enabled": "yes", "source": row["standard"], "confidence": "verified"}
        quotas.append(_quota(Path("settings"), row))
    return quotas


@cache
def load_quotas(folder: Path = FOLDER) -> tuple[Quota, ...]:
    """Every row of `quota.csv`; mistakes raise ConfigError."""
    path = folder / "quota.csv"
    key = ("standard", "institution_class", "tier", "zone", "indicator", "factor_set")
    columns = (*key, "table", "region", "unit", "upper", "normal", "advanced", "enabled")
    return tuple(_quota(path, row) for row in read_table(path, columns, key=key, units=UNITS))


@cache
def load_peers(folder: Path = FOLDER) -> tuple[Peer, ...]:
    """Every row of `peers.csv`; mistakes raise ConfigError."""
    path = folder / "peers.csv"
    key = ("region", "group", "year", "indicator")
    return tuple(
        Peer(
            region=row["region"],
            group=row["group"],
            year=int(decimal_of(path, row, "year")),
            indicator=row["indicator"],
            unit=row["unit"],
            value=decimal_of(path, row, "value"),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_table(path, (*key, "unit", "value"), key=key, units=UNITS)
    )


def _mismatch(
    indicator: str, factor_set_id: str | None, quota: Quota, applicant: Applicant
) -> tuple[str, str, str] | None:
    """The first field in which the quota is not made for this, with what is given and what it wants."""
    pairs = {
        "indicator": (indicator, quota.indicator),
        "factor_set": (factor_set_id or NONE, quota.factor_set),
        "institution_class": (applicant.institution_class, quota.institution_class),
        "tier": (applicant.tier, quota.tier),
        "zone": (applicant.zone, quota.zone),
        "region": (applicant.region[: len(quota.region)], quota.region),
    }
    for field, (given, wanted) in pairs.items():
        if given != wanted and not (wanted == ANY and field in ("tier", "zone", "region")):
            return field, given, wanted
    return None


def _quota(path: Path, row: Mapping[str, str]) -> Quota:
    if row["enabled"] not in ("yes", "no"):
        raise ConfigError(path, "enabled", "must be yes or no")
    if row["unit"] not in UNITS:
        raise ConfigError(path, "unit", f"unknown unit {row['unit']!r}")
    names = ("standard", "table", "region", "institution_class", "tier", "zone", "indicator", "factor_set", "unit")
    quota = Quota(
        **{name: row[name] for name in names},
        upper=decimal_of(path, row, "upper"),
        normal=decimal_or_none(path, row, "normal"),
        advanced=decimal_or_none(path, row, "advanced"),
        enabled=row["enabled"] == "yes",
        source=row["source"],
        confidence=row["confidence"],
    )
    levels = [one for one in (quota.advanced, quota.normal, quota.upper) if one is not None]
    if levels != sorted(levels):
        raise ConfigError(path, quota.indicator, "advanced, normal and upper value must not decrease")
    return quota
