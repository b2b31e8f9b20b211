"""Who the report is about, and what counts its energy: buildings with area and persons, meters with their cover."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cloud.core.institution import Building, InstitutionModel
from cloud.core.period import Period
from cloud.energy.consumption import Consumption, Source
from cloud.energy.intensity import AREA_UNKNOWN, PERSONS_UNKNOWN
from cloud.reporting.document import Column, Figure, FigureList, Item, Paragraph, Section, Table
from cloud.reporting.words import Words, named, same, say
from cloud.reporting.worked import Worked

HEATED_UNKNOWN = "report.missing.heated_area"


def institution_section(worked: Worked) -> Section:
    """Class, climate zone, buildings; a sum over buildings is unknown as soon as one of them is."""
    institution, whole = worked.scene.model.institution, worked.account.whole.place
    period = str(worked.scene.period)
    items = (
        Item(say("report.figure.area"), area_figure(whole.area_m2, period)),
        Item(say("report.figure.heated_area"), _area("heated_area", whole.heated_area_m2, HEATED_UNKNOWN, period)),
        Item(say("report.figure.persons"), persons_figure(whole.persons, period)),
    )
    what = say(
        "report.institution.what",
        name=institution.name,
        institution_class=say(f"report.class.{institution.institution_class}"),
        region=institution.region,
        zone=say(f"report.zone.{institution.climate_zone}"),
    )
    table = Table(
        say("report.institution.buildings"),
        (
            Column(say("report.column.building"), weight=2),
            Column(say("report.column.use")),
            Column(say("report.figure.area"), "m2", 0),
            Column(say("report.figure.heated_area"), "m2", 0),
            Column(say("report.figure.persons"), "", 0),
        ),
        tuple(_building(one, period) for one in _buildings(worked.scene.model, worked.scene.period.end_day)),
        say("report.institution.no_building"),
    )
    return Section("institution", say("report.section.institution"), (Paragraph(what), FigureList(items), table))


def metering_section(worked: Worked) -> Section:
    """Every source that was added up, its cover and its share of estimates; what nothing counts is named."""
    rows = [
        (
            worked.name_of(place.place.subject),
            say(f"energy_account.carrier.{carrier}"),
            same(one.reference),
            say(f"energy_account.source.{one.source}"),
            Decimal(one.estimated) * 100 / one.quantity if one.quantity else Decimal(0),
        )
        for place in worked.places
        for carrier in worked.carriers
        if carrier in place.consumption
        for one in place.consumption[carrier].inputs
    ]
    table = Table(
        say("report.metering.sources"),
        (
            Column(say("report.column.place"), weight=1.6),
            Column(say("report.column.carrier")),
            Column(say("report.column.reference"), weight=3),
            Column(say("report.column.source")),
            Column(say("report.column.estimated"), "%", 1),
        ),
        tuple(rows),
        say("report.metering.none"),
    )
    return Section("metering", say("report.section.metering"), (_cover(worked), table, *_remarks(worked)))


def area_figure(value: Decimal | None, period: str) -> Figure:
    """Floor area of the whole institution."""
    return _area("area", value, AREA_UNKNOWN, period)


def persons_figure(value: int | None, period: str) -> Figure:
    """Persons of the whole institution."""
    return _persons("persons", value, period)


def _cover(worked: Worked) -> Table:
    rows = [
        (
            say(f"energy_account.carrier.{carrier}"),
            _cover_figure(worked, carrier, found, "covered"),
            _cover_figure(worked, carrier, found, "estimated"),
            say(f"energy_account.source.{found.source}") if found.source else same("—"),
        )
        for carrier, found in worked.account.whole.consumption.items()
    ]
    return Table(
        say("report.metering.cover"),
        (
            Column(say("report.column.carrier")),
            Column(say("report.column.covered"), "%", 1),
            Column(say("report.column.estimated"), "%", 1),
            Column(say("report.column.main_source")),
        ),
        tuple(rows),
        say("report.metering.none"),
    )


def _cover_figure(worked: Worked, carrier: str, found: Consumption, kind: str) -> Figure:
    share = found.covered_share if kind == "covered" else found.estimated_share
    is_known = found.quantity is not None
    return Figure(
        figure_id=f"{kind}/{carrier}",
        value=Decimal(str(round(share * 100, 2))) if is_known else None,
        unit="%",
        period=str(worked.scene.period),
        decimals=1,
        formula=f"report.formula.{kind}",
        missing=None if is_known else found.missing,
    )


def _remarks(worked: Worked) -> list[Paragraph]:
    remarks: list[Words] = []
    for carrier, found in worked.account.whole.consumption.items():
        name = say(f"energy_account.carrier.{carrier}")
        if found.source is Source.METER and found.unmetered:
            places = ", ".join(found.unmetered)
            remarks.append(say("report.metering.unmetered", carrier=name, places=places))
        if found.refused:
            remarks.append(say("report.metering.refused", carrier=name, rows=", ".join(found.refused)))
    return [Paragraph(one) for one in remarks or [say("report.metering.no_remark")]]


def _buildings(model: InstitutionModel, end_day: date) -> list[Building]:
    """As they are on the last day of the period."""
    last = date.fromordinal(end_day.toordinal() - 1)
    return [one for one in model.buildings if one.is_valid_on(last)]


def _building(building: Building, period: str) -> tuple[Words | Figure, ...]:
    name = f"building:{building.building_id}"
    area, heated = (None if one is None else Decimal(str(one)) for one in (building.area_m2, building.heated_area_m2))
    return (
        building.name,
        named("report.use", building.use),
        _area(f"{name}/area", area, AREA_UNKNOWN, period),
        _area(f"{name}/heated_area", heated, HEATED_UNKNOWN, period),
        _persons(f"{name}/persons", building.persons, period),
    )


def _area(figure_id: str, value: Decimal | None, unknown: str, period: str) -> Figure:
    missing = unknown if value is None else None
    formula = "report.formula.entered"
    return Figure(figure_id=figure_id, value=value, unit="m2", period=period, formula=formula, missing=missing)


def _persons(figure_id: str, value: int | None, period: str) -> Figure:
    return Figure(
        figure_id=figure_id,
        value=None if value is None else Decimal(value),
        unit="person",
        period=period,
        formula="report.formula.entered",
        missing=PERSONS_UNKNOWN if value is None else None,
    )


def period_words(period: Period) -> Words:
    """A period as people say it."""
    if period.month is None:
        return say("report.period.year", year=period.year)
    month: Words = {"zh-CN": f"{period.month}", "en": f"{period.month:02}"}
    return say("report.period.month", year=period.year, month=month)
