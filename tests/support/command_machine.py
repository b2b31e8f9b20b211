"""Random lives of a CommandService: orders good and absurd, faults, kills, hands, clocks; what may never happen."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from device_profiles.catalogue import Catalogue
from edge_agent.commands.arbiter import MANUAL_OPERATOR
from edge_agent.commands.controlled_point import OVERRIDE_HOLD_S
from gateway.envelope import ED25519, MAGIC, VERSION, encode_command, seal
from gateway.keys import key_id_of
from gateway.messages import Command, CommandAction, Outcome, Quality, Reading
from tests.support.command_bench import KEY, CommandBench
from tests.support.lossy_plant import (
    DEVICE,
    LEVEL,
    LEVEL_AGE_S,
    LEVEL_RANGE,
    LIMIT,
    PROFILE,
    SWITCH,
    Fault,
    Killed,
    LossyPlant,
    Write,
)

STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
HOUR_S = 3_600.0
LINK_LOST_S = 120
QUIET_SCANS = 400
CATALOGUE = Catalogue([PROFILE])
SAFE = {point.name: float(point.safe_value) for point in PROFILE.writable}
_NAMES = count()

GOOD_VALUES = st.sampled_from([0.0, 10.0, 100.0, 250.0, 400.0, 700.0, 1_000.0])
VALUES = st.one_of(GOOD_VALUES, GOOD_VALUES, st.sampled_from([-10.0, 1_000.1, 1_010.0, 5.0, 1e308, -0.0]))
PRIORITIES = st.sampled_from([1, 5, 6, 8, 8, 9, 10, 10, 16])
LEASES = st.sampled_from([20.0, 600.0, 4_000.0])
ABSURD_CHANGES: list[dict[str, object]] = [
    {"lease_s": 0.0},
    {"lease_s": 1e300},
    {"priority": 0},
    {"priority": 17},
    {"nonce": "another"},
    {"node": "edge-2"},
    {"group": "other"},
    {"point": LEVEL},
    {"point": "Nowhere"},
    {"not_before_ms": 2**62},
    {"expires_ms": 0},
]
QUALITIES = st.sampled_from([Quality.GOOD, *Quality])
FAULTS = st.one_of(
    st.just([]),
    st.just([]),
    # A command reads, writes and reads: most faults are to meet just one of them.
    st.builds(lambda good, fault: [Fault.NONE] * good + [fault], st.integers(0, 3), st.sampled_from(Fault)),
    st.lists(st.sampled_from(Fault), max_size=6),
)


class SharedMemory:
    """A Disk whose database lives as long as this object, whoever closes his connection to it."""

    def __init__(self) -> None:
        self._uri = f"file:journal-{next(_NAMES)}?mode=memory&cache=shared"
        self._kept = self.open_database(Path())

    def open_database(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, isolation_level=None, check_same_thread=False)

    def close(self) -> None:
        self._kept.close()


class CommandMachine(RuleBasedStateMachine):
    """Every rule ends in `_judge`, which looks at what was written in it and why."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = SharedMemory()
        self.bench = CommandBench(
            Path("in-memory"),
            devices={DEVICE: PROFILE.id},
            catalogue=CATALOGUE,
            disk=self.disk,
            make_writer=LossyPlant,
        )
        assert isinstance(self.bench.writer, LossyPlant)
        self.plant = self.bench.writer
        self.runner = asyncio.Runner()
        self.commands: dict[str, Command] = {}
        self.envelopes: list[tuple[Command, bytes]] = []
        self.executed: Counter[str] = Counter()
        self.history: list[Write] = []
        self.judged_from = 0
        self.overridden_s: dict[str, float] = {}
        self.events_seen = 0
        self.is_clock_doubtful = False
        self._poll(SWITCH)
        self._poll(LEVEL)
        self.bench.clock.advance(60)

    # Orders

    @rule(value=VALUES, priority=PRIORITIES, lease_s=LEASES, faults=FAULTS)
    def limit(self, value: float, priority: int, lease_s: float, faults: list[Fault]) -> None:
        self._order(LIMIT, value, priority, lease_s, faults)

    @rule(value=st.sampled_from([0.0, 1.0, 1.0, 1.0, 0.5, 2.0]), priority=PRIORITIES, lease_s=LEASES, faults=FAULTS)
    def switch(self, value: float, priority: int, lease_s: float, faults: list[Fault]) -> None:
        self._order(SWITCH, value, priority, lease_s, faults)

    @precondition(lambda self: self.executed)
    @rule(data=st.data(), faults=FAULTS)
    def give_back(self, data: st.DataObject, faults: list[Fault]) -> None:
        held = self.commands[data.draw(st.sampled_from(sorted(self.executed)))]
        self._send(self.bench.relinquish(device=DEVICE, point=held.point, priority=held.priority), faults)

    @rule(changes=st.sampled_from(ABSURD_CHANGES))
    def order_absurdly(self, changes: dict[str, Any]) -> None:
        command = replace(self.bench.command(device=DEVICE, point=LIMIT, value=400.0), **changes)
        self._send(command, [])
        assert self.executed[command.command_id] == 0

    @rule(after_s=st.sampled_from([0, 29, 30, 31, 5_000]), value=GOOD_VALUES)
    def order_late(self, after_s: int, value: float) -> None:
        command = self.bench.command(device=DEVICE, point=LIMIT, value=value)
        data = seal(command, KEY)
        self.bench.clock.advance(after_s)
        self._hand_in(command, data)

    @precondition(lambda self: self.envelopes)
    @rule(data=st.data(), how=st.sampled_from(["replay", "again", "stranger", "nan", "inf"]))
    def repeat(self, data: st.DataObject, how: str) -> None:
        """An old envelope again; the same command for the new session, by the cloud or by a stranger; no number."""
        place = data.draw(st.integers(0, len(self.envelopes) - 1))
        old, envelope = self.envelopes[place]
        fresh = self.bench.command(device=DEVICE)
        again = replace(old, nonce=fresh.nonce, counter=fresh.counter, expires_ms=fresh.expires_ms)
        if how == "replay":
            self._hand_in(None, envelope)
        elif how == "stranger":
            self._hand_in(None, seal(again, STRANGER))
        elif how == "again":
            if self.bench.journal.is_known(old.command_id):
                self._hand_in(again, seal(again, KEY))
        else:
            self._hand_in(None, without_number(fresh, how))

    # The world

    @rule(seconds=st.sampled_from([1, 5, 30, 61, 130, 600, 3_700]), faults=FAULTS)
    def pass_time(self, seconds: float, faults: list[Fault]) -> None:
        self.bench.clock.advance(seconds)
        boots = self.bench.nonce
        self._scan(faults)
        if self.bench.link.is_lost and self.bench.nonce == boots:
            held = [entry for point in SAFE for entry in self.bench.journal.recall(DEVICE, point).entries]
            assert not any(entry.is_automatic for entry in held), "automatic commands outlive the link"

    @rule(point=st.sampled_from([LIMIT, SWITCH]), value=st.sampled_from([0.0, 1.0, 300.0]))
    def set_by_hand(self, point: str, value: float) -> None:
        """Somebody at the panel; the next poll sees it."""
        self.bench.clock.advance(5)
        self.plant.take_late()
        self._poll(point)
        self.plant.put(point, min(value, 1.0) if point == SWITCH else value)
        self._poll(point)
        self._scan([])

    @rule(
        level=st.sampled_from([5.0, 50.0, 50.0, 95.0]),
        is_polled=st.booleans(),
        quality=st.sampled_from([Quality.GOOD, *Quality]),
    )
    def change_level(self, level: float, is_polled: bool, quality: Quality) -> None:
        self.plant.put(LEVEL, level)
        if is_polled:
            self._poll(LEVEL, quality)

    @rule(is_up=st.booleans())
    def link(self, is_up: bool) -> None:
        if is_up:
            self.bench.link.online()
        else:
            self.bench.link.offline()

    @rule(jump_s=st.sampled_from([-(10**9), -3_600, 3_600, 10**9]))
    def set_clock(self, jump_s: int) -> None:
        self.bench.clock.set_wall(max(10**12, self.bench.clock.now_ms() + jump_s * 1000))
        self.is_clock_doubtful = True

    @rule(is_linked=st.booleans())
    def restart(self, is_linked: bool) -> None:
        self._restart()
        if not is_linked:
            self.bench.link.offline()

    # How the rules act

    def _order(self, point: str, value: float, priority: int, lease_s: float, faults: list[Fault]) -> None:
        command = self.bench.command(device=DEVICE, point=point, value=value, priority=priority, lease_s=lease_s)
        self._send(command, faults)

    def _send(self, command: Command, faults: list[Fault]) -> None:
        data = seal(command, KEY)
        self.plant.faults.extend(faults)
        self._hand_in(command, data)

    def _hand_in(self, command: Command | None, data: bytes) -> None:
        if command is not None:
            self.commands.setdefault(command.command_id, command)
            self.envelopes.append((command, data))
        self._run(self.bench.service.handle(DEVICE, data))
        self._judge(command)

    def _scan(self, faults: list[Fault]) -> None:
        self.plant.faults.extend(faults)
        self._run(self.bench.service.scan(DEVICE))
        self._judge(None)

    def _run(self, work: object) -> None:
        try:
            self.runner.run(work)  # type: ignore[arg-type]
        except Killed:
            self._restart()
        self.plant.faults.clear()

    def _restart(self) -> None:
        self.bench.restart()
        if self.is_clock_doubtful:
            # Past times were kept by a clock that was set since: how long ago they are can no longer be told.
            self.history.clear()
            self.overridden_s.clear()

    def _poll(self, point: str, quality: Quality = Quality.GOOD) -> None:
        reading = Reading(point, self.plant.values[point], self.bench.clock.now_ms(), quality)
        self.bench.image.update(DEVICE, [reading])
        self.bench.service.observe(DEVICE, [reading])

    # What may never happen

    def _judge(self, command: Command | None) -> None:
        new = self.plant.writes[self.judged_from :]
        self.judged_from = len(self.plant.writes)
        own = command is not None and command.action is CommandAction.WRITE
        assert len(new) <= (1 if own else 2), "more writes than points to give back"
        for write in new:
            self._judge_any(write)
            if own and command is not None:
                self._judge_command(write, command)
            else:
                held = {
                    self.commands[name].value for name in self._verified() if self.commands[name].point == write.point
                }
                assert write.value in {SAFE[write.point], *held}, "given back to what nobody holds"
            self.history.append(write)
        for event in self.bench.events[self.events_seen :]:
            if event.kind == "command.override":
                self.overridden_s[str(event.data["point"])] = self.bench.clock.monotonic()
        self.events_seen = len(self.bench.events)

    def _verified(self) -> set[str]:
        told = {one.command_id for one in self.bench.receipts if one.outcome is Outcome.VERIFIED}
        return told & self.commands.keys()

    def _judge_any(self, write: Write) -> None:
        point = PROFILE.writable_point(write.point)
        assert point is not None
        assert float(point.limits[0]) <= write.value <= float(point.limits[1])
        assert point.step is not None
        assert write.value % float(point.step) == 0
        if write.point == SWITCH and write.value != write.before:
            least_s = point.min_on_s if write.before else point.min_off_s
            assert write.at_s - write.switched_s >= least_s, "switched again before its minimum time was over"
        if write.point == SWITCH and write.value == 1.0:
            level = self.bench.image.last(DEVICE, LEVEL)
            assert level is not None
            assert level.quality is Quality.GOOD
            assert write.wall_ms - level.measured_ms <= LEVEL_AGE_S * 1000
            assert LEVEL_RANGE[0] <= float(level.value or 0) <= LEVEL_RANGE[1], "the interlock was not met"

    def _judge_command(self, write: Write, command: Command) -> None:
        self.executed[command.command_id] += 1
        assert self.executed[command.command_id] == 1, "executed twice"
        assert (write.point, write.value) == (command.point, command.value)
        assert write.wall_ms < command.expires_ms, "written after its expiry"
        point = PROFILE.writable_point(write.point)
        assert point is not None
        past = [one for one in self.history if one.point == write.point and write.at_s - one.at_s < HOUR_S]
        assert len(past) < point.max_writes_per_h
        assert all(write.at_s - one.at_s >= point.min_interval_s for one in past)
        change = abs(write.value - write.before)
        assert change <= float(point.max_change or math.inf)
        moved = sum(abs(one.value - one.before) for one in past)
        assert change + moved <= float(point.max_change_per_h or math.inf) + 1e-6
        if command.priority > MANUAL_OPERATOR:
            since_s = write.at_s - self.overridden_s.get(write.point, -math.inf)
            assert since_s >= OVERRIDE_HOLD_S, "a hand at the panel was not respected"

    def teardown(self) -> None:
        try:
            self._come_to_rest()
            self._judge_receipts()
        finally:
            self.bench.journal.shut()
            self.disk.close()
            self.runner.close()

    def _come_to_rest(self) -> None:
        """All faults are over, the link stays lost: leases run out and every point goes to its safe value."""
        self.plant.faults.clear()
        self.plant.put(LEVEL, 50.0)
        self.bench.link.offline()
        self.bench.clock.advance(LINK_LOST_S + 1)
        for _ in range(QUIET_SCANS):
            self._scan([])
            self.bench.clock.advance(30)
            memories = [self.bench.journal.recall(DEVICE, point) for point in (LIMIT, SWITCH)]
            if not any(memory.is_held or memory.entries or memory.ended for memory in memories):
                break
        else:
            raise AssertionError("the points do not come to rest")
        assert self.bench.journal.open_commands(DEVICE) == []
        for point in (LIMIT, SWITCH):
            if point not in self.plant.by_hand:
                assert self.plant.values[point] == SAFE[point], f"{point} is not safe"

    def _judge_receipts(self) -> None:
        told: dict[str, dict[str, Outcome]] = defaultdict(dict)
        for receipt in self.bench.receipts:
            told[receipt.command_id][receipt.receipt_id] = receipt.outcome
        for name in self.commands:
            if not self.bench.journal.is_known(name):
                continue
            outcomes = list(told[name].values())
            ends = [one for one in outcomes if one not in (Outcome.UNKNOWN, Outcome.RELINQUISHED)]
            assert len(ends) == 1, f"{name}: {outcomes}"
            assert outcomes.count(Outcome.RELINQUISHED) <= (ends == [Outcome.VERIFIED])


def without_number(command: Command, how: str) -> bytes:
    """A validly signed envelope with nan or inf for a value, which `seal` would refuse."""
    word = {"nan": b"NaN", "inf": b"Infinity"}[how]
    body = encode_command(replace(command, value=123.0)).replace(b'"value":123.0', b'"value":' + word)
    header = MAGIC + bytes((VERSION, ED25519)) + key_id_of(KEY.public_key())
    return header + KEY.sign(header + body) + body
