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
