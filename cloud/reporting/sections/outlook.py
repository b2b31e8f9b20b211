"""What was expected of each main meter, how well the method does on days it had not seen, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from cloud.core.calendar import local_day
from cloud.core.series import SeriesKey
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Source
from cloud.energy.forecast_run import ForecastRun
from cloud.reporting.document import Block, Cell, Chart, Column, Paragraph, Section, Series, Table
from cloud.reporting.words import Words, named, same, say
from cloud.reporting.worked import Worked

HOURS_OF_A_DAY_MS = 86_400_000
_WH_PER_KWH = 1000


def outlook_section(worked: Worked) -> Section:
    """Back-test of the newest run of every meter, and one chart of expected and measured days."""
    runs = sorted(worked.scene.energy.forecasts.newest({worked.scene.institution_id}), key=lambda one: one.key)
    columns = (
        Column(say("report.column.meter"), weight=2),
        Column(say("report.column.method")),
        Column(say("report.column.history_days"), "", 0),
        Column(say("report.column.tested_days"), "", 0),
        Column(say("report.column.nrmse"), "%", 1),
        Column(say("report.column.persistence"), "%", 1),
        Column(say("report.column.coverage"), "%", 1),
    )
    rows = tuple(_row(worked, run) for run in runs)
    table = Table(say("report.outlook.back_test"), columns, rows, say("report.outlook.none"))
    blocks: list[Block] = [Paragraph(say("report.outlook.what")), table]
    blocks += [chart for chart in (_chart(worked, run.key) for run in runs) if chart is not None]
    return Section("outlook", say("report.section.outlook"), tuple(blocks))


def _row(worked: Worked, run: ForecastRun) -> tuple[Cell, ...]:
    test = run.back_test
    return (
        _meter(worked, run.key),
        named("report.method", run.method),
        run.history_days,
        test.days,
        *(_percent(one) for one in (test.nrmse, test.persistence_nrmse, test.coverage)),
    )


def _percent(share: float | None) -> Decimal | Words:
    return say("report.outlook.too_few_days") if share is None else Decimal(repr(share)) * 100


def _chart(worked: Worked, key: SeriesKey) -> Chart | None:
    """Days of which a whole forecast was issued before they began; None when there is none."""
    expected = _expected(worked, key)
    if not expected:
        return None
    measured = _measured(worked, key)
    days = sorted({*expected, *(day for day in measured if min(expected) <= day <= max(expected))})
    return Chart(
        say("report.outlook.chart", meter=_meter(worked, key)),
        "lines",
        "kWh",
        tuple(same(f"{day.month}-{day.day}") for day in days),
        (
            Series(say("report.outlook.expected"), tuple(expected.get(day) for day in days)),
            Series(say("report.outlook.measured"), tuple(measured.get(day) for day in days)),
        ),
    )


def _expected(worked: Worked, key: SeriesKey) -> dict[date, Decimal]:
    """Per local day of the period the kWh of the last run made before it; mean power times time."""
    period = worked.scene.period
    found: dict[date, Decimal] = {}
    for run in worked.scene.energy.forecasts.runs(key, period.start_ms, period.end_ms):
        by_day: dict[date, list[tuple[int, float]]] = {}
        for point in run.points:
            if point.start_ms >= run.made_ms:
                by_day.setdefault(local_day(point.start_ms), []).append((point.end_ms - point.start_ms, point.mean))
        for day, points in by_day.items():
            is_inside = period.first_day <= day < period.end_day
            if is_inside and sum(length for length, _ in points) == HOURS_OF_A_DAY_MS:
                watt_hours = (Decimal(repr(mean)) * length / 3_600_000 for length, mean in points)
                found[day] = sum(watt_hours, Decimal(0)) / _WH_PER_KWH
    return found


def _measured(worked: Worked, key: SeriesKey) -> Mapping[date, Decimal]:
    start = f"{key.group}/{key.device}/"
    found: dict[date, int] = {}
    for use in worked.uses:
        is_building = use.place != worked.account.whole.place.subject
        if use.source is Source.METER and use.carrier is Carrier.ELECTRICITY and use.reference.startswith(start):
            day = date.fromisoformat(use.first)
            # A meter stands under its building and again under the whole institution.
            if is_building or day not in found:
                found[day] = use.quantity
    return {day: Decimal(amount) / _WH_PER_KWH for day, amount in found.items()}


def _meter(worked: Worked, key: SeriesKey) -> Words:
    for device in worked.scene.model.devices:
        if (device.compound_id, device.device_id) == (key.group, key.device):
            return device.name
    return same(f"{key.group}/{key.device}")
