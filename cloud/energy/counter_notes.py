"""What people have entered about counters, as notes that interval energy is booked by: exchanges and corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from cloud.core.counter_break import BreakKind, CounterBreak, CounterNote, ParamChange, RegisterCorrection
from cloud.core.ports import RegisteredDevice, RegisteredPoint
from cloud.core.series import SeriesKey
from cloud.energy.carrier import Carrier
from cloud.energy.metered import COUNTERS
from cloud.records.record import FieldValue, Record
from device_profiles.catalogue import Catalogue
from device_profiles.quantity import unit_of
from device_profiles.ratio import installed_ratio, with_params

KINDS = ("meter_exchange", "register_correction")
"""Kinds of records that say something about a counter."""

_JOULES_PER_WH = 3600


def noted(
    record: Record, devices: Sequence[RegisteredDevice], changes: Sequence[ParamChange], catalogue: Catalogue
) -> list[CounterNote]:
    """The notes of one row; none when it is withdrawn, or speaks of a meter that is not known, or not by one name.

    Multipliers that are left out are the ratios with which the device was installed then.
    """
    fields = record.fields
    mine = [one for one in devices if one.institution_id == record.institution_id and one.device == fields["meter"]]
    point = _counter(mine[0], Carrier(str(fields["carrier"]))) if len(mine) == 1 else None
    if fields.get("withdrawn") or point is None:
        return []
    key = SeriesKey(mine[0].group, mine[0].device, point.name)
    properties = properties_at(mine[0], changes, record.start_ms)
    old = _multiplier(fields.get("multiplier"), installed_ratio(properties, point.name, catalogue) or Decimal(1))
    if record.kind == "register_correction":
        register = _base(fields.get("register"), fields.get("unit"), point.unit, old)
        return [RegisterCorrection(key, record.start_ms, record.end_ms, register)]
    final = _base(fields.get("final"), fields["unit"], point.unit, old)
    initial = _base(fields["initial"], fields["unit"], point.unit, _multiplier(fields.get("new_multiplier"), old))
    kind = BreakKind.RESET if fields["event"] == "reset" else BreakKind.EXCHANGE
    return [] if initial is None else [CounterBreak(key, record.start_ms, final, initial, kind)]


def properties_at(device: RegisteredDevice, changes: Sequence[ParamChange], at_ms: int) -> Mapping[str, str]:
    """Properties of a device with the parameters that were in force at a time; `changes` are in their order."""
    mine = [one for one in changes if (one.group, one.device) == (device.group, device.device) and one.at_ms > at_ms]
    return {**device.properties, **with_params(mine[0].before)} if mine else device.properties


def _counter(device: RegisteredDevice, carrier: Carrier) -> RegisteredPoint | None:
    """The point of a device that counts a carrier."""
    points = {one.name: one for one in device.points if one.kind == "counter"}
    return next((points[name] for name in COUNTERS.get(carrier, ()) if name in points), None)


def _multiplier(given: FieldValue, presumed: Decimal) -> Decimal:
    """What a meter shows is multiplied by this."""
    return presumed if given is None else Decimal(str(given))


def _base(shown: FieldValue, unit: FieldValue, base: str, multiplier: Decimal) -> int | None:
    """A register as people read it, in the whole base unit of its point; None when not given, or of another kind."""
    if shown is None or unit is None:
        return None
    given = unit_of(str(unit))
    value = given.to_base(Decimal(str(shown))) * multiplier
    if (given.base, base) == ("Wh", "J"):
        value *= _JOULES_PER_WH
    elif given.base != base:
        return None
    return int(value.to_integral_value(ROUND_HALF_UP))
