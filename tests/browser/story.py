"""What has happened in the synthetic compound before the browser opens: breaches, commands, events, booked energy."""

from __future__ import annotations

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.command_record import CommandRequest, CommandState
from cloud.core.energy_interval import EnergyInterval
from cloud.core.event import Event, Severity
from cloud.core.threshold import Breach, BreachState, Threshold, ThresholdAction
from cloud.desks.books import Books
from device_profiles.catalogue import load_catalogue
from gateway.messages import Command, CommandAction, CommandReceipt, Outcome
from tests.browser.compound import (
    GROUP,
    INSTITUTION,
    LOST_DEVICE,
    NODE,
    QUARTER_MS,
    SyntheticStore,
    birth,
    installed,
    model,
)

PLAIN_NODE = "plain"
"""An edge node that waits for no acknowledgement."""
LIMIT_W, HYSTERESIS_W, SURGE_W, FALL_W = 86_000.0, 4_000.0, 16_000.0, 13_500.0
ACTIONS = tuple(ThresholdAction(device, "Setpoint/Temperature", 28.0, 600.0) for device in ("a-ac-1", "a-ac-2"))


def furnish(ports: Books, store: SyntheticStore, now_ms: int) -> None:
    """Enter everything."""
    ports.institutions.save(model())
    _births(ports, now_ms)
    for one in (
        _threshold("building-a-power", "一号楼总功率", "a-main", LIMIT_W, now_ms, automatic=True, actions=ACTIONS),
        _threshold("building-c-power", "三号楼总功率", "c-main", 121_000.0, now_ms, automatic=False, actions=()),
    ):
        ports.thresholds.save(one)
    _breach(ports, store, "breach-1", now_ms - 420_000, now_ms - 330_000, now_ms)
    _breach(ports, store, "breach-2", now_ms - 70_000, None, now_ms)
    _waiting_command(ports, now_ms)
    ports.event_log.append(_events(now_ms))
    _book(ports, store, now_ms)


def _births(ports: Books, now_ms: int) -> None:
    catalogue = load_catalogue()
    ports.registry.node_born(GROUP, NODE, "nonce", now_ms - 86_400_000)
    ports.registry.node_born(GROUP, PLAIN_NODE, "nonce", now_ms - 86_400_000, is_lossy=True)
    for device in installed():
        node = PLAIN_NODE if device.id == LOST_DEVICE else NODE
        ports.registry.device_born(GROUP, node, birth(device, catalogue.get(device.profile)), now_ms - 86_400_000)
    ports.registry.device_lost(GROUP, PLAIN_NODE, LOST_DEVICE, now_ms - 40 * 60_000)


def _threshold(
    identity: str,
    name: str,
    device: str,
    limit: float,
    now_ms: int,
    *,
    automatic: bool,
    actions: tuple[ThresholdAction, ...],
) -> Threshold:
    return Threshold(
        threshold_id=identity,
        institution_id=INSTITUTION,
        name=name,
        group=GROUP,
        device=device,
        point="Power/Active/Total",
        limit=limit,
        hysteresis=HYSTERESIS_W,
        window_s=30,
        hold_s=5,
        automatic=automatic,
        actions=actions,
        changed_by="energy-officer",
        changed_ms=now_ms - 3_600_000,
    )


def _breach(
    ports: Books, store: SyntheticStore, identity: str, opened_ms: int, closed_ms: int | None, now_ms: int
) -> None:
    end_ms = closed_ms or now_ms + 86_400_000
    store.surges.append((opened_ms - 35_000, end_ms, SURGE_W))
    store.reductions.append((opened_ms + 5_000, end_ms, FALL_W))
    ids = [f"{identity}-{action.device}" for action in ACTIONS]
    state = BreachState.OPEN if closed_ms is None else BreachState.CLOSED
    ports.thresholds.save_breach(
        Breach(
            identity, "building-a-power", INSTITUTION, opened_ms, LIMIT_W, 91_240.0, state, closed_ms, False, tuple(ids)
        )
    )
    for number, action in enumerate(ACTIONS):
        request = _request(f"{identity}-{action.device}", action.device, action.value, identity)
        _verify(ports, request, opened_ms + 1_000 + 400 * number, Outcome.VERIFIED)
        if closed_ms is not None:
            back = _request(f"{identity}-{action.device}-back", action.device, None, identity)
            _verify(ports, back, closed_ms + 500, Outcome.RELINQUISHED)


