"""ImportMistake: what is wrong in a file that a person hands in, and where it stands, so that it can be put right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from foundation.texts import Language, load_texts

MOST_MISTAKES = 200
"""So many are told of one file; the rest are counted."""


@dataclass(frozen=True, slots=True)
class ImportMistake:
    """One mistake. `row` counts as a spreadsheet does, None when it is about the whole sheet or file.

    `code` names the text `import.mistake.<code>`, `facts` are its values. `column` is the title in the file.
    """

    file: str
    code: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def reason(self, language: Language) -> str:
        """Why, as one sentence."""
        return load_texts()(f"import.mistake.{self.code}", language, **self.facts)

    def sentence(self, language: Language) -> str:
        """Where and why: `bills.xlsx, sheet Bills, row 17, column Amount: ...`."""
        texts = load_texts()
        place = [self.file]
        if self.sheet:
            place.append(texts("import.place.sheet", language, sheet=self.sheet))
        if self.row is not None:
            place.append(texts("import.place.row", language, row=self.row))
        if self.column:
            place.append(texts("import.place.column", language, column=self.column))
        between, colon = texts("import.place.between", language), texts("import.place.colon", language)
        return f"{between.join(place)}{colon}{self.reason(language)}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: everything is optional, as in ImportMistake."""

    sheet: str = ""
    row: int | None = None
    column: str = ""


WHOLE_FILE = Place()


class WrongFile(Exception):
    """Nothing of the file can be read; carries the one mistake that says why."""

    def __init__(self, mistake: ImportMistake) -> None:
        self.mistake = mistake
        super().__init__(mistake.sentence("en"))


class WrongCell(Exception):
    """A cell does not hold what its column needs; `code` and `facts` as in ImportMistake."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


class Mistakes:
    """Collects the mistakes of one file: the first MOST_MISTAKES whole, and how many there are."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._told: list[ImportMistake] = []

    @property
    def told(self) -> tuple[ImportMistake, ...]:
        return tuple(self._told)

    def add(self, code: str, place: Place, **facts: object) -> None:
        """Note one mistake of this file."""
        self.count += 1
        if self.count <= MOST_MISTAKES:
            self._told.append(ImportMistake(self.file, code, place.sheet, place.row, place.column, facts))
