"""Own tariffs and quotas as a person enters and reads them, kept in the form of tariff files and quota table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud.console.components.energy.account_inputs import indicator_name
from cloud.console.components.energy.energy_tiles import convention_name
from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.row_table import Buttons, Cell, Row, Shown
from cloud.console.numbers import MISSING
from cloud.console.session import Viewer
from cloud.core.institution import Institution
from cloud.energy.carrier import DISPLAY_UNITS, Carrier
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT
from cloud.energy.quota import NONE
from cloud.reporting.display import unit_text
from foundation.texts import LANGUAGES, load_texts

BANDS = ("peak", "valley")
BASE = "flat"
INDICATORS: Mapping[str, tuple[str, bool]] = {
    "energy_per_m2": ("kgce/(m2·a)", True),
    "energy_per_person": ("kgce/(person·a)", True),
    "water_per_person": ("m3/(person·a)", False),
    "electricity_per_m2": ("kWh/(m2·a)", False),
}
"""Unit of each indicator that is judged, and whether coal is converted for it."""


def tariff_fields(viewer: Viewer) -> list[FieldInput]:
    """A flat price, or one with a dearer and a cheaper time of day."""
    say = viewer.say
    carriers = tuple((str(one), say(f"energy_account.carrier.{one}")) for one in Carrier)
    fields = [
        FieldInput("name", say("console.prices.field.name"), required=True),
        FieldInput("carrier", say("console.prices.field.carrier"), "choice", True, carriers, str(Carrier.ELECTRICITY)),
        FieldInput("price", say("console.prices.field.price"), required=True, unit=say("console.prices.per_unit")),
        FieldInput("valid_from", say("console.prices.field.valid_from"), "day", True),
    ]
    for band in BANDS:
        fields.append(FieldInput(f"{band}_price", say(f"console.prices.field.{band}_price")))
        fields.append(FieldInput(f"{band}_hours", say(f"console.prices.field.{band}_hours")))
    fields.append(FieldInput("source", say("console.prices.field.source"), required=True))
    fields.append(reason_field(viewer))
    return fields


def reason_field(viewer: Viewer) -> FieldInput:
    """Why the list changes: kept with the version, and told where figures are restated."""
    return FieldInput("reason", viewer.say("console.prices.field.reason"))


def tariff_entry(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    """An entry in the form of the tariff files; the desk refuses what is wrong with it."""
    prices = {BASE: str(given.get("price", "")).strip()}
    spans = []
    for band in BANDS:
        price = str(given.get(f"{band}_price", "")).strip()
        if price:
            prices[band] = price
            spans += [{"band": band, **span} for span in hours_of(str(given.get(f"{band}_hours", "")))]
    carrier, valid_from = str(given.get("carrier", "")), str(given.get("valid_from", ""))
    return {
        "schema": "xietong.tariff/1",
        "id": f"own_{carrier}_{valid_from.replace('-', '')}_{number}",
        "name": dict.fromkeys(LANGUAGES, str(given.get("name", "")).strip()),
        "carrier": carrier,
        "unit": DISPLAY_UNITS[Carrier(carrier)] if carrier in set(Carrier) else "",
        "prices": prices,
        "base": BASE,
        "spans": spans,
        "valid_from": valid_from,
        "edition": valid_from,
        "source": str(given.get("source", "")).strip(),
        "confidence": "verified",
    }


def hours_of(text: str) -> list[dict[str, str]]:
    """`08:00-12:00, 17:00-21:00` as spans of a day; what is written wrong is left for the desk to refuse."""
    spans = []
    for part in text.replace("，", ",").replace("–", "-").split(","):
        begins, _, ends = part.strip().partition("-")
        spans.append({"begins": begins.strip(), "ends": ends.strip()})
    return spans


def tariff_row(entry: Mapping[str, Any], number: int, buttons: Buttons, viewer: Viewer) -> Row:
    carrier, unit = str(entry.get("carrier", "")), unit_text(str(entry.get("unit", "")), viewer.language)
    names = entry.get("name") or {}
    cells: tuple[Shown, ...] = (
        Cell(str(names.get(viewer.language, entry.get("id", MISSING))), str(entry.get("source", ""))),
        viewer.say(f"energy_account.carrier.{carrier}"),
        Cell(_prices(entry, unit, viewer), _hours(entry, viewer)),
        str(entry.get("valid_from", MISSING)),
        buttons,
    )
    return Row(str(number), cells)


def quota_fields(viewer: Viewer) -> list[FieldInput]:
    say = viewer.say
    indicators = tuple((name, indicator_name(name, viewer)) for name in INDICATORS)
    conventions = tuple((one, convention_name(one, viewer)) for one in (CALORIFIC, EQUIVALENT))
    return [
        FieldInput("standard", say("console.prices.field.standard"), required=True),
        FieldInput("indicator", say("console.prices.field.indicator"), "choice", True, indicators, "energy_per_m2"),
        FieldInput("factor_set", say("console.prices.field.factor_set"), "choice", True, conventions, EQUIVALENT),
        FieldInput("upper", say("console.prices.field.upper"), required=True),
        FieldInput("normal", say("console.prices.field.normal")),
        FieldInput("advanced", say("console.prices.field.advanced")),
        reason_field(viewer),
    ]


def quota_entry(given: Mapping[str, Any], institution: Institution) -> dict[str, Any]:
    """An entry by the columns of the quota table, for this institution's class and region."""
    indicator = str(given.get("indicator", ""))
    unit, is_coal = INDICATORS.get(indicator, ("", False))
    return {
        "standard": str(given.get("standard", "")).strip(),
        "table": "own",
        "region": institution.region,
        "institution_class": str(institution.institution_class),
        "indicator": indicator,
        "factor_set": str(given.get("factor_set", "")) if is_coal else NONE,
        "unit": unit,
        **{level: str(given.get(level, "")).strip() for level in ("upper", "normal", "advanced")},
    }


