"""Takes in what the drivers say: process image, dead-band, strictly growing time, one outbox commit per cycle."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.malformed import MalformedSamples
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.acquisition.settled import Settled
from edge_agent.acquisition.time_scale import TimeScale
from edge_agent.delivery.outbox import Kind, NewRow, Outbox
from edge_agent.delivery.restamp import shifted_body
from edge_agent.delivery.rows import DROP_ORDER
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.disk import is_out_of_room
from foundation.rng import Rng
from gateway.messages import NODE_SUBJECT, CommandReceipt, DeviceEvent, DeviceMessage, Reading
from gateway.sparkplug.vocabulary import row_body

log = logging.getLogger(__name__)

CYCLE_S = 0.25
MAX_WAITING = 20_000
ROWS_IN_PLACE = 1_000
STAMP_SLACK_MS = 1_000
MALFORMED_BYTES = 4_096

NODE_EVENTS = (
    "device.life", "edge.malformed", "command.override", "command.release_failed",
    "edge.fallback", "edge.config_changed", "edge.config_refused", "edge.store_damaged", "edge.stream_renewed",
    "edge.clock_stepped", "edge.clock_unsure",
)  # fmt: skip
"""Event kinds that every edge node may send, whatever its devices."""


class OutboxIntake:
    """The Intake of the running agent. Calls only collect; `run` commits once per cycle.

    `on_life(device, alive, at_ms)` and `on_readings(device, readings)` are called at once, `on_commit` after a commit.
    `beat_s` is when the last cycle ended (monotonic): a disk that hangs shows in it. `left_out` as in Intake.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        image: ProcessImage,
        deadband: Deadband,
        clock: Clock,
        rng: Rng,
        scale: TimeScale | None = None,
        on_life: Callable[[str, bool, int], None],
        on_readings: Callable[[str, Sequence[Reading]], None],
        on_commit: Callable[[], None],
    ) -> None:
        self._outbox, self._image, self._deadband = outbox, image, deadband
        self._clock, self._rng, self._scale = clock, rng, scale
        self._on_life, self._on_readings, self._on_commit = on_life, on_readings, on_commit
        self._stamps = outbox.stamps()
        self._new_stamps: dict[str, int] = {}
        self._rows: list[NewRow] = []
        self._settled = Settled()
        self._commit_lock = asyncio.Lock()
        self._lost: dict[str, int] = {}
        self._left_out: dict[Kind, int] = {}
        self._to_tell_again: set[str] = set()
        self._is_refused = False
        self._malformed = MalformedSamples()
        self.beat_s = clock.monotonic()
        self.left_out = 0

    @property
    def lost_devices(self) -> Mapping[str, int]:
        """Devices that do not answer, with the time since when."""
        return self._lost

    def replace_site(self, site: Site, catalogue: Catalogue, *, changed: Collection[str]) -> None:
        """Judge by another site from now on; what was known of `changed` devices counts no longer."""
        for device in changed:
            self._image.forget(device)
            self._lost.pop(device, None)
        self._deadband.replace_site(site, catalogue, forget=changed)
        if self._scale is not None:
            self._scale.replace_site(site, catalogue)

    def _body(self, message: DeviceMessage, device: str) -> bytes:
        return row_body(message) if self._scale is None else row_body(message, is_unsure=self._scale.doubt(device))

    def readings(self, device: str, readings: Sequence[Reading]) -> None:
        if self._scale is not None:
            readings = self._scale.on_scale(device, readings)
        stamped = self._stamp(device, readings)
        self._image.update(device, stamped, self._clock.monotonic())
        self._on_readings(device, stamped)
        worth_sending = self._deadband.select(device, stamped)
        if worth_sending:
            message = DeviceMessage(device, tuple(worth_sending))
            self._rows.append(NewRow(device, self._body(message, device), len(worth_sending)))

    def event(self, event: DeviceEvent) -> None:
        body = self._body(DeviceMessage(NODE_SUBJECT, event=event), event.device)
        self._rows.append(NewRow(NODE_SUBJECT, body, 0, kind=Kind.EVENT))

    def device_found(self, device: str, at_ms: int) -> None:
        if self._lost.pop(device, None) is not None:
            self._life_event(device, at_ms, is_alive=True, reason="answers")
        self._on_life(device, True, at_ms)

    def device_lost(self, device: str, at_ms: int, reason: str) -> None:
        self._lost[device] = at_ms
        self._image.mark_stale(device)
        self._life_event(device, at_ms, is_alive=False, reason=reason)
        self._on_life(device, False, at_ms)

    def malformed(self, topic: str, payload: bytes, reason: str) -> None:
        """A message of a camera, tracker or sensor that makes no sense: its bytes go to the cloud's quarantine."""
        count = self._malformed.take(topic)
        if count is None:
            return
        raw = base64.b64encode(payload[:MALFORMED_BYTES]).decode()
        reason = reason.encode("utf-8", "replace").decode()
        data = {"topic": topic[:200], "reason": reason, "payload": raw, "count": count}
        self.event(DeviceEvent(self._rng.uuid(), "edge.malformed", NODE_SUBJECT, self._clock.now_ms(), data))

    async def receipt(self, receipt: CommandReceipt) -> None:
        """Durably accept a command's receipt; returns after the commit."""
        async with self._commit_lock:
            body = self._body(DeviceMessage(NODE_SUBJECT, receipt=receipt), NODE_SUBJECT)
            row = NewRow(NODE_SUBJECT, body, 0, kind=Kind.RECEIPT)
            await asyncio.to_thread(self._outbox.put, [row], now_ms=self._clock.now_ms())
        self._on_commit()

    async def run(self) -> None:
        """Commit what came in, each cycle, until cancelled; then once more."""
        try:
            while True:
                await self._clock.sleep(CYCLE_S)
                await self.commit()
                self.beat_s = self._clock.monotonic()
        finally:
            await self.commit()

    async def commit(self) -> None:
        """Put everything collected so far into the outbox; while the disk takes nothing it waits in memory."""
        async with self._commit_lock:
            rows, stamps = list(self._rows), dict(self._new_stamps)
            if not rows and not self._left_out:
                return
            try:
                await self._put(rows, stamps)
            except sqlite3.OperationalError as error:
                await self._refused(error, stamps)
                return
            self._is_refused = False
        self._on_commit()

    async def _put(self, rows: Sequence[NewRow], stamps: Mapping[str, int], *, in_place: bool = False) -> None:
        """Put rows; when cancelled meanwhile it is still known that they were accepted."""
        left_out = dict(self._left_out)
        now_ms = self._clock.now_ms()
        put = partial(self._outbox.put, rows, now_ms=now_ms, stamps=stamps, left_out=left_out, in_place=in_place)
        putting = asyncio.ensure_future(asyncio.to_thread(put))
        try:
            await asyncio.shield(putting)
        except asyncio.CancelledError:
            # A disk that refuses now must not hide that we shall end.
            with contextlib.suppress(sqlite3.OperationalError):
                await putting
                self._committed(len(rows), stamps)
            raise
        self._committed(len(rows), stamps)

    async def _refused(self, error: sqlite3.OperationalError, stamps: Mapping[str, int]) -> None:
        """Rows wait in memory; when they are too many older ones on the full disk make room for them."""
        if not self._is_refused:
            log.error("the outbox takes nothing now, %d rows wait: %s", len(self._rows), error)
        self._is_refused = True
        if len(self._rows) <= MAX_WAITING:
            return
        try:
            while self._rows and is_out_of_room(error):
                await self._put(self._rows[:ROWS_IN_PLACE], stamps, in_place=True)
        except sqlite3.OperationalError as again:
            log.error("nor does it take rows in place of older ones: %s", again)
        self._bound_waiting()

    async def change_scale(self, adopt: Callable[[], None], shift_ms: int, *, after_spool: int, is_sure: bool) -> None:
        """Let the clock take a new scale, and bring to it what waits in memory and in the outbox's live rows.

        What waits beyond row `after_spool` may bear the old one. A full disk raises OperationalError: then nothing
        has changed and the clock still has the old scale.
        """
        async with self._commit_lock:
            change = partial(shifted_body, shift_ms=shift_ms, is_sure=is_sure)
            rewriting = asyncio.ensure_future(asyncio.to_thread(self._outbox.rewrite, after_spool, change, shift_ms))
            try:
                await asyncio.shield(rewriting)
            finally:
                # Also when cancelled meanwhile: what is rewritten stays so.
                await rewriting
                adopt()
                self._rows = [replace(row, body=change(row.body)) for row in self._rows]
        self.clock_moved(shift_ms)

    def clock_moved(self, shift_ms: int) -> None:
        """Our times went by so much: what was remembered by them counts no longer."""
        if self._scale is None:
            return
        self._scale.shifted(shift_ms)
        ours = [device for device in self._stamps if self._scale.is_ours(device)]
        for device in ours:
            self._stamps[device] = self._new_stamps[device] = max(0, self._stamps[device] + shift_ms)
            self._image.forget(device)
        self._deadband.forget(ours)

    async def committed(self) -> bool:
        """As Intake.committed."""
        return await self._settled.wait(len(self._rows))

    def _committed(self, rows: int, stamps: Mapping[str, int]) -> None:
        del self._rows[:rows]
        self._left_out.clear()
        # Not before: while the disk takes nothing, readings sent anew would only push out more.
        self._deadband.forget(self._to_tell_again)
        self._to_tell_again.clear()
        self._settled.settle(rows, is_kept=True)
        self._new_stamps = {name: at_ms for name, at_ms in self._new_stamps.items() if stamps.get(name) != at_ms}

    def _bound_waiting(self) -> None:
        """Leave out the oldest rows of the least kind; they are counted once the disk takes writes again."""
        surplus = len(self._rows) - MAX_WAITING
        if surplus <= 0:
            return
        log.error("%d rows were left out: the disk takes nothing", surplus)
        by_worth = sorted(range(len(self._rows)), key=lambda place: DROP_ORDER.index(self._rows[place].rank))
        gone = set(by_worth[:surplus])
        for place in gone:
            row = self._rows[place]
            self._left_out[row.rank] = self._left_out.get(row.rank, 0) + row.amount
            self._to_tell_again.add(row.device)
        self._rows = [row for place, row in enumerate(self._rows) if place not in gone]
        self.left_out += surplus
        self._settled.settle(surplus, is_kept=False)

    def _life_event(self, device: str, at_ms: int, *, is_alive: bool, reason: str) -> None:
        data = {"alive": is_alive, "reason": reason}
        self.event(DeviceEvent(self._rng.uuid(), "device.life", device, at_ms, data))

    def _stamp(self, device: str, readings: Sequence[Reading]) -> list[Reading]:
        """Times of one device grow strictly, even when the clock is set back a little or two polls share a moment.

        A device with a clock of its own may report an older fix: that keeps its time.
        """
        last = self._stamps.get(device, 0)
        stamped = []
        for reading in readings:
            if last - STAMP_SLACK_MS < reading.measured_ms <= last:
                reading = replace(reading, measured_ms=last + 1)
            stamped.append(reading)
        newest = max((reading.measured_ms for reading in stamped), default=0)
        if newest > last:
            self._stamps[device] = self._new_stamps[device] = newest
        return stamped
