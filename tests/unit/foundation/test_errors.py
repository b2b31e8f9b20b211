from __future__ import annotations

import pytest

from foundation.errors import (
    ConfigError,
    ContractError,
    DeviceError,
    DeviceRefused,
    DeviceReplyWrong,
    DeviceTimeout,
    DomainError,
    LinkError,
    XietongError,
)

ALL = [
    (ConfigError("site.yaml", "buses.0.port", "too large"), "site.yaml: buses.0.port: too large"),
    (LinkError("gone"), "gone"),
    (DeviceTimeout("a-main", 0.6), "a-main: no answer within 0.6 s"),
    (DeviceRefused("a-main", 2), "a-main: refused with exception 2"),
    (DeviceReplyWrong("a-main", "unit 2 answered"), "a-main: wrong reply: unit 2 answered"),
    (ContractError("no seq"), "no seq"),
    (DomainError("threshold.unknown", 404, threshold="t1"), "threshold.unknown {'threshold': 't1'}"),
]


@pytest.mark.parametrize(("error", "text"), ALL, ids=[type(error).__name__ for error, _ in ALL])
def test_every_error_is_one_of_ours_and_says_its_facts(error: XietongError, text: str) -> None:
    assert isinstance(error, XietongError)
    assert str(error) == text


def test_what_a_device_does_wrong_is_caught_as_one_family() -> None:
    assert {type(error) for error, _ in ALL if isinstance(error, DeviceError)} == {
        DeviceTimeout,
        DeviceRefused,
        DeviceReplyWrong,
    }
