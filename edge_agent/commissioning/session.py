"""A search over one bus of a site, without getting into the way of an agent that serves it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from device_profiles.catalogue import Catalogue
from edge_agent.commissioning.bench import Bench
from edge_agent.commissioning.place import LANGUAGES, Crowd, Language, Place
from edge_agent.commissioning.report import FoundUnit
from edge_agent.site import Device, Site
from edge_agent.site_lines import LineBus, ModbusTcpBus
from foundation.clock import Clock
from foundation.disk import held
from foundation.errors import ConfigError

LAST_UNIT = 255
_SPAN = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")


def line_bus(site: Site, bus_id: str) -> LineBus:
    """The bus of that id; ConfigError when there is none, or when its devices speak by themselves."""
    bus = next((bus for bus in site.buses if bus.id == bus_id), None)
    if bus is None:
        known = ", ".join(bus.id for bus in site.buses)
        raise ConfigError("command line", "bus", f"{bus_id!r} is not a bus of this site: {known}")
    if not isinstance(bus, LineBus):
        raise ConfigError("command line", "bus", f"devices on {bus_id} ({bus.kind}) report by themselves")
    return bus


@contextlib.contextmanager
def bus_alone(bus: LineBus, lock: Path, *, force: bool) -> Iterator[None]:
    """Hold the bus against the site's agent; ConfigError while the agent runs.

    With `force` a Modbus TCP bus is shared all the same: its box keeps the two clients apart, a bare wire would not.
    """
    if force and isinstance(bus, ModbusTcpBus):
        yield
        return
    hint = (
        "stop it first, or use --force" if isinstance(bus, ModbusTcpBus) else "stop it first: two cannot share a wire"
    )
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(lock, "edge agent"))
        except ConfigError as error:
            raise ConfigError(lock, "lock", f"the edge agent of this site is running; {hint}") from error
        yield


async def scan(
    bus: LineBus,
    catalogue: Catalogue,
    units: Iterable[int],
    clock: Clock,
    *,
    devices: Sequence[Device] = (),
    timeout_s: float | None = None,
    languages: Collection[Language] = LANGUAGES,
) -> AsyncIterator[FoundUnit | Crowd]:
    """Each device found on the bus, with the verdicts of all profiles, and crowds that cannot be told apart.

    `devices` are those of the site file.
    """
    bench = Bench(bus, catalogue, clock)
    try:
        async for place in bench.search(units, timeout_s, languages):
            if isinstance(place, Crowd):
                yield place
                continue
            installed = _installed(devices, bus, place)
            yield FoundUnit(place, await bench.candidates(place, installed), installed)
    finally:
        await bench.close()


async def probe(
    bus: LineBus, catalogue: Catalogue, place: Place, clock: Clock, *, devices: Sequence[Device] = ()
) -> FoundUnit:
    """The verdicts of all profiles on one device."""
    bench = Bench(bus, catalogue, clock)
    installed = _installed(devices, bus, place)
    try:
        place = await bench.located(place)
        return FoundUnit(place, await bench.candidates(place, installed), installed)
    finally:
        await bench.close()


def _installed(devices: Sequence[Device], bus: LineBus, place: Place) -> Device | None:
    here = (device for device in devices if device.bus == bus.id)
    return next((one for one in here if place.is_at(one.unit, one.address)), None)


def unit_numbers(text: str) -> list[int]:
    """`1-5,9` as numbers; ConfigError for anything else, or numbers that no unit has."""
    numbers: set[int] = set()
    for part in text.split(","):
        span = _SPAN.fullmatch(part.strip())
        low, high = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if not low <= high <= LAST_UNIT:
            raise ConfigError("command line", "units", f"{part.strip()!r} is not a unit (0-255) or a span such as 1-20")
        numbers.update(range(low, high + 1))
    return sorted(numbers)


def language_names(text: str) -> list[Language]:
    """`modbus,cjt188` as names; ConfigError for anything else."""
    names = {part.strip() for part in text.split(",")}
    unknown = sorted(names.difference(LANGUAGES))
    if unknown:
        reason = f"{unknown[0]!r} is not one of {', '.join(LANGUAGES)}"
        raise ConfigError("command line", "languages", reason)
    return [language for language in LANGUAGES if language in names]
