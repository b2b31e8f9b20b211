"""Fallback rules of the site file: what the box does by itself while the cloud is silent.

Values are in the unit that the profile shows to people. A rule acts while `when` holds, `between` is open and `unless`
is known not to hold; a value that is not GOOD or not fresh fulfils nothing and refutes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from device_profiles.catalogue import Catalogue
from device_profiles.identifiers import Id, PointName
from device_profiles.profile import Point, Profile, WritablePoint
from foundation.errors import ConfigError
from foundation.settings import FrozenModel

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AUTOMATIC = "auto_adjust"


class Condition(FrozenModel):
    """One value against one bound, held for `for_s`; it is fresh for `fresh_s` (default: three polls of its class)."""

    device: Id
    point: PointName
    above: Decimal | None = None
    below: Decimal | None = None
    equals: Decimal | None = None
    for_s: float = Field(0, ge=0)
    fresh_s: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if sum(bound is not None for bound in (self.above, self.below, self.equals)) != 1:
            raise ValueError("needs exactly one of above, below and equals")
        return self


class TimeWindow(FrozenModel):
    """Local time from (inclusive) to (exclusive); one that passes midnight belongs to the day it begins on."""

    from_: time = Field(alias="from")
    to: time
    days: tuple[Weekday, ...] = WEEK

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.from_ == self.to or not self.days:
            raise ValueError("the window is never open")
        if self.from_.tzinfo is not None or self.to.tzinfo is not None:
            raise ValueError("times are local, without a zone")
        return self


class LocalValue(FrozenModel):
    """What is written."""

    device: Id
    point: PointName
    value: Decimal


class Release(FrozenModel):
    """How far back the value must go (in the condition's unit), and for how long, before the rule lets go."""

    hysteresis: Decimal = Field(Decimal(0), ge=0)
    for_s: float = Field(0, ge=0)


class FallbackRule(FrozenModel):
    """One rule; `priority` is one of the automatic levels, so a person and the safety levels always win."""

    id: Id
    when: Condition | None = None
    between: TimeWindow | None = None
    unless: Condition | None = None
    then: LocalValue
    release: Release = Release()
    priority: int = Field(16, ge=9, le=16)
    min_hold_s: float = Field(60, ge=0, le=86_400)

    @model_validator(mode="after")
    def _some_reason(self) -> Self:
        if self.when is None and self.between is None:
            raise ValueError("needs when or between: a rule without either would always act")
        return self


class Placed(Protocol):
    """What is needed of a device of the site file."""

    @property
    def id(self) -> str: ...
    @property
    def profile(self) -> str: ...


class RuledSite(Protocol):
    """What is needed of the site file."""

    @property
    def fallback(self) -> tuple[FallbackRule, ...]: ...
    @property
    def time_zone(self) -> str | None: ...
    @property
    def devices(self) -> tuple[Placed, ...]: ...


def check_fallback(path: Path, site: RuledSite, catalogue: Catalogue) -> None:
    """Raise ConfigError for the first rule that names what is not there or orders what the profile forbids."""
    profiles = {device.id: catalogue.get(device.profile) for device in site.devices}
    for rule in site.fallback:
        for key, mistake in _mistakes(rule, profiles):
            raise ConfigError(path, f"fallback.{rule.id}.{key}", mistake)
    _refuse_conflicts(path, site.fallback)
    if site.time_zone is not None:
        try:
            ZoneInfo(site.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ConfigError(path, "time_zone", f"unknown time zone {site.time_zone!r}") from None
    elif windowed := next((rule for rule in site.fallback if rule.between is not None), None):
        raise ConfigError(path, f"fallback.{windowed.id}.between", "local times need the site's time_zone")


def _mistakes(rule: FallbackRule, profiles: dict[str, Profile]) -> Iterator[tuple[str, str]]:
    for key, condition in (("when", rule.when), ("unless", rule.unless)):
        if condition is not None:
            point = _point(profiles, condition.device, condition.point)
            if isinstance(point, str):
                yield key, point
            elif point.datatype == "text":
                yield key, f"{condition.point} is text and has no bounds"
    point = _point(profiles, rule.then.device, rule.then.point)
    if isinstance(point, str):
        yield "then", point
    elif not isinstance(point, WritablePoint):
        yield "then", f"{rule.then.point} of {rule.then.device} is not writable"
    elif reason := _forbidden(point, rule.then.value):
        yield "then.value", reason


def _point(profiles: dict[str, Profile], device: str, name: str) -> Point | str:
    """The point, or what is wrong."""
    if device not in profiles:
        return f"unknown device {device}"
    try:
        return profiles[device].point(name)
    except KeyError:
        return f"device {device} has no point {name}"


def _forbidden(point: WritablePoint, value: Decimal) -> str | None:
    low, high = point.limits
    if not low <= value <= high:
        return f"{value} is outside the limits {low}..{high}"
    if point.step is not None and (value - low) % point.step:
        return f"{value} is no whole step of {point.step} from {low}"
    return None if AUTOMATIC in point.permit else f"{point.name} may not be set automatically"


def _refuse_conflicts(path: Path, rules: tuple[FallbackRule, ...]) -> None:
    seen: dict[object, str] = {}
    for rule in rules:
        for key, what in ((rule.id, "id"), ((rule.then.device, rule.then.point, rule.priority), "priority")):
            if key in seen:
                reason = f"rule {seen[key]} has the same {'id' if what == 'id' else 'point and priority'}"
                raise ConfigError(path, f"fallback.{rule.id}.{what}", reason)
            seen[key] = rule.id
