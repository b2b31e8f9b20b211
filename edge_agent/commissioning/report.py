"""What a search on a bus found, as plain values for `--json` and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from device_profiles.plausibility import Finding, findings, phase_values
from device_profiles.profile import Profile
from edge_agent.commissioning.identify import Candidate, Verdict
from edge_agent.commissioning.place import Crowd, Place
from edge_agent.site import Device
from foundation.texts import Language, load_texts
from gateway.messages import Reading, Value

SHOWN_POINTS = 6
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """One device on the bus, every profile's verdict on it, and what the site file has there."""

    place: Place
    candidates: Sequence[Candidate]
    installed: Device | None = None

    @property
    def best(self) -> Candidate | None:
        """The likeliest profile; None when all differ."""
        first = self.candidates[0] if self.candidates else None
        return first if first is not None and first.verdict is not Verdict.DIFFERS else None


def as_json(found: FoundUnit | Crowd) -> dict[str, Any]:
    """Place, candidates with their verdicts, parameters and values (display units) of the likeliest, suspicions.

    A crowd has neither unit nor address, and `crowd` says who.
    """
    if isinstance(found, Crowd):
        crowd = {"language": found.language, "meter_type": found.meter_type}
        place = {"unit": None, "address": None, "crowd": crowd, "device": None}
        return {**place, "candidates": [], "params": {}, "values": {}, "suspicions": []}
    best = found.best
    return {
        "unit": found.place.unit,
        "address": found.place.address,
        "crowd": None,
        "device": None if found.installed is None else found.installed.id,
        "candidates": [
            {
                "profile": one.profile.id,
                "verdict": one.verdict.name.lower(),
                "confidence": max(source.confidence for source in one.profile.provenance),
                "reason": one.reason,
            }
            for one in found.candidates
        ],
        "params": {} if best is None else {name: int(value) for name, value in best.params.items()},
        "values": {} if best is None else dict(values(best)),
        "suspicions": [one.code for one in suspicions(found)],
    }


def lines(found: FoundUnit | Crowd, language: Language, *, every_profile: bool = False) -> Iterator[str]:
    """One device for people: the profiles that fit (or all), some values, suspicions in words; or one crowd."""
    if isinstance(found, Crowd):
        yield _crowd_words(found, language)
        return
    device = found.installed
    yield f"{found.place}" + ("" if device is None else f"  (installed as {device.id}, {device.profile})")
    for one in found.candidates:
        if every_profile or one.verdict is not Verdict.DIFFERS:
            confidence = max(source.confidence for source in one.profile.provenance)
            reason = f"  ({one.reason})" if one.reason else ""
            yield f"  {one.verdict.name.lower():<9} {one.profile.id:<28} confidence {confidence}{reason}"
    best = found.best
    if best is None:
        yield "  no profile fits"
        return
    if best.params:
        yield "    params: {" + ", ".join(f"{name}: {value}" for name, value in best.params.items()) + "}"
    for name, text in list(values(best))[:SHOWN_POINTS]:
        yield f"    {name} = {text}"
    for finding in suspicions(found):
        yield "    ! " + load_texts()(f"plausibility.{finding.code}", language, **finding.words)


def _crowd_words(crowd: Crowd, language: Language) -> str:
    texts = load_texts()
    if crowd.language == "dlt645":
        return texts("scan.crowd.dlt645", language)
    if crowd.meter_type is None:
        return texts("scan.crowd.cjt188_any", language)
    return texts("scan.crowd.cjt188", language, meter_type=f"{crowd.meter_type:02X}H")


def values(candidate: Candidate) -> Iterator[tuple[str, str]]:
    """Point names with what the display of the device should show."""
    for reading in candidate.readings:
        if reading.value is not None:
            yield reading.point, _shown(candidate.profile, reading)


def suspicions(found: FoundUnit) -> list[Finding]:
    """What the values of a meter suggest about its wiring and ratio; nothing for other devices."""
    best = found.best
    if best is None or best.profile.role != "meter" or best.profile.carrier != "electricity":
        return []
    told: dict[str, Value] = {reading.point: reading.value for reading in best.readings}
    return findings(phase_values(told, _ratio(best.profile, found.installed)))


def _ratio(profile: Profile, installed: Device | None) -> float | None:
    """The current transformer ratio in force; None for a profile that has no such parameter."""
    if "ct" not in profile.params:
        return None
    is_its_own = installed is not None and installed.profile == profile.id
    given = installed.params.get("ct") if installed is not None and is_its_own else None
    return float(profile.params["ct"].default if given is None else given)


def _shown(profile: Profile, reading: Reading) -> str:
    point = profile.point(reading.point)
    value = reading.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if point.labels:
        return point.labels.get(int(value), str(value))
    shown = point.display_unit.from_base(Decimal(repr(value)))
    unit = "" if point.unit in ("1", "count") else f" {point.unit}"
    return f"{float(shown):.{_DIGITS}g}{unit}" if point.kind == "gauge" else f"{shown:f}{unit}"
