"""The energy account of a period: what was used, standard coal by both conventions, carbon, verdicts, change."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Services, UtcTime, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.energy_account import AccountView, Convention, read_account
from cloud.energy.account import PlaceAccount
from cloud.energy.carbon import Carbon
from cloud.energy.carrier import DISPLAY_UNITS, base_unit, from_base
from cloud.energy.change import Change
from cloud.energy.consumption import Consumption, Input
from cloud.energy.intensity import Amount
from cloud.energy.quota import Peer
from foundation.clock import from_ms, to_ms

router = APIRouter(prefix="/energy", tags=["energy"])


class InputOut(BaseModel):
    """Where a part of a quantity comes from; `quantity` in the base unit."""

    source: str
    reference: str
    start_at: UtcTime
    end_at: UtcTime
    quantity: int
    estimated: int
    cost_fen: int | None

    @classmethod
    def of(cls, one: Input) -> Self:
        return cls(
            source=one.source,
            reference=one.reference,
            start_at=from_ms(one.start_ms),
            end_at=from_ms(one.end_ms),
            quantity=one.quantity,
            estimated=one.estimated,
            cost_fen=one.cost_fen,
        )


class ConsumptionOut(BaseModel):
    """`quantity` in whole base units, `shown` in the display unit; null has a text key in `missing`."""

    carrier: str
    quantity: int | None
    base_unit: str
    shown: float | None
    unit: str
    source: str | None
    covered_share: float
    estimated_share: float
    cost_fen: int | None
    cost_source: str | None
    missing: str | None
    unmetered: list[str]
    refused: list[str]
    inputs: list[InputOut]

    @classmethod
    def of(cls, one: Consumption) -> Self:
        return cls(
            carrier=one.carrier,
            quantity=one.quantity,
            base_unit=base_unit(one.carrier),
            shown=None if one.quantity is None else float(from_base(one.carrier, one.quantity)),
            unit=DISPLAY_UNITS[one.carrier],
            source=one.source,
            covered_share=one.covered_share,
            estimated_share=one.estimated_share,
            cost_fen=one.cost_fen,
            cost_source=one.cost_source,
            missing=one.missing,
            unmetered=list(one.unmetered),
            refused=list(one.refused),
            inputs=[InputOut.of(entry) for entry in one.inputs],
        )


class PlaceOut(BaseModel):
    subject: str
    area_m2: float | None
    persons: int | None
    consumption: list[ConsumptionOut]

    @classmethod
    def of(cls, account: PlaceAccount) -> Self:
        place = account.place
        return cls(
            subject=place.subject,
            area_m2=_float(place.area_m2),
            persons=place.persons,
            consumption=[ConsumptionOut.of(one) for one in account.consumption.values()],
        )


class AmountOut(BaseModel):
    value: float | None
    unit: str
    formula: str
    factor_set_id: str | None
    missing: str | None

    @classmethod
    def of(cls, amount: Amount) -> Self:
        return cls(
            value=_float(amount.value),
            unit=amount.unit,
            formula=amount.formula,
            factor_set_id=amount.factor_set_id,
            missing=amount.missing,
        )


class CoalTermOut(BaseModel):
    carrier: str
    amount: float
    unit: str
    factor: float
    kgce: float
    confidence: str


class JudgementOut(BaseModel):
    """`is_projected` while the value was scaled up from less than a whole year."""

    indicator: str
    verdict: str
    value: float
    upper: float
    normal: float | None
    advanced: float | None
    standard: str
    source: str
    is_projected: bool


class ConventionOut(BaseModel):
    """One factor set; values of two of them must not be added or compared."""

    factor_set_id: str
    energy: AmountOut
    terms: list[CoalTermOut]
    indicators: dict[str, AmountOut]
    covered_share: float
    judgements: list[JudgementOut]
    implausible: list[str]

    @classmethod
    def of(cls, one: Convention, *, is_projected: bool) -> Self:
        found = one.indicators
        terms = () if found.energy is None else found.energy.terms
        return cls(
            factor_set_id=one.factor_set_id,
            energy=AmountOut.of(found.energy_kgce),
            terms=[
                CoalTermOut(
                    carrier=term.carrier,
                    amount=float(term.amount),
                    unit=term.unit,
                    factor=float(term.factor),
                    kgce=float(term.kgce),
                    confidence=term.confidence,
                )
                for term in terms
            ],
            indicators={name: AmountOut.of(amount) for name, amount in found.by_name().items()},
            covered_share=found.covered_share,
            judgements=[
                JudgementOut(
                    indicator=judgement.quota.indicator,
                    verdict=judgement.verdict,
                    value=float(judgement.value),
                    upper=float(judgement.quota.upper),
                    normal=_float(judgement.quota.normal),
                    advanced=_float(judgement.quota.advanced),
                    standard=judgement.quota.standard,
                    source=judgement.quota.source,
                    is_projected=is_projected,
                )
                for judgement in one.judgements
            ],
            implausible=list(one.implausible),
        )


class CarbonTermOut(BaseModel):
    carrier: str
    amount: float
    unit: str
    factor: float
    data_year: int
    kg: float
    source: str


class CarbonOut(BaseModel):
    """`is_provisional` while the factor of the data year is not published."""

    kg: float
    is_provisional: bool
    terms: list[CarbonTermOut]

    @classmethod
    def of(cls, carbon: Carbon) -> Self:
        return cls(
            kg=float(carbon.kg),
            is_provisional=carbon.is_provisional,
            terms=[
                CarbonTermOut(
                    carrier=term.carrier,
                    amount=float(term.amount),
                    unit=term.factor.unit,
                    factor=float(term.factor.value),
                    data_year=term.factor.data_year,
                    kg=float(term.kg),
                    source=term.factor.source,
                )
                for term in carbon.terms
            ],
        )


class PeerOut(BaseModel):
    """A published average; its factor set is not stated, so it is context and no verdict."""

    region: str
    group: str
    year: int
    indicator: str
    unit: str
    value: float
    source: str

    @classmethod
    def of(cls, peer: Peer) -> Self:
        return cls(
            region=peer.region,
            group=peer.group,
            year=peer.year,
            indicator=peer.indicator,
            unit=peer.unit,
            value=float(peer.value),
            source=peer.source,
        )


class ChangeOut(BaseModel):
    """`effects` in kgce add up to `change`; `weather_p_values` and `weather_r2` tell how well the weather explains."""

    earlier: str
    factor_set_id: str
    change: float | None
    effects: dict[str, float]
    missing: str | None
    weather_r2: float | None
    weather_p_values: dict[str, float]

    @classmethod
    def of(cls, one: Change) -> Self:
        found, weather = one.decomposition, one.weather
        return cls(
            earlier=str(one.earlier),
            factor_set_id=one.factor_set_id,
            change=None if found is None else found.change,
            effects={} if found is None else dict(found.effects),
            missing=one.missing,
            weather_r2=None if weather is None else weather.r2,
            weather_p_values={} if weather is None else dict(weather.p_values),
        )


class AccountOut(BaseModel):
    """`carbon` is null while a carrier is unknown."""

    institution_id: str
    period: str
    until: UtcTime
    is_complete: bool
    whole: PlaceOut
    buildings: list[PlaceOut]
    conventions: list[ConventionOut]
    carbon: CarbonOut | None
    peers: list[PeerOut]
    changes: list[ChangeOut]

    @classmethod
    def of(cls, view: AccountView) -> Self:
        account = view.account
        is_projected = account.period.month is not None or not account.is_complete
        return cls(
            institution_id=account.institution_id,
            period=str(account.period),
            until=from_ms(account.until_ms),
            is_complete=account.is_complete,
            whole=PlaceOut.of(account.whole),
            buildings=[PlaceOut.of(one) for one in account.buildings],
            conventions=[ConventionOut.of(one, is_projected=is_projected) for one in view.conventions],
            carbon=None if view.carbon is None else CarbonOut.of(view.carbon),
            peers=[PeerOut.of(peer) for peer in view.peers],
            changes=[ChangeOut.of(change) for change in view.changes],
        )


@router.get("/account", summary="What was used in a month or year, and what it means", responses=documented(404))
def account(
    period: Annotated[Word, Query(description="2026-10 or 2026")],
    principal: Annotated[Principal, Depends(require(Permission.READ_ENERGY))],
    services: Services,
    institution: InstitutionFilter = None,
    known_at: Annotated[
        UtcTime | None, Query(description="As it was known then; without it as it is known now")
    ] = None,
) -> AccountOut:
    known_at_ms = None if known_at is None else to_ms(known_at)
    return AccountOut.of(read_account(services, principal, institution, period, known_at_ms))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
