"""A name on an element of the page, by which tests and browser extensions find it."""

from __future__ import annotations

from typing import TypeVar

from nicegui.element import Element

Tagged = TypeVar("Tagged", bound=Element)


def tag(element: Tagged, name: str) -> Tagged:
    """Set `data-testid`; as a value and not as markup, because names may hold what people typed."""
    element.props["data-testid"] = name
    return element
