"""Terminals of JT/T 808 over real sockets: dialogue, acknowledgement after the commit, and neighbours who misbehave."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.jt808.connection import Limits
from edge_agent.drivers.jt808.listener import Jt808Listener, ListenAddress
from edge_agent.drivers.strangers import SPARE, SPARE_PER_ADDRESS
from edge_agent.site import Device
from foundation.clock import SystemClock
from foundation.rng import SystemRng
from tests.support.jt808_frames import LAT, TERMINAL, batch, contents, frame, position
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import running

OTHER = "013900000002"
PROFILE = load_catalogue().get("jt808.terminal")
QUICK = Limits(idle_s=5, authenticate_within_s=5, send_within_s=2)


class Peer:
    """The terminal's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._answers: list[bytes] = []

    def send(self, *frames: bytes) -> None:
        self._writer.write(b"".join(frames))

    async def answer(self) -> bytes:
        """The next answer, unescaped."""
        async with asyncio.timeout(10):
            while not self._answers:
                data = await self._reader.readuntil(b"\x7e")
                self._answers += contents(data)
        return self._answers.pop(0)

    async def ended(self) -> bool:
        """Whether the other side closes, whatever it still says."""
        async with asyncio.timeout(10):
            with contextlib.suppress(OSError):
                while await self._reader.read(4096):
                    pass
        return True

    async def log_in(self, terminal: str = TERMINAL, *, is_2019: bool = False) -> str:
        """Register and authenticate; the code."""
        self.send(frame(0x0100, bytes(44), terminal=terminal, is_2019=is_2019))
        reply = await self.answer()
        code = reply[(17 if is_2019 else 12) + 3 : -1].decode()
        assert await self.authenticate(code, terminal, is_2019=is_2019) == 0
        return code

    async def authenticate(self, code: str, terminal: str = TERMINAL, *, is_2019: bool = False) -> int:
        """The result of the general reply."""
        body = bytes([len(code)]) + code.encode() + bytes(35) if is_2019 else code.encode()
        self.send(frame(0x0102, body, terminal=terminal, serial=2, is_2019=is_2019))
        return (await self.answer())[-2]

    def close(self) -> None:
        self._writer.transport.abort()


class Bench:
    """A listener with two terminals, and what it handed in."""

    def __init__(self, folder: Path, limits: Limits = QUICK) -> None:
        self.intake = RecordingIntake()
        devices = [
            InstalledDevice(Device(id=name, profile=PROFILE.id, bus="road", address=address), PROFILE)
            for name, address in (("vehicle-1", TERMINAL), ("vehicle-2", OTHER))
        ]
        address = ListenAddress("127.0.0.1", 0, folder / "jt808.secret")
        self.listener = Jt808Listener(address, devices, self.intake, SystemClock(), SystemRng(), limits=limits)
        self._peers: list[Peer] = []

    async def call(self, source: str = "127.0.0.1") -> Peer:
        await self.intake.until(lambda: self.listener.port != 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port, local_addr=(source, 0))
        self._peers.append(Peer(reader, writer))
        return self._peers[-1]

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Bench"]:
        async with running(self.listener.run()):
            try:
                yield self
            finally:
                for peer in self._peers:
                    peer.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize("is_2019", [False, True], ids=["2011", "2019"])
async def test_a_terminal_registers_reports_and_logs_out(tmp_path: Path, is_2019: bool) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        await peer.log_in(is_2019=is_2019)
        peer.send(frame(0x0200, position(now_ms(), items=b"\x31\x01\x09"), serial=3, is_2019=is_2019))
        reply = await peer.answer()
        assert reply[-6:-1] == bytes.fromhex("0003 0200 00"), "the serial and id of the position, done"
        peer.send(frame(0x0002, serial=4, is_2019=is_2019))
        assert (await peer.answer())[-6:-1] == bytes.fromhex("0004 0002 00")
        peer.send(frame(0x0003, serial=5, is_2019=is_2019))
        assert await peer.ended()
        assert bench.intake.life == [("vehicle-1", "found"), ("vehicle-1", "logout")]
        assert [reading.value for reading in bench.intake.values("vehicle-1", "Satellites")] == [9.0]