def quota_row(entry: Mapping[str, Any], number: int, buttons: Buttons, viewer: Viewer) -> Row:
    levels = " / ".join(str(entry.get(level) or MISSING) for level in ("advanced", "normal", "upper"))
    set_id = str(entry.get("factor_set", ""))
    named = convention_name(set_id, viewer) if set_id in (CALORIFIC, EQUIVALENT) else ""
    unit = unit_text(str(entry.get("unit", "")), viewer.language)
    key = f"institution.choice.{entry.get('institution_class', '')}"
    holds = viewer.say(key) if key in load_texts() else str(entry.get("institution_class", MISSING))
    cells: tuple[Shown, ...] = (
        str(entry.get("standard", MISSING)),
        Cell(indicator_name(str(entry.get("indicator", "")), viewer), named),
        Cell(levels, unit),
        holds,
        buttons,
    )
    return Row(str(number), cells)


def _prices(entry: Mapping[str, Any], unit: str, viewer: Viewer) -> str:
    prices = entry.get("prices") or {}
    yuan = viewer.say("console.account.yuan")
    if len(prices) == 1:
        return f"{next(iter(prices.values()))} {yuan}/{unit}"
    shown = [f"{_band(str(band), viewer)} {price}" for band, price in prices.items()]
    return f"{viewer.say('forecast.part_separator').join(shown)} {yuan}/{unit}"


def _hours(entry: Mapping[str, Any], viewer: Viewer) -> str:
    spans = [
        f"{_band(str(span.get('band')), viewer)} {span.get('begins')}–{span.get('ends')}"
        for span in entry.get("spans") or ()
    ]
    return viewer.say("forecast.part_separator").join(spans)


def _band(band: str, viewer: Viewer) -> str:
    key = f"console.prices.band.{band}"
    return viewer.say(key) if key in load_texts() else band
