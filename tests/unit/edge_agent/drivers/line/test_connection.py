"""One connection to a wire in virtual time: silence before frames, time for long replies, settle windows."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from edge_agent.drivers.driver import TooLate, Urgency
from edge_agent.drivers.line.connection import LineConnection, Unreachable
from edge_agent.drivers.line.exchange import NotInStep, Pace, StaleReply
from edge_agent.drivers.line.line import Line
from edge_agent.drivers.line.unit_health import UnitState
from foundation.errors import DeviceReplyWrong, DeviceTimeout, LinkError
from foundation.link import Dial, Link
from tests.support.virtual_loop import LoopClock, run_virtual

TIMEOUT_S = 0.6
BYTE_S = 10 / 9600

Behaviour = Callable[["Peer", bytes], None]


class Question:
    """Fits Exchange: asks `text`, the reply is `text` in capitals and a full stop; `!` is out of step."""

    def __init__(self, text: str, *, is_numbered: bool = False) -> None:
        self.unit, self.text, self.is_numbered = f"wire/{text}", text, is_numbered

    def frame(self) -> bytes:
        return self.text.encode() + b"."

    def take(self, buffer: bytearray) -> str | None:
        if b"!" in buffer:
            raise NotInStep("!")
        end = buffer.find(b".")
        if end < 0:
            return None
        said = buffer[:end].decode()
        del buffer[: end + 1]
        if said != self.text.upper():
            if self.is_numbered:
                raise StaleReply
            raise DeviceReplyWrong(self.unit, said)
        return said


class Peer:
    """The other end in memory; `behave` says what comes back, and when."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.asked_at: list[float] = []
        self.dials = 0
        self.is_reachable = True
        self._coming: list[tuple[float, bytes]] = []

    def say(self, data: bytes, after_s: float = 0.0) -> None:
        self._coming.append((asyncio.get_running_loop().time() + after_s, data))
        self._coming.sort()

    @property
    def dial(self) -> Dial:
        async def dial() -> Link:
            self.dials += 1
            if not self.is_reachable:
                raise LinkError("nobody there")
            return self

        return dial

    async def send(self, data: bytes) -> None:
        self.asked_at.append(round(asyncio.get_running_loop().time(), 6))
        self.behave(self, data)

    async def receive(self, timeout_s: float) -> bytes:
        now_s = asyncio.get_running_loop().time()
        if not self._coming or self._coming[0][0] > now_s + timeout_s:
            await asyncio.sleep(timeout_s)
            raise TimeoutError
        at_s, data = self._coming.pop(0)
        await asyncio.sleep(max(0.0, at_s - now_s))
        return data

    async def close(self) -> None:
        """The bytes on the wire do not care."""


def answer(peer: Peer, data: bytes) -> None:
    peer.say(data.upper())


def scenario(behave: Behaviour = answer, **parts: Any) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], None]:
    """Run a coroutine with a connection and its peer in virtual time."""

    def run(steps: Callable[..., Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            peer = Peer(behave)
            await steps(LineConnection("wire", peer.dial, LoopClock(), **parts), peer)

        run_virtual(main())

    return run


def test_a_frame_is_preceded_by_three_and_a_half_characters_of_silence() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        for _ in range(3):
            assert await connection.exchange(Question("a"), TIMEOUT_S) == "A"
        assert peer.asked_at == [0.0, round(3.5 * BYTE_S, 6), round(7 * BYTE_S, 6)]

    scenario(byte_s=BYTE_S)(steps)


def test_fast_lines_keep_the_fixed_gap_and_sockets_none() -> None:
    async def fast(connection: LineConnection, peer: Peer) -> None:
        for _ in range(2):
            await connection.exchange(Question("a"), TIMEOUT_S)
        assert peer.asked_at == [0.0, 0.00175]

    async def socket(connection: LineConnection, peer: Peer) -> None:
        for _ in range(2):
            await connection.exchange(Question("a"), TIMEOUT_S)
        assert peer.asked_at == [0.0, 0.0]

    scenario(byte_s=10 / 115_200)(fast)
    scenario()(socket)


def test_a_reply_that_has_begun_may_take_as_long_as_its_bytes_on_the_wire() -> None:
    def answer_slowly(peer: Peer, data: bytes) -> None:
        peer.say(b"A", TIMEOUT_S - 0.01)
        peer.say(b".", TIMEOUT_S + 0.2)

    async def serial(connection: LineConnection, peer: Peer) -> None:
        assert await connection.exchange(Question("a"), TIMEOUT_S) == "A"

    async def socket(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("a"), TIMEOUT_S)

    scenario(answer_slowly, byte_s=BYTE_S)(serial)
    scenario(answer_slowly)(socket)


def test_a_question_whose_time_is_over_before_it_can_be_sent_is_not_sent() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("a"), TIMEOUT_S)
        soon_s = asyncio.get_running_loop().time() + 0.1
        with pytest.raises(TooLate):
            await connection.exchange(Question("b"), TIMEOUT_S, soon_s)
        assert peer.asked_at == [0.0], "the settle window was longer"
        assert connection.counters.requests == 1

    scenario(lambda peer, data: None)(steps)


def test_a_line_that_another_holds_beyond_the_time_takes_no_question_and_blames_no_unit() -> None:
    async def main() -> None:
        peer = Peer(lambda peer, data: peer.say(data.upper(), 0.5))
        line = Line("wire", peer.dial, LoopClock())
        asking = asyncio.create_task(line.ask(Question("a"), Pace()))
        await asyncio.sleep(0.1)
        with pytest.raises(TooLate):
            await line.ask(Question("b"), Pace(Urgency.COMMAND, retries=3, until_s=0.3))
        assert await asking == "A"
        assert (len(peer.asked_at), line.unit("wire/b").state) == (1, UnitState.OK)
        assert await line.ask(Question("b"), Pace(Urgency.COMMAND, until_s=10.0)) == "B"

    run_virtual(main())


def late_once(after_s: float) -> Behaviour:
    def behave(peer: Peer, data: bytes) -> None:
        peer.say(data.upper(), after_s if len(peer.asked_at) == 1 else 0.0)

    return behave


def test_after_a_time_out_the_next_question_waits_until_no_late_reply_can_meet_it() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("a"), TIMEOUT_S)
        assert await connection.exchange(Question("b"), TIMEOUT_S) == "B"
        assert peer.asked_at == [0.0, pytest.approx(2 * TIMEOUT_S + 0.1)]
        assert (connection.counters.settles, connection.counters.late_replies) == (1, 1)

    scenario(late_once(TIMEOUT_S + 0.3))(steps)


