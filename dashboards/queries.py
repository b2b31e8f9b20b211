"""The portable part of InfluxQL that boards use; 1.x, 2.x and 3 answer all of it."""

from __future__ import annotations

DAY, HOUR = "1d", "1h"


def mean(field: str, measurement: str, where: str, *, by: str = "") -> str:
    """Mean of a field in the panel's own step, one series per value of the tag `by`."""
    return _select(f'mean("{field}")', measurement, where, f"time($__interval){_tag(by)}")


def newest(field: str, measurement: str, where: str) -> str:
    """Last value of a field in the panel's own step."""
    return _select(f'last("{field}")', measurement, where, "time($__interval)")


def total(field: str, measurement: str, where: str, *, window: str, by: str = "") -> str:
    """Sum of a field by local hour or day."""
    return f"{_select(f'sum({_quoted(field)})', measurement, where, f'time({window}){_tag(by)}')} tz('Asia/Shanghai')"


def tag_values(tag: str, measurement: str, where: str = "") -> str:
    """The values of a tag, for a variable."""
    condition = f" WHERE {where}" if where else ""
    return f"SHOW TAG VALUES FROM {_quoted(measurement)} WITH KEY = {_quoted(tag)}{condition}"


def _select(what: str, measurement: str, where: str, by: str) -> str:
    return f"SELECT {what} FROM {_quoted(measurement)} WHERE {where} AND $timeFilter GROUP BY {by} fill(none)"


def _tag(name: str) -> str:
    return f", {_quoted(name)}" if name else ""


def _quoted(name: str) -> str:
    return f'"{name}"'
