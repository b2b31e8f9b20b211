"""Which profiles fit a connected device: their probes asked, their points read, and the likeliest put first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from device_profiles.profile import Profile
from edge_agent.drivers.driver import DeviceDriver, Urgency
from foundation.errors import DeviceError
from gateway.messages import Quality, Reading


class Verdict(IntEnum):
    """How well a profile fits, best first."""

    MATCHES = 0
    POSSIBLE = 1
    DIFFERS = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """One profile against one device. `reason` says in English what speaks against it, empty when nothing does.

    `params` are those that the device needs with the profile, as the search found them.
    """

    profile: Profile
    verdict: Verdict
    reason: str = ""
    readings: tuple[Reading, ...] = ()
    params: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def sound(self) -> int:
        """Points that gave a value which can be true."""
        return sum(1 for reading in self.readings if reading.quality is Quality.GOOD)

    @property
    def telling(self) -> int:
        """Points whose value is more than nothing: a map that does not fit reads zeros."""
        return sum(1 for reading in self.readings if reading.quality is Quality.GOOD and reading.value)


DriverFor = Callable[[Profile], DeviceDriver]


async def identify(profiles: Iterable[Profile], driver_for: DriverFor, forgive: Callable[[], None]) -> list[Candidate]:
    """Every profile with its verdict, the likeliest first. Only reads.

    `forgive` is called before each profile: some devices are silent about registers that they do not have, and that
    must not count against the next profile. LinkError passes through.
    """
    found: list[Candidate] = []
    for profile in profiles:
        forgive()
        try:
            found.append(await _judge(profile, driver_for(profile)))
        except DeviceError as error:
            found.append(Candidate(profile, Verdict.DIFFERS, str(error)))
    return sorted(found, key=_rank)


async def _judge(profile: Profile, driver: DeviceDriver) -> Candidate:
    probes = [probe.as_point(f"Probe/{number}") for number, probe in enumerate(profile.probe, start=1)]
    if probes:
        for reading in await driver.read(probes, Urgency.SLOW):
            if reading.quality is not Quality.GOOD or reading.value is None:
                probe = profile.probe[int(reading.point.removeprefix("Probe/")) - 1]
                wanted = f"{probe.range[0]}..{probe.range[1]}"
                return Candidate(profile, Verdict.DIFFERS, f"a probe reads {reading.value}, not {wanted}")
    readings = tuple(await driver.read(profile.all_points, Urgency.SLOW))
    odd = [reading for reading in readings if reading.quality is not Quality.GOOD]
    reason = f"{len(odd)} of {len(readings)} points not read or out of range: {_names(odd)}" if odd else ""
    is_probed = bool(probes) or profile.sunspec is not None
    if not is_probed:
        verdict = Verdict.DIFFERS if odd else Verdict.POSSIBLE
        return Candidate(profile, verdict, reason or "the profile has no probe", readings)
    return Candidate(profile, Verdict.POSSIBLE if odd else Verdict.MATCHES, reason, readings)


def _rank(candidate: Candidate) -> tuple[object, ...]:
    profile = candidate.profile
    points = max(len(profile.all_points), 1)
    confidence = min((source.confidence for source in profile.provenance), default="C")
    share = candidate.telling / points
    return (
        candidate.verdict,
        candidate.sound - len(candidate.readings),
        -round(share, 2),
        -candidate.telling,
        -len(profile.probe),
        confidence,
        profile.id,
    )


def _names(readings: Sequence[Reading], most: int = 3) -> str:
    names = [reading.point for reading in readings[:most]]
    return ", ".join(names) + (" ..." if len(readings) > most else "")