def _request(identity: str, device: str, value: float | None, breach_id: str | None) -> CommandRequest:
    return CommandRequest(
        command_id=identity,
        institution_id=INSTITUTION,
        group=GROUP,
        node=NODE,
        device=device,
        point="Setpoint/Temperature",
        value=value,
        priority=12,
        lease_s=600,
        valid_s=60,
        reason="threshold_breach",
        proposed_by="threshold:building-a-power",
        breach_id=breach_id,
    )


def _verify(ports: Books, request: CommandRequest, at_ms: int, outcome: Outcome) -> None:
    ports.commands.propose(request, CommandState.APPROVED, at_ms)
    action = CommandAction.RELINQUISH if request.value is None else CommandAction.WRITE
    command = Command(
        command_id=request.command_id,
        issuer="cloud",
        counter=ports.commands.next_counter("cloud"),
        group=GROUP,
        node=NODE,
        device=request.device,
        point=request.point,
        action=action,
        value=request.value,
        priority=request.priority,
        lease_s=request.lease_s,
        not_before_ms=at_ms,
        expires_ms=at_ms + 60_000,
        nonce="nonce",
        reason=request.reason,
    )
    ports.commands.sent(command, at_ms + 150)
    ports.commands.close(
        CommandReceipt(
            f"receipt-{request.command_id}",
            request.command_id,
            request.device,
            request.point,
            outcome,
            "",
            request.value,
            at_ms + 1_900,
        ),
        group=request.group,
        node=request.node,
    )


def _waiting_command(ports: Books, now_ms: int) -> None:
    breach = Breach("breach-3", "building-c-power", INSTITUTION, now_ms - 25_000, 121_000.0, 123_900.0)
    request = _request("waiting", "c-ac-1", 27.0, "breach-3")
    ports.commands.propose(request, CommandState.PROPOSED, now_ms - 24_000)
    ports.thresholds.save_breach(breach)


def _events(now_ms: int) -> list[Event]:
    facts = [
        ("energy.threshold_breach", "energy", Severity.YELLOW, "device:a-main", 70),
        ("vehicle.speeding", "vehicle", Severity.YELLOW, "device:car-03", 130),
        ("safety.intrusion", "safety", Severity.ORANGE, "device:cam-archive", 190),
        ("energy.threshold_cleared", "energy", Severity.INFO, "device:a-main", 330),
        ("energy.threshold_breach", "energy", Severity.YELLOW, "device:a-main", 420),
        ("vehicle.area_left", "vehicle", Severity.YELLOW, "device:car-05", 1_500),
        ("information.device_lost", "information", Severity.BLUE, f"device:{LOST_DEVICE}", 2_400),
        ("safety.camera_lost", "safety", Severity.RED, "device:cam-gate", 5_000),
        ("information.node_back", "information", Severity.INFO, "node:edge-1", 86_400),
    ]
    data = {
        "name": "一号楼总功率", "limit_shown": "86.0 kW", "peak_shown": "91.2 kW", "minutes": 1.5, "speed_kmh": 132.4,
        "limit_kmh": 120.0, "region": "县城公务用车区域", "zone": "archive", "reason": "restricted_zone",
    }  # fmt: skip
    return [
        Event(
            event_id=f"event-{number}",
            institution_id=INSTITUTION,
            kind=kind,
            department=department,
            severity=severity,
            subject=subject,
            occurred_ms=now_ms - ago_s * 1000,
            received_ms=now_ms - ago_s * 1000,
            is_late=ago_s == 1_500,
            data={**data, "group": GROUP, "device": subject.partition(":")[2], "node": NODE},
        )
        for number, (kind, department, severity, subject, ago_s) in reversed(list(enumerate(facts)))
    ]


def _book(ports: Books, store: SyntheticStore, now_ms: int) -> None:
    start_ms, end_ms = day_start_ms(local_day(now_ms)), now_ms // QUARTER_MS * QUARTER_MS
    intervals = []
    for key, newest in store.last(GROUP).items():
        if key.point not in ("Energy/Active/Total", "Energy/Active/Import", "Volume/Positive"):
            continue
        if not isinstance(newest.value, int):
            continue
        for at_ms in range(start_ms, end_ms, QUARTER_MS):
            ends = [sample.value for one in (at_ms, at_ms + QUARTER_MS) for sample in store.series(key, one, one + 1)]
            if len(ends) == 2 and isinstance(ends[0], int) and isinstance(ends[1], int):
                delta, is_estimated = ends[1] - ends[0], key.device == "b-main" and at_ms == start_ms
                end = at_ms + QUARTER_MS
                intervals.append(EnergyInterval(GROUP, key.device, key.point, at_ms, end, delta, is_estimated))
    ports.intervals.book(intervals, now_ms)
