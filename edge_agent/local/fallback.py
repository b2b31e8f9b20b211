"""Rules that act while the cloud is silent, by the same road as the cloud's commands.

What a rule holds is a command of the box: guard, journal, priority array, read-back and receipt are those of any
command. The lease keeper takes all of them back as soon as the cloud is there again, also after a crash of this part.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point, Poll
from edge_agent.acquisition.poll_schedule import poll_periods
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.local_order import LocalOrder
from edge_agent.local.condition import Bounds, Held, bounds_of, fulfils, is_open
from edge_agent.local.kernel_clock import ClockTrust
from edge_agent.site import Site
from edge_agent.site_fallback import Condition, FallbackRule
from foundation.clock import Clock
from foundation.rng import Rng
from gateway.messages import DeviceEvent

log = logging.getLogger(__name__)

SCAN_S = 1.0
LEASE_S = 3_600.0
RETRY_S = 300.0
"""A point that would not be taken is tried again after so long."""
FRESH_POLLS = 3
KIND = "edge.fallback"


class LocalOrders(Protocol):
    """Who carries out what the box orders."""

    async def order_locally(self, order: LocalOrder) -> str | None: ...

    def holds(self, device: str, command_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Watched:
    """A condition ready to be judged."""

    condition: Condition
    bounds: Bounds
    fresh_s: float


@dataclass(slots=True)
class _Rule:
    """One rule and where it stands; times are monotonic."""

    rule: FallbackRule
    value: float
    when: _Watched | None
    unless: _Watched | None
    due: Held = field(default_factory=Held)
    barred: Held = field(default_factory=Held)
    over: Held = field(default_factory=Held)
    command_id: str | None = None
    begun_s: float = 0.0
    renew_s: float = 0.0
    retry_s: float = float("-inf")
    is_refusal_told: bool = False


class FallbackRules:
    """All rules of a site; `run` looks at them once a second."""

    def __init__(
        self,
        site: Site,
        catalogue: Catalogue,
        *,
        image: ProcessImage,
        orders: LocalOrders,
        link: LinkWatch,
        trust: ClockTrust,
        tell: Callable[[DeviceEvent], None],
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._image, self._orders, self._link, self._trust = image, orders, link, trust
        self._tell, self._clock, self._rng = tell, clock, rng
        self._rules: dict[str, _Rule] = {}
        self._zone: ZoneInfo | None = None
        self._set(site, catalogue)

    async def replace(self, site: Site, catalogue: Catalogue) -> None:
        """Follow the rules of a new site file; one that is gone or changed lets go first."""
        after = {rule.id: rule for rule in site.fallback}
        for one in self._rules.values():
            if one.command_id is not None and one.rule != after.get(one.rule.id):
                await self._end(one, "config")
        self._set(site, catalogue)

    async def run(self) -> None:
        """Act until cancelled."""
        while True:
            await self.scan()
            await self._clock.sleep(SCAN_S)

    async def scan(self) -> None:
        """One look at every rule."""
        for one in list(self._rules.values()):
            is_due, is_over = self._judge(one)
            if one.command_id is None:
                if self._link.is_lost and is_due and self._clock.monotonic() >= one.retry_s:
                    await self._begin(one)
            elif not self._link.is_lost:
                self._ended(one, "cloud")
            elif not self._orders.holds(one.rule.then.device, one.command_id):
                one.retry_s = self._clock.monotonic() + RETRY_S
                self._ended(one, "taken")
            elif is_over:
                await self._end(one, "condition")
            elif self._clock.monotonic() >= one.renew_s:
                await self._renew(one)

    def _set(self, site: Site, catalogue: Catalogue) -> None:
        self._zone = ZoneInfo(site.time_zone) if site.time_zone is not None else None
        before, self._rules = self._rules, {}
        points = {device.id: catalogue.get(device.profile) for device in site.devices}
        periods: dict[Poll, float] = {**poll_periods(site.poll), "once": float("inf")}

        def watched(condition: Condition | None, rule: FallbackRule) -> _Watched | None:
            if condition is None:
                return None
            point: Point = points[condition.device].point(condition.point)
            fresh_s = condition.fresh_s or FRESH_POLLS * periods[point.poll]
            return _Watched(condition, bounds_of(condition, point, rule.release.hysteresis), fresh_s)

        for rule in site.fallback:
            then = rule.then
            value = float(points[then.device].point(then.point).display_unit.to_base(then.value))
            now = _Rule(rule, value, watched(rule.when, rule), watched(rule.unless, rule))
            last = before.get(rule.id)
            self._rules[rule.id] = last if last is not None and _is_same(last, now) else now

    def _judge(self, one: _Rule) -> tuple[bool, bool]:
        """Whether the reason of the rule lasts long enough to begin, and is gone long enough to end."""
        now_s, rule = self._clock.monotonic(), one.rule
        is_held = one.command_id is not None
        is_open_now = self._is_open(rule)
        is_fulfilled = one.when is None or self._is_true(one.when, is_held=is_held) is True
        lasted_s = one.due.since(is_fulfilled, now_s)
        wait_s = rule.when.for_s if rule.when is not None else 0.0
        is_allowed = is_open_now and not self._is_barred(one, now_s)
        is_due = is_allowed and lasted_s is not None and lasted_s >= wait_s
        gone_s = one.over.since(is_held and not (is_allowed and is_fulfilled), now_s)
        is_over = gone_s is not None and gone_s >= rule.release.for_s and now_s - one.begun_s >= rule.min_hold_s
        return is_due, is_over

    def _is_barred(self, one: _Rule, now_s: float) -> bool:
        """`unless` holds, or is not known not to."""
        if one.unless is None:
            return False
        answer = self._is_true(one.unless, is_held=False)
        lasted_s = one.barred.since(answer is not False, now_s)
        return lasted_s is not None and (answer is None or lasted_s >= one.unless.condition.for_s)

    def _is_true(self, watched: _Watched | None, *, is_held: bool) -> bool | None:
        if watched is None:
            return None
        device, point = watched.condition.device, watched.condition.point
        age_s = self._image.unseen_s(device, point, self._clock.monotonic())
        return fulfils(watched.bounds, self._image.last(device, point), age_s, watched.fresh_s, is_held=is_held)

    def _is_open(self, rule: FallbackRule) -> bool:
        if rule.between is None:
            return True
        if self._zone is None or not self._trust.is_trusted:
            return False
        return is_open(rule.between, datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).astimezone(self._zone))

    async def _begin(self, one: _Rule) -> None:
        command_id = await self._orders.order_locally(self._order(one, one.value))
        now_s = self._clock.monotonic()
        if command_id is None:
            one.retry_s = now_s + RETRY_S
            if not one.is_refusal_told:
                one.is_refusal_told = True
                self._event(one, "refused")
            return
        one.command_id, one.begun_s, one.renew_s = command_id, now_s, now_s + LEASE_S / 2
        one.is_refusal_told = False
        self._event(one, "begun")

    async def _renew(self, one: _Rule) -> None:
        """A longer lease; when it is not granted, what is left of the old one goes on."""
        command_id = await self._orders.order_locally(self._order(one, one.value))
        one.command_id = command_id or one.command_id
        one.renew_s = self._clock.monotonic() + (LEASE_S / 2 if command_id else RETRY_S)

    async def _end(self, one: _Rule, reason: str) -> None:
        await self._orders.order_locally(self._order(one, None))
        self._ended(one, reason)

    def _ended(self, one: _Rule, reason: str) -> None:
        one.command_id = None
        self._event(one, "ended", reason)

    def _order(self, one: _Rule, value: float | None) -> LocalOrder:
        rule = one.rule
        return LocalOrder(rule.then.device, rule.then.point, value, rule.priority, LEASE_S, f"fallback:{rule.id}")

    def _event(self, one: _Rule, state: str, reason: str = "") -> None:
        rule = one.rule
        data = {"rule": rule.id, "state": state, "point": rule.then.point, "value": float(rule.then.value)}
        if reason:
            data["reason"] = reason
        log.warning("fallback rule %s: %s %s", rule.id, state, reason)
        self._tell(DeviceEvent(self._rng.uuid(), KIND, rule.then.device, self._clock.now_ms(), data))


def _is_same(one: _Rule, other: _Rule) -> bool:
    """The same rule judged by the same bounds: it goes on where it stands."""
    return (one.rule, one.value, one.when, one.unless) == (other.rule, other.value, other.when, other.unless)
