"""The dialogue with one connected terminal, without any input or output of its own.

0100 registration -> 8100 with a code, 0102 authentication -> 8001, then 0002 heartbeat, 0200 position, 0704 batch,
0003 logout -> 8001 each. What a terminal may forget is answered only when it is durable: see `Answer.when_durable`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from edge_agent.drivers.jt808.authentication import code_of, is_code
from edge_agent.drivers.jt808.frame import Frame, encode
from edge_agent.drivers.jt808.parts import PartsJoiner
from edge_agent.drivers.jt808.position import read_batch
from edge_agent.drivers.jt808.terminal import Terminal
from edge_agent.drivers.report import Heard
from foundation.errors import ContractError

GENERAL_REPLY, REGISTRATION_REPLY, PARTS_WANTED = 0x8001, 0x8100, 0x8003
TERMINAL_REPLY, HEARTBEAT, LOGOUT, REGISTRATION, AUTHENTICATION, POSITION, BATCH = (
    0x0001, 0x0002, 0x0003, 0x0100, 0x0102, 0x0200, 0x0704,
)  # fmt: skip
NO_SUCH_TERMINAL = 4


class Result(IntEnum):
    """Results of the general reply."""

    DONE = 0
    FAILED = 1
    WRONG = 2
    UNSUPPORTED = 3


@dataclass(slots=True)
class Answer:
    """What follows from one frame. `when_durable` is sent once everything heard up to here is durable."""

    at_once: bytes = b""
    when_durable: bytes = b""
    heard: Iterable[Heard] = ()
    is_last: bool = False
    """Nothing more is expected: close when it is sent."""
    fault: str = ""
    """Why the frame was not taken."""


class Session:
    """One connection; `terminals` by number without leading zeros."""

    def __init__(self, terminals: Mapping[str, Terminal], secret: bytes) -> None:
        self._terminals, self._secret = terminals, secret
        self._serial = 0
        self.parts = PartsJoiner()
        self.terminal: Terminal | None = None
        """Set once the terminal has authenticated itself."""

    def hear(self, frame: Frame, now_ms: int, now_s: float) -> Answer:
        """What to answer and what was heard; a frame that makes no sense is answered as such."""
        terminal = self._terminals.get(frame.terminal.lstrip("0"))
        if terminal is None or self.terminal not in (None, terminal):
            refusal = self._registration_reply(frame, NO_SUCH_TERMINAL) if frame.message_id == REGISTRATION else b""
            return Answer(refusal, is_last=True, fault="unknown")
        if frame.message_id == TERMINAL_REPLY:
            return Answer()
        if frame.message_id == REGISTRATION:
            return Answer(self._registration_reply(frame, 0, code_of(self._secret, frame.terminal)))
        if frame.message_id == AUTHENTICATION:
            return self._authenticate(frame, terminal)
        if self.terminal is None:
            return Answer(self._reply(frame, Result.FAILED), fault="unauthenticated")
        try:
            return self._take(frame, terminal, now_ms, now_s)
        except ContractError as error:
            return Answer(self._reply(frame, Result.WRONG), fault=str(error))

    def doubt(self, left_out: int) -> None:
        """As Terminal.doubt."""
        if self.terminal is not None:
            self.terminal.doubt(left_out)

    def requests(self, now_s: float) -> bytes:
        """Requests for parts that have not come."""
        wanted = b""
        for frame, first_serial, missing in self.parts.stalled(now_s):
            # The count grew from one byte to two in the 2019 form.
            form = ">HB" if frame.version is None else ">HH"
            body = struct.pack(form, first_serial, len(missing)) + struct.pack(f">{len(missing)}H", *missing)
            wanted += self._message(frame, PARTS_WANTED, body)
        return wanted

    def _authenticate(self, frame: Frame, terminal: Terminal) -> Answer:
        if not is_code(self._secret, frame.terminal, frame.body, is_2019=frame.version is not None):
            return Answer(self._reply(frame, Result.FAILED), fault="unauthenticated")
        self.terminal = terminal
        return Answer(self._reply(frame, Result.DONE), heard=[Heard(terminal.id, is_alive=True)])

    def _take(self, frame: Frame, terminal: Terminal, now_ms: int, now_s: float) -> Answer:
        if frame.message_id == HEARTBEAT:
            return Answer(self._reply(frame, Result.DONE), heard=[Heard(terminal.id, is_alive=True)])
        if frame.message_id == LOGOUT:
            gone = Heard(terminal.id, is_alive=False, reason="logout")
            return Answer(self._reply(frame, Result.DONE), heard=[gone], is_last=True)
        if frame.message_id not in (POSITION, BATCH):
            return Answer(self._reply(frame, Result.UNSUPPORTED))
        whole = self.parts.add(frame, now_s)
        if whole is None:
            # Some terminals send a part only when the one before is answered.
            return Answer(self._reply(frame, Result.DONE))
        done = self._reply(frame, Result.DONE)
        if whole.message_id == POSITION:
            return Answer(when_durable=done, heard=[terminal.report(whole.body, now_ms)])
        return Answer(when_durable=done, heard=(terminal.report(report, now_ms) for report in read_batch(whole.body)))

    def _reply(self, frame: Frame, result: Result) -> bytes:
        return self._message(frame, GENERAL_REPLY, struct.pack(">HHB", frame.serial, frame.message_id, result))

    def _registration_reply(self, frame: Frame, result: int, code: str = "") -> bytes:
        return self._message(frame, REGISTRATION_REPLY, struct.pack(">HB", frame.serial, result) + code.encode())

    def _message(self, heard: Frame, message_id: int, body: bytes) -> bytes:
        """A message to the sender of a frame, in its form and to its number."""
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        return encode(replace(heard, message_id=message_id, serial=serial, body=body, package=None))