async def test_a_position_is_acknowledged_only_when_it_is_durable(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        await peer.log_in()
        bench.intake.disk_ready.clear()
        peer.send(frame(0x0200, position(now_ms()), serial=3), frame(0x0002, serial=4))
        assert (await peer.answer())[-6:-4] == b"\x00\x04", "the heartbeat is answered, the position is not yet"
        assert bench.intake.commits_asked == 1
        bench.intake.disk_ready.set()
        assert (await peer.answer())[-6:-4] == b"\x00\x03"


async def test_a_position_for_which_the_disk_has_no_room_is_not_acknowledged(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        await peer.log_in()
        bench.intake.disk_takes = False
        peer.send(frame(0x0200, position(now_ms()), serial=3))
        await bench.intake.until(lambda: bench.listener.counters.unkept == 1)
        bench.intake.disk_takes = True
        peer.send(frame(0x0200, position(now_ms() + 1_000), serial=4))
        assert (await peer.answer())[-6:-4] == b"\x00\x04"


async def test_a_position_that_was_left_out_is_taken_when_it_is_told_again_over_whatever_connection(
    tmp_path: Path,
) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        code = await peer.log_in()
        report = position((now_ms() // 1000 - 60) * 1000, alarms=1)
        bench.intake.disk_ready.clear()
        peer.send(frame(0x0200, report, serial=3))
        await bench.intake.until(lambda: bench.intake.commits_asked == 1)
        peer.close()
        again = await bench.call()
        assert await again.authenticate(code) == 0
        again.send(frame(0x0200, report, serial=4))
        await bench.intake.until(lambda: bench.intake.commits_asked == 2)
        assert len(bench.intake.polls) == 1, "told twice while the first still waits: taken once"
        bench.intake.left_out += 1
        bench.intake.disk_ready.set()
        await bench.intake.until(lambda: bench.listener.counters.unkept == 1)
        again.send(frame(0x0200, report, serial=5))
        assert (await again.answer())[-6:-4] == b"\x00\x05"
        assert len(bench.intake.polls) == 2, "nothing is acknowledged that was not handed in again"
        assert len({event.event_id for event in bench.intake.events}) == 1


async def test_what_a_terminal_kept_comes_in_parts_and_with_its_own_times(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        await peer.log_in()
        start_ms = (now_ms() // 1000 - 3_600) * 1000
        body = batch(*(position(start_ms + 10_000 * step, lat=LAT + step) for step in range(100)))
        pieces = [body[place : place + 1000] for place in range(0, len(body), 1000)]
        for number, piece in enumerate(pieces, start=1):
            peer.send(frame(0x0704, piece, serial=9 + number, part=(len(pieces), number)))
        answered = [(await peer.answer())[-6:-4] for _ in pieces]
        assert sorted(answered) == [(9 + number).to_bytes(2, "big") for number in range(1, len(pieces) + 1)]
        told = bench.intake.values("vehicle-1", "Location/Lat")
        assert [reading.measured_ms for reading in told] == [start_ms + 10_000 * step for step in range(100)]


async def test_the_code_holds_over_a_restart_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        code = await (await bench.call()).log_in()
    async with Bench(tmp_path).open() as again:
        peer = await again.call()
        assert await peer.authenticate("0" * 16) == 1
        peer.send(frame(0x0200, position(now_ms()), serial=3))
        assert (await peer.answer())[-2] == 1, "before it is authenticated nothing is taken"
        assert await peer.authenticate(code) == 0
        assert again.listener.counters.unauthenticated == 2
        assert again.intake.polls == []
    assert (tmp_path / "jt808.secret").stat().st_mode & 0o777 == 0o600


async def test_a_terminal_that_nobody_has_listed_is_refused(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        peer.send(frame(0x0100, bytes(44), terminal="013999999999"))
        reply = await peer.answer()
        assert (reply[:2], reply[12:15]) == (b"\x81\x00", b"\x00\x01\x04"), "no such terminal"
        assert await peer.ended()
        assert bench.listener.counters.unknown == 1
        stranger = await bench.call()
        stranger.send(frame(0x0200, position(now_ms()), terminal="013999999999"))
        assert await stranger.ended()
        assert (bench.listener.counters.unknown, bench.intake.polls) == (2, [])


async def test_one_connection_speaks_for_one_terminal(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        await peer.log_in()
        peer.send(frame(0x0200, position(now_ms()), terminal=OTHER))
        assert await peer.ended()
        assert bench.intake.polls == []


async def test_a_newer_connection_takes_the_place_of_the_older(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        older = await bench.call()
        code = await older.log_in()
        newer = await bench.call()
        assert await newer.authenticate(code) == 0
        assert await older.ended()
        newer.send(frame(0x0002))
        assert (await newer.answer())[-2] == 0
        assert bench.listener.counters.replaced == 1
        assert bench.intake.life == [("vehicle-1", "found")]


async def test_a_terminal_that_falls_silent_is_lost_and_its_connection_closed(tmp_path: Path) -> None:
    limits = Limits(idle_s=0.3, authenticate_within_s=0.3, send_within_s=1)
    async with Bench(tmp_path, limits).open() as bench:
        mute, peer = await bench.call(), await bench.call()
        await peer.log_in()
        assert await peer.ended()
        assert await mute.ended()
        await bench.intake.until(lambda: ("vehicle-1", "silence") in bench.intake.life)
        assert bench.listener.counters.idle == 2


async def test_missing_parts_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.drivers.jt808.parts.STALLED_AFTER_S", 0.0)
    body = batch(position(now_ms()), position(now_ms() - 5_000))
    async with Bench(tmp_path).open() as bench:
        peer = await bench.call()
        await peer.log_in()
        peer.send(frame(0x0704, body[:20], serial=10, part=(3, 1)), frame(0x0704, body[40:], serial=12, part=(3, 3)))
        for _ in range(2):
            await peer.answer()
        asked = await peer.answer()
        assert (asked[:2], asked[12:-1]) == (b"\x80\x03", bytes.fromhex("000a 01 0002"))
        peer.send(frame(0x0704, body[20:40], serial=11, part=(3, 2)))
        await bench.intake.until(lambda: len(bench.intake.values("vehicle-1", "Speed")) == 2)


HOSTILE = [
    b"\x7e" * 3_000,
    b"x" * 100_000,
    frame(0x0200, b"short", serial=3),
    frame(0x0704, b"\xff\xff\x01", serial=3),
    frame(0x0704, b"x", serial=3, part=(0xFFFF, 1)),
    frame(0x0200, position(0))[:-2] + b"\x00\x7e",
    frame(0x0801, bytes(1000), serial=3),
    b"\x7e\x7d" + bytes(30) + b"\x7e",
    *(frame(0x0704, bytes(500), serial=7 * number, part=(100, 1)) for number in range(50)),
]


async def test_hostile_neighbours_harm_nobody(tmp_path: Path) -> None:
    async with Bench(tmp_path).open() as bench:
        good = await bench.call()
        await good.log_in(OTHER)
        code = ""
        for data in HOSTILE:
            peer = await bench.call()
            code = code or await peer.log_in()
            assert await peer.authenticate(code) == 0
            peer.send(data)
            peer.send(frame(0x0002, serial=9))
        for step in range(5):
            good.send(frame(0x0200, position(now_ms() + 1_000 * step), terminal=OTHER, serial=20 + step))
            assert (await good.answer())[-6:-4] == (20 + step).to_bytes(2, "big")
        await bench.intake.until(lambda: bench.listener.counters.malformed >= 5)
        assert len(bench.intake.values("vehicle-2", "Speed")) == 5
        assert bench.intake.values("vehicle-1", "Speed") == []
        assert len(bench.listener._tasks) <= SPARE + 2 * 2


CROWDS = {"one address": ["127.0.0.1"], "several": [f"127.0.0.{number}" for number in range(1, 8)]}


@pytest.mark.parametrize("sources", CROWDS.values(), ids=CROWDS)
async def test_a_hundred_idle_strangers_keep_no_terminal_out_and_push_none_away(
    tmp_path: Path, sources: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    patient = Limits(idle_s=60, authenticate_within_s=60, send_within_s=2)
    async with Bench(tmp_path, patient).open() as bench:
        known = await bench.call()
        await known.log_in()
        strangers = [await bench.call(sources[number % len(sources)]) for number in range(100)]
        late = await bench.call()
        await late.log_in(OTHER)
        for terminal, peer in ((TERMINAL, known), (OTHER, late)):
            peer.send(frame(0x0200, position(now_ms()), terminal=terminal, serial=9))
            assert (await peer.answer())[-6:-4] == b"\x00\x09"
        counters, room = bench.listener.counters, SPARE_PER_ADDRESS + 2 if len(sources) == 1 else SPARE + 2 * 2
        # The late one was a stranger, too, when it called.
        assert (counters.connections, counters.pushed_out, counters.strangers) == (102, 101 - room, 101 - room)
        assert all([await one.ended() for one in strangers[: 101 - room - len(sources)]])
        assert bench.intake.life == [("vehicle-1", "found"), ("vehicle-2", "found")]
    assert len(caplog.messages) == 1, "a hundred strangers are no hundred lines"


STRANGE = [
    b"GET / HTTP/1.1\r\n\r\n" * 2_000,
    b"\x7ejunk" * 30 + b"\x7e",
    frame(0x0002, terminal="999"),
    frame(0x0100, bytes(44)) * 500,
    frame(0x0001, bytes(5)) * 500,
]


async def test_what_strangers_say_fills_neither_log_nor_counters_of_terminals(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Bench(tmp_path).open() as bench:
        for data in STRANGE:
            for _ in range(5):
                peer = await bench.call()
                peer.send(data)
                assert await peer.ended()
        await bench.intake.until(lambda: bench.listener.counters.strangers == 5 * len(STRANGE))
        assert bench.listener.counters.frames <= 5 * len(STRANGE) * QUICK.faults
        assert (bench.listener.counters.malformed, bench.intake.set_aside) == (0, [])
    assert len(caplog.messages) == 1
    assert "nobody of this site" in caplog.messages[0]


async def test_a_fault_of_our_own_that_callers_can_provoke_does_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_content: bytes) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("edge_agent.drivers.jt808.connection.decode", broken)
    async with Bench(tmp_path).open() as bench:
        for _ in range(10):
            peer = await bench.call()
            peer.send(frame(0x0002))
            assert await peer.ended()
        await bench.intake.until(lambda: bench.listener.counters.strangers == 10)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


@given(stream=st.lists(st.binary(max_size=80) | st.sampled_from(HOSTILE[2:8]), max_size=6).map(b"\x7e".join))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_known_terminal_sends_it_is_served_again(tmp_path: Path, stream: bytes) -> None:
    async def scenario() -> None:
        async with Bench(tmp_path).open() as bench:
            peer = await bench.call()
            code = await peer.log_in()
            peer.send(stream)
            again = await bench.call()
            assert await again.authenticate(code) == 0
            again.send(frame(0x0200, position(now_ms()), serial=3))
            assert (await again.answer())[-6:-4] == b"\x00\x03"

    asyncio.run(scenario())
