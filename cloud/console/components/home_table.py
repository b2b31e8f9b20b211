"""A card of the home page that is a short table: what most of them are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.context import Console
from cloud.console.session import Viewer

Rows = Callable[[Any, Console, Viewer], Sequence[Row]]
Press = Callable[[Console, Viewer, str, str], Awaitable[None]]


def table_of(
    marker: str,
    titles: Sequence[str],
    nothing: str,
    rows: Rows,
    *,
    right: Sequence[int] = (),
    press: Press | None = None,
) -> Callable[[Console, Viewer], Callable[[Any], None]]:
    """The `build` of such a card: `titles` and `nothing` are text keys, an empty title stays empty.

    Columns at the places `right` hold numbers. `press` hears the row and the button pressed, as a RowTable tells them.
    """

    def build(console: Console, viewer: Viewer) -> Callable[[Any], None]:
        columns = [
            Column(viewer.say(one) if one else "", right=place in right, nowrap=place in right)
            for place, one in enumerate(titles)
        ]

        async def on_press(row: str, button: str) -> None:
            if press is not None:
                await press(console, viewer, row, button)

        table = RowTable(columns, viewer.say(nothing), marker, on_press if press else None)
        return lambda view: table.show(rows(view, console, viewer))

    return build
