"""What the bodies of each device look like, learned from the first of them and kept in the outbox file."""

from __future__ import annotations

import sqlite3

from edge_agent.delivery.packing import dictionary_of, pack, sample, unpack

MOST_BYTES = 6_144
MOST_DICTIONARIES = 60_000
LEARN_ABOVE = 0.4
"""A body that stays larger than this share of itself has something new in it."""
LEAST_BODY = 64


class Dictionaries:
    """Packs and unpacks bodies within the transactions of the outbox."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._contents: dict[int, bytes] = {0: b""}
        self._newest: dict[str, int] = {}
        self._devices: dict[int, str] = {}

    def forget(self) -> None:
        """What was learned was rolled back: read it from the file again."""
        self._contents, self._newest, self._devices = {0: b""}, {}, {}

    def pack(self, device: str, body: bytes, put_ms: int) -> bytes:
        """The body as it shall be stored; learns where it compresses badly."""
        number = self._newest_of(device)
        content = self._content(number) or b""
        packed = pack(body, put_ms, number, content)
        grown = content + sample(body)
        if len(body) < LEAST_BODY or len(packed) <= LEARN_ABOVE * len(body) or len(grown) > MOST_BYTES:
            return packed
        learned = self._learn(device, grown)
        return packed if learned is None else pack(body, put_ms, learned, grown)

    def pack_alone(self, body: bytes, put_ms: int) -> bytes:
        """As `pack`, for long bodies that repeat themselves."""
        return pack(body, put_ms, 0, b"")

    def unpack(self, stored: bytes, put_ms: int) -> bytes:
        """The body as it was put; damaged bytes come back as they are, which is no Sparkplug payload."""
        number = dictionary_of(stored)
        if number is None:
            return stored
        content = self._content(number)
        try:
            return stored if content is None else unpack(stored, put_ms, content)
        except ValueError:
            return stored

    def short_name(self, device: str, stored: bytes) -> str:
        """What to store as the device of a body: nothing where its dictionary is of that device."""
        number = dictionary_of(stored)
        return device if number in (None, 0) else ""

    def full_name(self, name: str, stored: bytes) -> str:
        """The device of a stored body."""
        number = dictionary_of(stored)
        if name or number is None:
            return name
        if number not in self._devices:
            found = self._database.execute("SELECT device FROM dictionary WHERE id=?", (number,)).fetchone()
            self._devices[number] = found[0] if found else ""
        return self._devices[number]

    def _newest_of(self, device: str) -> int:
        if device not in self._newest:
            found = self._database.execute("SELECT max(id) FROM dictionary WHERE device=?", (device,)).fetchone()
            self._newest[device] = found[0] or 0
        return self._newest[device]

    def _content(self, number: int) -> bytes | None:
        if number not in self._contents:
            found = self._database.execute("SELECT content FROM dictionary WHERE id=?", (number,)).fetchone()
            if found is None:
                return None
            self._contents[number] = found[0]
        return self._contents[number]

    def _learn(self, device: str, content: bytes) -> int | None:
        last = self._database.execute("SELECT coalesce(max(id), 0) FROM dictionary").fetchone()[0]
        if last >= MOST_DICTIONARIES:
            return None
        number = int(last) + 1
        self._database.execute("INSERT INTO dictionary VALUES(?, ?, ?)", (number, device, content))
        self._contents[number], self._newest[device] = content, number
        return number
