"""Files that people hand in through the console may be as large as those of the API, and nothing else may."""

from __future__ import annotations

import pytest

from cloud.api.body_limit import FILES, MOST_FILE_BYTES
from cloud.console.components.file_drop import MOST_BYTES


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("/_nicegui/client/4f1e6a52-9f0b-4a51-8b9c-0a6d1f0c2b7e/upload/41", True),
        ("/_nicegui/client/x/upload/41/more", False),
        ("/_nicegui/client/x/other/41", False),
        ("/api/v1/records/imports", True),
        ("/api/v1/records/rows", False),
    ],
)
def test_only_where_files_come_in_the_larger_limit_holds(path: str, is_file: bool) -> None:
    assert any(one.fullmatch(path) for one in FILES) is is_file


def test_the_console_announces_what_the_server_takes() -> None:
    assert MOST_BYTES == MOST_FILE_BYTES
