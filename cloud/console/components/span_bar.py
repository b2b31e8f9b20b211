"""A share between 0 and 1 with its interval as a small bar, for the cells of a table."""

from __future__ import annotations

from html import escape

from cloud.console.components.row_table import Markup


def span_bar(words: str, value: float, low: float | None = None, high: float | None = None) -> Markup:
    """`words` left of a bar filled up to `value`; with an interval, `low` to `high` is shaded and `value` marked.

    Values outside 0..1 are drawn at the end.
    """
    if low is None or high is None:
        inner = f'<i class="xt-span-fill" style="width:{_place(value)}"></i>'
    else:
        start, width = _place(low), _place(max(high - low, 0.0))
        inner = (
            f'<i class="xt-span-range" style="left:{start};width:{width}"></i>'
            f'<i class="xt-span-mean" style="left:{_place(value)}"></i>'
        )
    return Markup(
        f'<span class="xt-span"><span class="xt-span-words">{escape(words)}</span>'
        f'<span class="xt-span-bar">{inner}</span></span>'
    )


def _place(value: float) -> str:
    return f"{100 * min(max(value, 0.0), 1.0):.1f}%"
