"""The error tree of the whole product.

XietongError
├── ConfigError        wrong file or setting: stops the start, names file, key and reason
├── LinkError          a connection failed or was cut: retry
├── DeviceError        a device did not do what was asked: quality BAD, back off
│   ├── DeviceTimeout
│   ├── DeviceRefused  the device answered with an exception code
│   └── DeviceReplyWrong   the reply does not match the request
├── ContractError      a message breaks the contract between edge and cloud: keep the raw bytes, count, go on
└── DomainError        a person asked for something that is not possible: HTTP problem with status and code
"""

from __future__ import annotations

from pathlib import Path


class XietongError(Exception):
    """Root of every error this product raises on purpose."""


class ConfigError(XietongError):
    """A file or setting is wrong; the process must not start."""

    def __init__(self, file: str | Path, key: str, reason: str) -> None:
        self.file, self.key, self.reason = str(file), key, reason
        super().__init__(f"{self.file}: {key}: {reason}")


class LinkError(XietongError):
    """A connection could not be made or broke; the caller may retry, after `wait_s` if the other side named a time."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(message)


class DeviceError(XietongError):
    """A device did not do what was asked."""


class DeviceTimeout(DeviceError):
    """No answer within `after_s` seconds."""

    def __init__(self, device: str, after_s: float) -> None:
        self.device, self.after_s = device, after_s
        super().__init__(f"{device}: no answer within {after_s:g} s")


class DeviceRefused(DeviceError):
    """The device answered with a Modbus exception code."""

    def __init__(self, device: str, exception_code: int) -> None:
        self.device, self.exception_code = device, exception_code
        super().__init__(f"{device}: refused with exception {exception_code}")


class DeviceReplyWrong(DeviceError):
    """The reply does not belong to the request (unit, function or count differ)."""

    def __init__(self, device: str, reason: str) -> None:
        self.device, self.reason = device, reason
        super().__init__(f"{device}: wrong reply: {reason}")


class ContractError(XietongError):
    """A message between edge and cloud breaks the contract."""


class DomainError(XietongError):
    """A person's request cannot be met; `code` names a text of the catalogue."""

    def __init__(self, code: str, status: int = 422, **facts: object) -> None:
        self.code, self.status, self.facts = code, status, facts
        super().__init__(f"{code} {facts}" if facts else code)


def first_of(error: BaseException) -> BaseException:
    """The first error of a group, however deep; any other as it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
