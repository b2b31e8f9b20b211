"""Names of points in the viewer's language."""

from __future__ import annotations

from cloud.console.session import Viewer
from foundation.texts import load_texts


def point_name(viewer: Viewer, point: str) -> str:
    """`Power/Active/Total` reads `Active power`; a point without a text is shown as it is.

    A numbered point (`Relay/3`, `Voltage/L1`) takes the text of its folder and keeps its number.
    """
    texts = load_texts()
    if f"console.point.{point}" in texts:
        return viewer.say(f"console.point.{point}")
    folder, _, last = point.rpartition("/")
    if f"console.point.{folder}" in texts:
        return f"{viewer.say(f'console.point.{folder}')} {last}"
    return point


TOLD_BY_UNIT = frozenset(
    {"Power/Active/Total", "Energy/Active/Total", "Energy/Active/Import", "Flow", "Volume/Positive", "Speed"}
)
"""Points that need no name beside their value: kW, kWh, m³/h, m³ and km/h say it."""


def brief_point_name(viewer: Viewer, point: str) -> str:
    """The shortest clear name for a table cell, empty where the unit says enough."""
    if point in TOLD_BY_UNIT:
        return ""
    key = f"console.brief.{point}"
    return viewer.say(key) if key in load_texts() else point_name(viewer, point)
