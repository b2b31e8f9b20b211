"""A serial port as a Link, on a pseudo terminal of the system."""

import asyncio
import os
import termios
import tty
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from edge_agent.drivers.line.serial_link import SerialFormat, serial_dial
from foundation.errors import LinkError

FAST = SerialFormat(115_200)


@dataclass
class Terminal:
    """`near` is our end, `path` is opened like a serial port."""

    near: int
    far: int

    @property
    def path(self) -> str:
        return os.ttyname(self.far)

    def hang_up(self) -> None:
        for fd in (self.near, self.far):
            if fd >= 0:
                os.close(fd)
        self.near = self.far = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    near, far = os.openpty()
    tty.setraw(far)
    made = Terminal(near, far)
    yield made
    made.hang_up()


async def test_bytes_go_there_and_back(terminal: Terminal) -> None:
    link = await serial_dial(terminal.path, FAST)()
    every_byte = bytes(range(256))
    await link.send(every_byte)
    assert os.read(terminal.near, 1000) == every_byte
    os.write(terminal.near, every_byte)
    heard = b""
    while len(heard) < 256:
        heard += await link.receive(5)
    assert heard == every_byte
    with pytest.raises(TimeoutError):
        await link.receive(0)
    await link.close()


async def test_a_port_that_goes_away_while_it_is_opened_is_no_link(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(termios, "tcflush", gone)
    with pytest.raises(LinkError, match="Input/output"):
        await serial_dial(terminal.path, FAST)()


async def test_a_port_is_taken_by_one_process_alone(terminal: Terminal) -> None:
    link = await serial_dial(terminal.path, FAST)()
    with pytest.raises(LinkError):
        await serial_dial(terminal.path, FAST)()
    await link.close()
    await (await serial_dial(terminal.path, FAST)()).close()


async def test_an_adapter_that_is_pulled_out_is_a_link_error(terminal: Terminal) -> None:
    link = await serial_dial(terminal.path, FAST)()
    waiting = asyncio.create_task(link.receive(5))
    await asyncio.sleep(0)
    terminal.hang_up()
    with pytest.raises(LinkError):
        await waiting
    with pytest.raises(LinkError):
        await link.send(b"anyone?")
    await link.close()


async def test_a_port_that_does_not_exist_is_a_link_error() -> None:
    with pytest.raises(LinkError, match="/dev/no-such-port"):
        await serial_dial("/dev/no-such-port", FAST)()


@pytest.mark.parametrize(("form", "bits"), [("8N1", 10), ("8E1", 11), ("8N2", 11), ("7E1", 10), ("8O2", 12)])
def test_the_time_of_a_byte_counts_start_parity_and_stop_bits(form: str, bits: int) -> None:
    assert SerialFormat(2400, form).byte_s == pytest.approx(bits / 2400)
