"""The one look of the console: colours, fonts and the style sheet; charts take their colours from here too."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from cloud.core.event import Severity

FONT = (
    '-apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", '
    '"WenQuanYi Micro Hei", sans-serif'
)

INK = "#1b2733"
MUTED = "#5d6d7e"
FAINT = "#94a2b1"
LINE = "#e2e7ed"
PAGE = "#f3f5f8"
CARD = "#ffffff"
NAV = "#10253d"
ACCENT = "#1f5fa8"
GOOD = "#1d8a5c"

SEVERITY_COLOURS: dict[Severity, str] = {
    Severity.INFO: "#7b8997",
    Severity.BLUE: "#2f6fbf",
    Severity.YELLOW: "#c79200",
    Severity.ORANGE: "#dd7412",
    Severity.RED: "#c5302a",
}
"""The four colours of the Chinese risk scale, darkened until they read on white; grey is no risk."""

LIMIT = SEVERITY_COLOURS[Severity.RED]
BREACH_AREA = "rgba(197, 48, 42, 0.09)"
SERIES_COLOURS = ("#2b6cb0", "#2a9d8f", "#8471bd", "#b0708f", "#5c7f99", "#6f8f4e")
"""Kept apart from the risk colours: a building is never drawn in a warning colour."""

_ROOT_COLOURS = {
    "ink": INK, "muted": MUTED, "faint": FAINT, "line": LINE, "page": PAGE, "card": CARD, "nav": NAV,
    "accent": ACCENT, "good": GOOD,
    **{f"risk-{severity.name.lower()}": colour for severity, colour in SEVERITY_COLOURS.items()},
}  # fmt: skip


def series_colour(place: int) -> str:
    """The colour of the n-th series; they repeat after the last."""
    return SERIES_COLOURS[place % len(SERIES_COLOURS)]


def style_sheet() -> str:
    """The console's CSS with its colours as custom properties."""
    colours = " ".join(f"--{name}: {colour};" for name, colour in _ROOT_COLOURS.items())
    rules = (Path(__file__).parent / "console.css").read_text(encoding="utf-8")
    return f":root {{ {colours} --font: {FONT}; }}\n{rules}"


def apply_theme() -> None:
    """Put the look on the page being built."""
    ui.colors(
        primary=ACCENT,
        secondary=MUTED,
        positive=GOOD,
        negative=SEVERITY_COLOURS[Severity.RED],
        warning=SEVERITY_COLOURS[Severity.ORANGE],
        info=SEVERITY_COLOURS[Severity.BLUE],
    )
    ui.add_css(style_sheet())
