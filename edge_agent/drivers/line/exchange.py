"""What a language hands to a line: the bytes of a question, and how its reply is cut out of what comes back.

A language (Modbus, DL/T 645, CJ/T 188) writes one small class that fits `Exchange`; turns, time-outs, retries, health
of units, draining and reconnecting are the line's. Languages on one line need not know of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from edge_agent.drivers.driver import Urgency
from foundation.errors import DeviceRefused, LinkError

Reply_co = TypeVar("Reply_co", covariant=True)


class NotInStep(LinkError):
    """The bytes make no sense in this language: where the next frame begins is unknown, the line connects anew."""


class StaleReply(Exception):
    """A frame that answers an earlier question was cut off the buffer; the line counts it and looks again."""


class GatewayRefused(DeviceRefused):
    """A gateway says that the unit behind it does not answer: for the health of the unit this is silence."""


class DeviceBusy(DeviceRefused):
    """The unit lives and has no time just now: the question may be repeated a little later."""


class Exchange(Protocol[Reply_co]):
    """One question and its proved reply. An object serves one `Line.ask`, with all its retries."""

    @property
    def unit(self) -> str:
        """Who is asked, as `<line>/<address>`: the key of the unit's health, and its name in errors."""
        ...

    @property
    def is_numbered(self) -> bool:
        """Whether frames carry transaction numbers.

        With numbers a late reply is known as such. Without, the line throws away all that arrived before the question,
        and after a time-out or a wrong reply waits for a settle window, so that no late reply meets the next question.
        """
        ...

    def frame(self) -> bytes:
        """The bytes to send; called once per attempt, so that every attempt has its own number."""
        ...

    def take(self, buffer: bytearray) -> Reply_co | None:
        """Cut the reply off the front of `buffer`; None when more bytes are needed.

        A reply is *proved*: check sum, address, function and exact length belong to the question. Bytes that were
        judged are deleted from `buffer`, whatever the judgement. Raises DeviceRefused for a proper refusal,
        DeviceReplyWrong for a frame that proves to be another one, StaleReply (numbered languages only), NotInStep.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How a question is asked: seconds to wait for the reply, repetitions, seconds of rest for the unit afterwards.

    `until_s`: the monotonic time at which it is not sent any more.
    """

    urgency: Urgency = Urgency.NORMAL
    timeout_s: float = 0.6
    retries: int = 0
    rest_s: float = 0.0
    until_s: float | None = None
