"""Long messages in parts, within bounds, and the dialogue that a terminal may not skip."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.jt808.authentication import code_of, is_code, read_secret
from edge_agent.drivers.jt808.frame import Frame, Package
from edge_agent.drivers.jt808.parts import MOST_OPEN, MOST_PARTS, MOST_REQUESTS, STALLED_AFTER_S, PartsJoiner
from edge_agent.drivers.jt808.session import AUTHENTICATION, HEARTBEAT, POSITION, REGISTRATION, Session
from edge_agent.drivers.jt808.terminal import Terminal
from edge_agent.site import Device
from foundation.errors import ConfigError, ContractError
from foundation.rng import SeededRng
from tests.support.jt808_frames import TERMINAL, contents, position

NOW_MS, NOW_S = 1_790_000_002_000, 100.0
SECRET = bytes(32)
PROFILE = load_catalogue().get("jt808.terminal")


def session() -> Session:
    device = Device(id="vehicle-1", profile=PROFILE.id, bus="road", address=TERMINAL)
    return Session({TERMINAL.lstrip("0"): Terminal(InstalledDevice(device, PROFILE))}, SECRET)


def part(number: int, count: int = 3, serial: int = 65_535, body: bytes = b"") -> Frame:
    """Part 1 has `serial`; the serials that follow wrap at 65,536."""
    package = Package(count, number)
    return Frame(0x0704, TERMINAL, (serial + number - 1) & 0xFFFF, body or b"%d" % number, package=package)


@given(order=st.permutations([1, 2, 3]))
def test_parts_are_put_together_in_any_order_even_where_serials_wrap(order: list[int]) -> None:
    joiner = PartsJoiner()
    found = [joiner.add(part(number), NOW_S) for number in order]
    assert found[:2] == [None, None]
    assert found[2] is not None
    assert (found[2].body, found[2].package) == (b"123", None)


def test_a_part_told_twice_counts_once() -> None:
    joiner = PartsJoiner()
    assert [joiner.add(part(1), NOW_S) for _ in range(5)] == [None] * 5


def test_unfinished_messages_take_bounded_room() -> None:
    joiner = PartsJoiner()
    for serial in range(0, 5_000, 10):
        joiner.add(part(1, serial=serial, body=bytes(1023)), NOW_S)
    assert len(joiner._open) == MOST_OPEN
    with pytest.raises(ContractError):
        joiner.add(part(1, count=MOST_PARTS + 1), NOW_S)


def test_what_is_missing_is_asked_for_a_few_times_and_then_given_up() -> None:
    joiner = PartsJoiner()
    joiner.add(part(2), NOW_S)
    asked = [list(joiner.stalled(NOW_S + STALLED_AFTER_S * step)) for step in range(1, 10)]
    assert [[(first, missing) for _, first, missing in one] for one in asked[:2]] == [[(65_535, [1, 3])]] * 2
    assert sum(bool(one) for one in asked) == MOST_REQUESTS
    assert joiner.given_up == 1


@pytest.mark.parametrize("message_id", [HEARTBEAT, POSITION, 0x0704, 0x0003, 0x9999])
def test_before_it_is_authenticated_a_terminal_says_nothing_that_counts(message_id: int) -> None:
    answer = session().hear(Frame(message_id, TERMINAL, 1, position(NOW_MS)), NOW_MS, NOW_S)
    assert (list(answer.heard), answer.when_durable, answer.fault) == ([], b"", "unauthenticated")


def test_serials_of_the_platform_count_up() -> None:
    talk = session()
    replies = [talk.hear(Frame(REGISTRATION, TERMINAL, 7, b""), NOW_MS, NOW_S).at_once for _ in range(3)]
    assert [contents(reply)[0][10:12] for reply in replies] == [b"\x00\x00", b"\x00\x01", b"\x00\x02"]


def test_what_the_platform_does_not_know_is_said_to_be_unsupported() -> None:
    talk = session()
    talk.hear(Frame(AUTHENTICATION, TERMINAL, 1, code_of(SECRET, TERMINAL).encode()), NOW_MS, NOW_S)
    (reply,) = contents(talk.hear(Frame(0x0801, TERMINAL, 2, bytes(40)), NOW_MS, NOW_S).at_once)
    assert reply[12:17] == bytes.fromhex("0002 0801 03")


def test_codes_differ_by_terminal_and_by_site() -> None:
    codes = {code_of(secret, number) for secret in (SECRET, b"x" * 32) for number in (TERMINAL, "013900000002")}
    assert len(codes) == 4
    assert code_of(SECRET, TERMINAL) == code_of(SECRET, TERMINAL.zfill(20)), "the forms pad the number differently"


@given(body=st.binary(max_size=40), is_2019=st.booleans())
def test_no_other_code_is_taken(body: bytes, is_2019: bool) -> None:
    code = code_of(SECRET, TERMINAL).encode()
    assert is_code(SECRET, TERMINAL, body, is_2019=is_2019) == (
        body.rstrip(b"\0") == code if not is_2019 else body[1 : 1 + (body or b"\0")[0]].rstrip(b"\0") == code
    )


def test_the_secret_is_made_once_and_a_damaged_one_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "jt808.secret"
    assert read_secret(file, SeededRng(1)) == read_secret(file, SeededRng(2))
    file.write_text("short")
    with pytest.raises(ConfigError, match="secret_file"):
        read_secret(file, SeededRng(1))
