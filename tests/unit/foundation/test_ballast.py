"""Room on the disk that is given up in need, whatever the file system says to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.ballast import Ballast


def test_a_file_system_that_became_read_only_keeps_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    ballast = Ballast(tmp_path / "outbox.db.ballast", 4_096)
    assert ballast.restore()
    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "unlink", refuse)
        ballast.release()
    assert not ballast.is_whole
    assert ballast.restore()
    assert (tmp_path / "outbox.db.ballast").stat().st_size == 4_096
    ballast.release()
    ballast.release()
    assert not (tmp_path / "outbox.db.ballast").exists()
