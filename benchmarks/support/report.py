"""How a benchmark says what it measured."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any


def arguments(description: str) -> argparse.Namespace:
    """The command line that every benchmark shares."""
    return numbers_given(description)


def numbers_given(description: str, **defaults: float) -> argparse.Namespace:
    """The same with numbers of one's own, each whole if its default is."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    for name, default in defaults.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"default {default}"
        )
    return parser.parse_args()


def publish(figures: dict[str, Any], file: Path | None) -> None:
    """Print the figures, and write them when a file is given."""
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:.4g}" if isinstance(value, float) else f"{name:<{width}}  {value}")
    if file is not None:
        file.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
