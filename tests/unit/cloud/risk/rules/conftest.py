"""The books that rules look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office_books import OfficeBooks, office_books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[OfficeBooks]:
    """The empty books of one office on Thursday 24 September 2026, 9 h."""
    with office_books(tmp_path) as opened:
        yield opened