def test_the_settle_window_of_the_site_replaces_the_default_and_numbers_need_none() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("a"), TIMEOUT_S)
        assert await connection.exchange(Question("b"), TIMEOUT_S) == "B"
        assert peer.asked_at == [0.0, pytest.approx(TIMEOUT_S + 0.05)]

    async def numbered(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("a", is_numbered=True), TIMEOUT_S)
        assert await connection.exchange(Question("b", is_numbered=True), TIMEOUT_S) == "B"
        assert peer.asked_at == [0.0, pytest.approx(TIMEOUT_S)]

    scenario(late_once(60), settle_s=0.05)(steps)
    scenario(late_once(TIMEOUT_S + 0.01), settle_s=0.05)(numbered)


def test_bytes_that_keep_coming_prolong_the_settle_window_but_not_for_ever() -> None:
    def babble(peer: Peer, data: bytes) -> None:
        for turn in range(1, 200):
            peer.say(b"x", TIMEOUT_S + turn * 0.09)

    async def steps(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("a"), TIMEOUT_S)
        peer.behave = answer
        assert await connection.exchange(Question("b"), TIMEOUT_S) == "B"
        assert peer.asked_at[1] == pytest.approx(TIMEOUT_S + 3 * 0.2, abs=0.1)

    scenario(babble, settle_s=0.2)(steps)


def test_what_lies_unread_is_no_reply_to_the_next_question() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        assert await connection.exchange(Question("a"), TIMEOUT_S) == "A"
        peer.say(b"B.")
        peer.behave = lambda peer, data: None
        with pytest.raises(DeviceTimeout):
            await connection.exchange(Question("b"), TIMEOUT_S)

    scenario()(steps)


def test_a_stream_out_of_step_is_a_wrong_reply_and_a_new_connection() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        with pytest.raises(DeviceReplyWrong):
            await connection.exchange(Question("a", is_numbered=True), TIMEOUT_S)
        peer.behave = answer
        assert await connection.exchange(Question("a", is_numbered=True), TIMEOUT_S) == "A"
        assert peer.dials == 2

    scenario(lambda peer, data: peer.say(b"!"))(steps)


def test_a_peer_that_talks_all_the_time_is_unreachable_and_no_unit_is_blamed() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        assert await connection.exchange(Question("a"), TIMEOUT_S) == "A"
        for _ in range(200):
            peer.say(b"z")
        with pytest.raises(Unreachable):
            await connection.exchange(Question("a"), TIMEOUT_S)

    scenario()(steps)


def test_a_wire_that_cannot_be_reached_is_tried_ever_more_rarely() -> None:
    async def steps(connection: LineConnection, peer: Peer) -> None:
        peer.is_reachable = False
        for _ in range(600):
            with pytest.raises(Unreachable):
                await connection.exchange(Question("a"), TIMEOUT_S)
            await asyncio.sleep(0.1)
        assert peer.dials == 8, "after 0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5 and 45.5 s"

    scenario()(steps)
