"""Brings rows that were stamped before the clock was set to the right time."""

from __future__ import annotations

import logging

from foundation.errors import ContractError
from gateway.sparkplug.time_shift import has_unsure_time, shifted

log = logging.getLogger(__name__)


def shifted_body(body: bytes, shift_ms: int, *, is_sure: bool) -> bytes:
    """The body with the times in doubt moved; damaged bytes stay as they are, whoever sends them sets them aside."""
    if not has_unsure_time(body):
        return body
    try:
        return shifted(body, shift_ms, is_sure=is_sure)
    except ContractError as error:
        log.error("a row cannot be stamped anew: %s", error)
        return body
