"""Writes the boards of every language as Grafana's JSON: `python -m dashboards.build`. What it writes is committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.boards import building, compound
from foundation.texts import LANGUAGES

GENERATED = Path(__file__).parent / "generated"
BOARDS = (compound.BOARD, building.BOARD)


def board_texts() -> Iterator[tuple[Path, str]]:
    """Every generated file below `GENERATED` and what it must hold."""
    for language in LANGUAGES:
        for board in BOARDS:
            content = json.dumps(board.build(language), cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True)
            yield Path(language) / f"{board.uid}.json", content + "\n"


def main() -> None:
    for name, content in board_texts():
        path = GENERATED / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(Path.cwd()))


if __name__ == "__main__":
    main()
