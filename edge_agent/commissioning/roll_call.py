"""A call to meters whose addresses nobody knows yet: who answers, and whether answers fell over each other."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from edge_agent.commissioning.place import Crowd, Place
from edge_agent.drivers.cjt188 import frame as cjt188
from edge_agent.drivers.cjt188 import question as cjt188_question
from edge_agent.drivers.dlt645 import frame as dlt645
from edge_agent.drivers.dlt645 import question as dlt645_question
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.identified.frame import FrameShape, stray_bytes
from edge_agent.drivers.line.exchange import Exchange, Pace
from edge_agent.drivers.line.line import Line
from foundation.errors import DeviceError, DeviceRefused, DeviceTimeout

Answer = TypeVar("Answer")

FEWEST_STRAY_BYTES = 8
"""Half of the shortest answer to a call: fewer bytes come from adapters that switch their direction."""
_ENERGY_ID = 0x00010000
"""Active energy, which every meter of DL/T 645 has."""
_DLT645_WAITS, _CJT188_WAITS = 2, 3
"""How many times longer than for an empty place: meters of CJ/T 188 often wake up first."""


@dataclass(slots=True)
class Listening:
    """Exchange that puts a question and then takes down all that comes back until its time is over."""

    question: Exchange[object]
    heard: bytes = b""

    @property
    def unit(self) -> str:
        return self.question.unit

    @property
    def is_numbered(self) -> bool:
        return False

    def frame(self) -> bytes:
        self.heard = b""
        return self.question.frame()

    def take(self, buffer: bytearray) -> None:
        """As Exchange.take; there is never the one reply."""
        self.heard += buffer
        buffer.clear()


@dataclass(frozen=True, slots=True)
class Called(Generic[Answer]):
    """Proved answers to one call; `is_crowded`: bytes besides them that must come from somebody."""

    answers: Sequence[Answer]
    is_crowded: bool


async def call(line: Line, question: Exchange[Answer], shape: FrameShape, timeout_s: float) -> Called[Answer]:
    """Put `question` and listen for the whole time-out; LinkError when the line is not reached."""
    listening = Listening(question)
    with contextlib.suppress(DeviceTimeout):
        await line.ask(listening, Pace(Urgency.NORMAL, timeout_s))
    # Silence is no fault here, and must not count against the line.
    line.forget(question.unit)
    left, answers = bytearray(listening.heard), list[Answer]()
    while (answer := question.take(left)) is not None:
        answers.append(answer)
    return Called(answers, len(stray_bytes(listening.heard, shape)) >= FEWEST_STRAY_BYTES)


async def dlt645_meters(line: Line, timeout_s: float) -> AsyncIterator[Place | Crowd]:
    """The meter that is alone on the line; a Crowd when there are several."""
    wait_s = timeout_s * _DLT645_WAITS
    called = await call(line, dlt645_question.AddressQuestion(f"{line.name}/dlt645"), dlt645.SHAPE, wait_s)
    is_crowded = called.is_crowded
    for address in dict.fromkeys(called.answers):
        own = dlt645_question.DataQuestion(f"{line.name}/dlt645", dlt645.address_bytes(address), _ENERGY_ID)
        if await _answers(line, own, wait_s):
            yield Place(address=address)
        else:
            is_crowded = True
    if is_crowded:
        yield Crowd("dlt645")


async def cjt188_meters(line: Line, timeout_s: float) -> AsyncIterator[Place | Crowd]:
    """Meters that answer a call to everybody, then to one type code after the other, in both orders of identifiers.

    All codes of the standard are called when several meters answer the call to everybody, else those in use. A Crowd
    for each type of which several answer at once, and one of no type when no code parts them.
    """
    found: set[str] = set()
    codes = [cjt188.ANY_TYPE, *cjt188.TYPES_IN_USE]
    is_crowded = is_explained = False
    for meter_type in codes:
        is_type_crowded = False
        for is_high_first in (False, True):
            places, is_half_crowded = await _cjt188_call(line, meter_type, timeout_s, is_high_first=is_high_first)
            is_type_crowded |= is_half_crowded
            for place in places:
                if place.address is not None and place.address not in found:
                    found.add(place.address)
                    yield place
        if meter_type == cjt188.ANY_TYPE and is_type_crowded:
            is_crowded = True
            codes.extend(code for code in cjt188.TYPES if code not in codes)
        elif is_type_crowded:
            is_explained = True
            yield Crowd("cjt188", meter_type)
    if is_crowded and not is_explained and len(found) < 2:
        yield Crowd("cjt188")


async def cjt188_type(line: Line, address: str, timeout_s: float) -> Place:
    """The meter of that address, with the type code and order of identifiers that it answers to, if it does."""
    travelling = cjt188.address_bytes(address)
    for meter_type in (cjt188.ANY_TYPE, *cjt188.TYPES_IN_USE):
        for is_high_first in (False, True):
            question = cjt188_question.AddressQuestion(f"{line.name}/cjt188", is_high_first, meter_type, travelling)
            with contextlib.suppress(DeviceError):
                meter = await line.ask(question, Pace(Urgency.NORMAL, timeout_s * _CJT188_WAITS))
                return Place(None, address, meter.meter_type, is_high_first)
            line.forget(question.unit)
    return Place(address=address)


async def _cjt188_call(
    line: Line, meter_type: int, timeout_s: float, *, is_high_first: bool
) -> tuple[Sequence[Place], bool]:
    """Meters that answer one call and then to their own address, and whether there are others.

    Answers that fall over each other may look like the frame of a meter that does not exist: the checksum is a sum.
    """
    name, wait_s = f"{line.name}/cjt188", timeout_s * _CJT188_WAITS
    question = cjt188_question.AddressQuestion(name, is_high_first, meter_type)
    called = await call(line, question, cjt188.SHAPE, wait_s)
    places, is_crowded = [], called.is_crowded
    for meter in dict.fromkeys(called.answers):
        own = replace(question, meter_type=meter.meter_type, address=cjt188.address_bytes(meter.address))
        if await _answers(line, own, wait_s):
            places.append(Place(None, meter.address, meter.meter_type, is_high_first))
        else:
            is_crowded = True
    return places, is_crowded


async def _answers(line: Line, question: Exchange[object], timeout_s: float) -> bool:
    """Whether a meter answers to its own address; a refusal is an answer."""
    try:
        await line.ask(question, Pace(Urgency.NORMAL, timeout_s, retries=1))
    except DeviceRefused:
        return True
    except DeviceError:
        return False
    finally:
        line.forget(question.unit)
    return True
