"""What is left of a plate, a telephone number or a name when only part of it may be seen."""

from __future__ import annotations

STAR = "*"


def masked(kind: str, value: str) -> str:
    """A plate shows its first two and last two signs, a number its first three and last four, a name its first.

    Too short a value shows nothing: a mask must always hide something. An unknown kind raises KeyError.
    """
    first, last = _SHOWN[kind]
    text = value.strip()
    hidden = len(text) - first - last
    if hidden < 1:
        return STAR * len(text)
    return text[:first] + STAR * hidden + text[len(text) - last :]


_SHOWN = {"plate": (2, 2), "phone": (3, 4), "name": (1, 0)}
