"""Where one person works: reads and does things at the door, once each, and writes down what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from foundation.clock import Clock
from simulators.people.door import Answer, Door

LONGEST_REASON = 500
Row = Mapping[str, Any]


class Notebook:
    """Appends one JSON line per thing done or refused; without a file it keeps nothing."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._path, self._clock = path, clock
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, who: str, did: str, **facts: Any) -> None:
        """`facts` are JSON values."""
        if self._path is None:
            return
        line = {"at_ms": self._clock.now_ms(), "who": who, "did": did, **facts}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class Desk:
    """One person's place. What was tried once is not tried again: a refusal is an answer, too."""

    def __init__(self, who: str, door: Door, token: str | None, notebook: Notebook) -> None:
        self._who, self._door, self._token, self._notebook = who, door, token, notebook
        self._tried: set[str] = set()
        self._refused: set[tuple[str, int]] = set()

    def rows(self, path: str) -> list[Row]:
        """What a list shows; empty when the door refuses. Raises LinkError when nobody answers."""
        shown = self._shown(path)
        return [row for row in shown if isinstance(row, dict)] if isinstance(shown, list) else []

    def form(self, path: str) -> Row | None:
        """What one thing holds; None when the door refuses. Raises LinkError when nobody answers."""
        shown = self._shown(path)
        return shown if isinstance(shown, dict) else None

    def read(self, key: str, path: str) -> bool:
        """Look at something once, as soon as it is shown; whether it was."""
        return self._once(key, "GET", "read", path, None) is not None

    def do(self, key: str, did: str, path: str, body: Mapping[str, Any]) -> Any:
        """Do something once (`key` tells it from everything else); the answer, None when refused or done before."""
        return self._once(key, "POST", did, path, body)

    def has_tried(self, key: str) -> bool:
        return key in self._tried

    def settle(self, key: str) -> None:
        """Nothing is left to be done about this."""
        self._tried.add(key)

    def _shown(self, path: str) -> Any:
        answer = self._door.call("GET", path, self._token)
        if answer.is_accepted:
            return answer.body
        self._note_refusal("read", path, answer)
        return None

    def _once(self, key: str, method: str, did: str, path: str, body: Mapping[str, Any] | None) -> Any:
        if key in self._tried:
            return None
        answer = self._door.call(method, path, self._token, body)
        if answer.is_accepted or method != "GET":
            self._tried.add(key)
        if not answer.is_accepted:
            self._note_refusal(did, path, answer)
            return None
        self._notebook.write(self._who, did, path=path, status=answer.status)
        return answer.body if answer.body is not None else {}

    def _note_refusal(self, did: str, path: str, answer: Answer) -> None:
        """A list that stays closed is told of once."""
        if did == "read" and (path, answer.status) in self._refused:
            return
        self._refused.add((path, answer.status))
        reason = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, ensure_ascii=False)
        self._notebook.write(self._who, did, path=path, status=answer.status, refused=reason[:LONGEST_REASON])


def chosen(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Rows whose fields have these values."""
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]
