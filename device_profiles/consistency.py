"""What no single key of a profile can tell: places that overlap, limits that cannot be written, gates that cannot work.

Each rule yields every problem it finds, so that `profile check` can show all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from device_profiles.data_rules import data_problems
from device_profiles.profile import Point, Profile, Register, WritablePoint
from device_profiles.sunspec import ModelPlace, declared_models, resolved

EVENT_PATTERN = r"^[a-z]+(?:\.[a-z_]+)+$"

_INTEGERS: dict[str, tuple[int, int]] = {
    "bool": (0, 1),
    **{f"{sign}int{bits}": _bounds for bits in (16, 32, 64) for sign, _bounds in (
        ("u", (0, 2**bits - 1)),
        ("", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)),
    )},
    "bitfield16": (0, 2**16 - 1), "enum16": (0, 2**16 - 1), "sunssf": (-(2**15), 2**15 - 1),
    "bitfield32": (0, 2**32 - 1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the key (with the point's name) and the reason."""

    key: str
    reason: str


def problems_of(profile: Profile) -> Iterator[Problem]:
    """Every problem of an otherwise well-formed profile."""
    yield from _sunspec(profile)
    for rule in _RULES:
        yield from rule(_placed(profile))


def _placed(profile: Profile) -> Profile:
    """SunSpec models laid one behind the other from 0, so that the rules see registers."""
    directory, address = {}, 0
    for model, length in declared_models(profile).items():
        directory[model] = ModelPlace(address, length)
        address += 2 + length
    return resolved(profile, directory)


def _sunspec(profile: Profile) -> Iterator[Problem]:
    if profile.sunspec is None:
        return
    named = {model for point in profile.all_points if point.sunspec is not None for model in point.sunspec.models}
    for model in profile.sunspec.models:
        if model not in named:
            yield Problem("sunspec.models", f"no point lies in model {model}")


def _overlaps(profile: Profile) -> Iterator[Problem]:
    places = [(point, register) for point in profile.all_points for register in _registers(point)]
    for index, (point, place) in enumerate(places):
        for earlier, other in places[:index]:
            if place.table == other.table and _shared(place, other) and not _masks_apart(point, earlier):
                reason = f"overlaps {earlier.name} ({other.table} {other.address}, {other.words} words)"
                yield Problem(f"{point.name}.address", reason)


def _shared(one: Register, other: Register) -> bool:
    return one.address < other.address + other.words and other.address < one.address + one.words


def _masks_apart(one: Point, other: Point) -> bool:
    return one.mask is not None and other.mask is not None and one.mask & other.mask == 0


def _blocks(profile: Profile) -> Iterator[Problem]:
    for point in profile.all_points:
        registers = _read_together(point)
        if not registers:
            continue
        if len({register.table for register in registers}) > 1:
            yield Problem(f"{point.name}.fraction", "must lie in the same table as the point")
            continue
        start = min(register.address for register in registers)
        end = max(register.address + register.words for register in registers)
        if end > 65_536:
            yield Problem(f"{point.name}.address", "reaches beyond address 65535")
        # Two requests could see the integer before and the fraction after a carry.
        if end - start > profile.link.max_words:
            yield Problem(f"{point.name}.address", f"{end - start} words do not fit link.max_words")
        for fence in profile.link.no_cross.get(registers[0].table, ()):
            if start < fence < end:
                yield Problem(f"{point.name}.address", f"crosses the fence at {fence} (link.no_cross)")


def _registers(point: Point) -> list[Register]:
    return [register for register in (point.register_place, point.fraction) if register is not None]


def _read_together(point: Point) -> list[Register]:
    """Registers that one request must hold, a scale factor included (several points may share it)."""
    registers = _registers(point)
    if point.scale_ref is not None and registers:
        registers.append(Register(table=registers[0].table, address=point.scale_ref, type="sunssf"))
    return registers


def _ranges(profile: Profile) -> Iterator[Problem]:
    named: list[tuple[str, tuple[Decimal, Decimal]]] = [
        *((f"{point.name}.range", point.range) for point in profile.all_points if point.range),
        *((f"{point.name}.limits", point.limits) for point in profile.writable),
        *((f"probe.{index}.range", probe.range) for index, probe in enumerate(profile.probe)),
        *((f"gates.{index}.range", gate.range) for index, gate in enumerate(profile.gates)),
    ]
    for key, (low, high) in named:
        if low > high:
            yield Problem(key, f"{low} is above {high}")
    for name, param in profile.params.items():
        if not param.min <= param.default <= param.max:
            yield Problem(f"params.{name}", f"default {param.default} is outside {param.min}..{param.max}")


def _codings(profile: Profile) -> Iterator[Problem]:
    for point in profile.all_points:
        bounds = _INTEGERS.get(point.type or "")
        if point.scale == 0:
            yield Problem(f"{point.name}.scale", "must not be 0")
        if point.kind != "counter" and (point.counter.wrap or point.counter.max_rate_per_h):
            yield Problem(f"{point.name}.counter", "only a point of kind counter wraps")
        if point.bits and not (point.type or "").startswith("bitfield"):
            yield Problem(f"{point.name}.bits", "only a bitfield has named bits")
        if point.labels and point.kind != "state":
            yield Problem(f"{point.name}.labels", "only a point of kind state has labels")
        if point.mask is not None and (bounds is None or bounds[0] < 0 or point.mask > bounds[1]):
            yield Problem(f"{point.name}.mask", f"needs an unsigned register that holds {point.mask}")
        if point.pf_4q and point.display_unit.symbol != "1":
            yield Problem(f"{point.name}.pf_4q", "only a power factor in unit 1 tells its quadrant")
        if point.register_place is not None:
            yield from _unreachable_sentinels(point, bounds)


