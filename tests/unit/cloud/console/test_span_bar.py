"""Bars in cells of tables stay in their cell, and their words are no markup."""

from __future__ import annotations

from cloud.console.components.span_bar import span_bar


def test_an_interval_is_drawn_from_low_to_high_with_its_mean() -> None:
    html = span_bar("64 %", 0.64, 0.43, 0.83).html
    assert "left:43.0%;width:40.0%" in html
    assert "left:64.0%" in html


def test_without_an_interval_the_bar_is_filled_up_to_the_value() -> None:
    assert "width:30.0%" in span_bar("30 %", 0.3).html


def test_what_lies_outside_is_drawn_at_the_end() -> None:
    assert "width:100.0%" in span_bar("much", 1.7).html
    assert "width:0.0%" in span_bar("less", -1.0).html


def test_words_are_escaped() -> None:
    assert "<script>" not in span_bar("<script>", 0.5).html
