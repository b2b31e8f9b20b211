"""An envelope is opened only as it was sealed, by a trusted key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigError, ContractError
from gateway.envelope import EnvelopeError, EnvelopeFault, decode_command, open_envelope, seal
from gateway.keys import (
    key_id_of,
    load_or_create_private_key,
    load_private_key,
    public_key_text,
    read_trusted_keys,
    save_private_key,
    trusted_key,
)
from gateway.messages import Command, CommandAction
from tests.support.commands import command_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TRUSTED = (trusted_key(OTHER.public_key()), trusted_key(KEY.public_key()))
COMMAND = command_of(7, value=26.0, not_before_ms=1_790_000_000_000, expires_ms=1_790_000_030_000)


def fault_of(data: bytes) -> EnvelopeFault:
    with pytest.raises(EnvelopeError) as caught:
        open_envelope(data, TRUSTED)
    return caught.value.fault


def signed(body: bytes) -> bytes:
    """An envelope with a good signature over any body."""
    header = b"XTC\x01\x01" + key_id_of(KEY.public_key())
    return header + KEY.sign(header + body) + body


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
wholes = st.integers(0, 2**63 - 1)
settings = st.dictionaries(texts, texts, min_size=1, max_size=4)


def with_settings(command: Command, given: dict[str, str]) -> Command:
    return replace(command, settings=given if command.action is CommandAction.CONFIGURE else {})


orders = st.builds(
    Command,
    command_id=texts.filter(bool),
    issuer=texts,
    counter=wholes,
    group=texts,
    node=texts,
    device=texts,
    point=texts,
    action=st.sampled_from(CommandAction),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    priority=wholes,
    lease_s=st.floats(allow_nan=False, allow_infinity=False),
    not_before_ms=wholes,
    expires_ms=wholes,
    nonce=texts,
    reason=texts,
)
commands = st.builds(with_settings, orders, settings)


@given(commands)
def test_what_is_sealed_is_opened_unchanged(command: Command) -> None:
    assert open_envelope(seal(command, KEY), TRUSTED) == command


def test_layout_is_magic_version_algorithm_key_id_signature_body() -> None:
    data = seal(COMMAND, KEY)
    assert data[:5] == b"XTC\x01\x01"
    assert data[5:13] == key_id_of(KEY.public_key())
    KEY.public_key().verify(data[13:77], data[:13] + data[77:])
    assert json.loads(data[77:]) == {key: one for key, one in asdict(COMMAND).items() if key != "settings"}


def test_a_flip_of_any_single_bit_is_refused() -> None:
    data = seal(COMMAND, KEY)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(ContractError):
                open_envelope(bytes(changed), TRUSTED)


def test_every_cut_and_every_tail_is_refused() -> None:
    data = seal(COMMAND, KEY)
    for size in range(len(data)):
        with pytest.raises(ContractError):
            open_envelope(data[:size], TRUSTED)
    assert fault_of(data + b" ") is EnvelopeFault.BAD_SIGNATURE


@pytest.mark.parametrize("data", [b"", b"{}", json.dumps(asdict(COMMAND)).encode(), b"\x00" * 200])
def test_bytes_that_are_no_envelope_count_as_unsigned(data: bytes) -> None:
    assert fault_of(data) is EnvelopeFault.UNSIGNED


@pytest.mark.parametrize("algorithm", [0, 2, 255])
def test_another_algorithm_id_is_refused_even_with_a_good_signature_over_it(algorithm: int) -> None:
    header = bytes((*b"XTC", 1, algorithm)) + key_id_of(KEY.public_key())
    body = seal(COMMAND, KEY)[77:]
    assert fault_of(header + KEY.sign(header + body) + body) is EnvelopeFault.ALGORITHM


def test_an_unknown_version_is_malformed() -> None:
    data = seal(COMMAND, KEY)
    assert fault_of(data[:3] + b"\x02" + data[4:]) is EnvelopeFault.MALFORMED


def test_a_stranger_is_an_unknown_key_and_under_a_trusted_id_a_bad_signature() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    assert fault_of(seal(COMMAND, stranger)) is EnvelopeFault.UNKNOWN_KEY
    forged = seal(COMMAND, stranger)
    assert fault_of(forged[:5] + key_id_of(KEY.public_key()) + forged[13:]) is EnvelopeFault.BAD_SIGNATURE
    with pytest.raises(EnvelopeError):
        open_envelope(seal(COMMAND, KEY), [])


def test_current_and_next_key_are_both_obeyed() -> None:
    assert open_envelope(seal(COMMAND, KEY), TRUSTED) == open_envelope(seal(COMMAND, OTHER), TRUSTED)


def with_field(**changes: Any) -> bytes:
    return json.dumps({**asdict(COMMAND), **changes}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"\xff\xfe",
        b"[" * 7_000,
        b"{}",
        with_field(extra=1),
        with_field(action="erase"),
        with_field(action=["write"]),
        with_field(counter=-1),
        with_field(counter=2**63),
        with_field(counter=1.0),
        with_field(priority=True),
        with_field(value="26"),
        with_field(value=True),
        with_field(value=[1]),
        with_field(lease_s=None),
        with_field(command_id=""),
        with_field(command_id=7),
        with_field(command_id="\ud800"),
        with_field(reason="x" * 513),
        with_field(value=float("nan")),
        with_field(value=float("inf")),
        with_field().replace(b"26.0", b"1e999"),
        with_field().replace(b"26.0", b"1" + b"0" * 400),
        with_field().replace(b"26.0", b"9" * 5_000),
        with_field().replace(b'"value"', b'"value": 1, "value"'),
    ],
)
def test_a_signed_body_with_any_field_wrong_is_malformed(body: bytes) -> None:
    assert fault_of(signed(body)) is EnvelopeFault.MALFORMED


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_the_contract_error(data: bytes) -> None:
    for attempt in (data, b"XTC\x01\x01" + data, signed(data)):
        with pytest.raises(EnvelopeError):
            open_envelope(attempt, TRUSTED)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(list(asdict(COMMAND))), json_values, min_size=1, max_size=4))
def test_a_decoded_command_can_always_be_sealed_again(changes: dict[str, Any]) -> None:
    try:
        command = decode_command(with_field(**changes))
    except EnvelopeError:
        return
    assert open_envelope(seal(command, KEY), TRUSTED) == command


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("write", {"params.ct": "60"}),
        ("relinquish", {"params.ct": "60"}),
        ("configure", {}),
        ("configure", {"params.ct": 60}),
        ("configure", {"params.ct": None}),
        ("configure", ["params.ct"]),
        ("configure", {f"k{number}": "v" for number in range(33)}),
        ("configure", {"k": "v" * 513}),
    ],
)
def test_settings_that_do_not_fit_the_action_are_refused(action: str, given: object) -> None:
    assert fault_of(signed(with_field(action=action, settings=given))) is EnvelopeFault.MALFORMED


@pytest.mark.parametrize("changes", [{"value": float("nan")}, {"lease_s": float("inf")}, {"command_id": ""}])
def test_an_impossible_command_is_not_sealed(changes: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeError):
        seal(replace(COMMAND, **changes), KEY)


def test_an_oversized_envelope_is_neither_sealed_nor_opened() -> None:
    long: dict[str, Any] = dict.fromkeys(("issuer", "group", "node", "device", "point", "nonce", "reason"), "字" * 512)
    with pytest.raises(EnvelopeError):
        seal(replace(COMMAND, **long), KEY)
    assert fault_of(signed(b" " * 9_000)) is EnvelopeFault.MALFORMED


def test_a_private_key_is_stored_closed_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "command.pem"
    made = load_or_create_private_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    again = load_or_create_private_key(path)
    assert again.private_bytes_raw() == made.private_bytes_raw() == load_private_key(path).private_bytes_raw()


def _open_to_others(path: Path) -> None:
    save_private_key(path, KEY)
    path.chmod(0o644)


def _text(path: Path) -> None:
    path.write_text("hello")
    path.chmod(0o600)


def _other_kind(path: Path) -> None:
    key = generate_private_key(SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)


def _nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize("make", [_open_to_others, _text, _other_kind, _nothing])
def test_a_bad_private_key_file_stops_the_start_naming_the_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "command.pem"
    make(path)
    with pytest.raises(ConfigError, match=r"command\.pem"):
        load_private_key(path)


def test_public_keys_travel_as_text() -> None:
    text = public_key_text(KEY.public_key())
    assert text.startswith("ed25519:")
    (read,) = read_trusted_keys([text], "site.yaml")
    assert read.key_id == key_id_of(KEY.public_key())
    assert open_envelope(seal(COMMAND, KEY), [read]) == COMMAND


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "ed25519:!!", "rsa:AAAA", "ed25519:" + "A" * 44])
def test_a_wrong_public_key_names_its_place_in_the_site_file(text: str) -> None:
    good = public_key_text(KEY.public_key())
    with pytest.raises(ConfigError, match=r"command_keys\.1"):
        read_trusted_keys([good, text], "site.yaml")