def _unreachable_sentinels(point: Point, bounds: tuple[int, int] | None) -> Iterator[Problem]:
    for sentinel in point.sentinel:
        # A sentinel may be written signed or as the bit pattern.
        if bounds is not None and not bounds[0] <= sentinel <= max(bounds[1], bounds[1] - bounds[0]):
            yield Problem(f"{point.name}.sentinel", f"{sentinel} cannot occur in {point.type}")


def _writes(profile: Profile) -> Iterator[Problem]:
    for point in profile.writable:
        if point.table not in ("holding", "coil"):
            yield Problem(f"{point.name}.table", f"{point.table} registers cannot be written")
        place = point.register_place
        if point.write == "fc6" and place is not None and place.words != 1:
            yield Problem(f"{point.name}.write", f"fc6 writes one word, {point.type} has {place.words}")
        if point.mask is not None or point.fraction is not None:
            yield Problem(f"{point.name}.write", "a part of a register cannot be written alone")
        yield from _neighbours_written(point)
        yield from _unreachable_limits(point)


def _neighbours_written(point: WritablePoint) -> Iterator[Problem]:
    place = point.register_place
    if place is None or not point.write_with:
        return
    if point.write != "fc16":
        yield Problem(f"{point.name}.write_with", "several registers are written with fc16")
    own = range(place.address, place.address + place.words)
    all_addresses = sorted({*own, *point.write_with})
    if len(all_addresses) != place.words + len(point.write_with):
        yield Problem(f"{point.name}.write_with", "covers the point's own registers")
    elif all_addresses != list(range(all_addresses[0], all_addresses[-1] + 1)):
        yield Problem(f"{point.name}.write_with", "leaves a gap: one request writes registers without gaps")
    if any(not 0 <= word <= 0xFFFF for word in point.write_with.values()):
        yield Problem(f"{point.name}.write_with", "words are 0..65535")


def _unreachable_limits(point: WritablePoint) -> Iterator[Problem]:
    low, high = point.limits
    if point.range and not (point.range[0] <= low and high <= point.range[1]):
        yield Problem(f"{point.name}.limits", f"{low}..{high} reach outside range {point.range[0]}..{point.range[1]}")
    if point.step is not None and (point.safe_value - low) % point.step:
        yield Problem(f"{point.name}.safe_value", f"{point.safe_value} is no whole step of {point.step} from {low}")
    bounds = _INTEGERS.get(point.type or "")
    if bounds is None or point.scale == 0 or point.scale_ref is not None:
        return
    for limit in point.limits:
        raw = (limit - point.offset) / point.scale
        if not bounds[0] <= raw <= bounds[1]:
            yield Problem(f"{point.name}.limits", f"{limit} does not fit {point.type}")


def _judgements(profile: Profile) -> Iterator[Problem]:
    for index, gate in enumerate(profile.gates):
        poll = profile.point(gate.when).poll
        for name in gate.points:
            # A gate read at another time would judge a value by the signal of another moment.
            if profile.point(name).poll != poll:
                yield Problem(f"gates.{index}.points", f"{name} and {gate.when} are in different poll classes")
    for index, check in enumerate(profile.checks):
        quantities = {profile.point(name).display_unit.quantity for name in (*check.sum, check.equals)}
        if len(quantities) > 1:
            yield Problem(f"checks.{index}", f"adds up different quantities: {', '.join(sorted(quantities))}")


def _messages(profile: Profile) -> Iterator[Problem]:
    if profile.driver == "mqtt_json" and "{address}" not in (profile.topic or ""):
        yield Problem("topic", "an mqtt_json profile needs a topic that contains {address}")
    if profile.driver == "modbus" and profile.topic is not None:
        yield Problem("topic", "a Modbus device has no topic")
    if profile.driver == "traccar" and "{stream}" not in (profile.topic or "{stream}"):
        yield Problem("topic", "a traccar profile needs a topic that contains {stream}")
    if profile.datum != "wgs84" and profile.driver != "jt808":
        yield Problem("datum", f"positions of driver {profile.driver} are taken as WGS-84")
    fields = [point.field for point in profile.all_points if point.field is not None]
    for field in sorted({field for field in fields if fields.count(field) > 1}):
        yield Problem("points", f"field {field} is used twice")
    for kind in profile.events:
        if not re.fullmatch(EVENT_PATTERN, kind):
            yield Problem("events", f"{kind!r} is not a dotted lower-case code")


def _data(profile: Profile) -> Iterator[Problem]:
    for key, reason in data_problems(profile):
        yield Problem(key, reason)


def _classification(profile: Profile) -> Iterator[Problem]:
    submeter = profile.submeter
    if submeter.default is not None and submeter.default not in submeter.allowed:
        yield Problem("submeter.default", f"{submeter.default} is not among allowed")
    if not profile.all_points and not profile.events:
        yield Problem("points", "a profile without points and events says nothing")


_RULES: tuple[Callable[[Profile], Iterator[Problem]], ...] = (
    _overlaps, _blocks, _ranges, _codings, _writes, _judgements, _messages, _data, _classification,
)  # fmt: skip
