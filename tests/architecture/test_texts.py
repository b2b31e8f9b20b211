"""Every sentence that the code asks for exists in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foundation.texts import load_texts
from tests.support.tree import PACKAGES, ROOT, python_files

ASKING = {"bars", "done", "note", "say", "t", "text", "texts"}
HAN_IN_ENGLISH = {"console.mark"}
"""A sign that is the same in every language."""


def test_every_text_asked_for_is_in_the_catalogue() -> None:
    texts = load_texts()
    unknown = [f"{where}: {key}" for where, key in _asked() if key not in texts]
    assert not unknown


def test_texts_of_a_family_asked_for_exist() -> None:
    """`texts(f"profile.label.{code}", ...)` needs at least one key that begins so."""
    known = load_texts().keys()
    assert not [
        f"{where}: {start}" for where, start in _asked_by_family() if not any(key.startswith(start) for key in known)
    ]


def test_texts_are_not_left_in_the_wrong_language() -> None:
    texts = load_texts()
    english = {key for key in texts.keys() if _has_han(texts(key, "en"))}  # noqa: SIM118 (Texts is no mapping)
    assert english <= HAN_IN_ENGLISH


def _asked() -> Iterator[tuple[str, str]]:
    """Literal keys in calls such as `texts("console.title", ...)` or `viewer.say("console.title")`."""
    for where, argument in _first_arguments():
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "." in argument.value:
            yield where, argument.value


def _asked_by_family() -> Iterator[tuple[str, str]]:
    for where, argument in _first_arguments():
        if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
            yield where, str(argument.values[0].value)


def _first_arguments() -> Iterator[tuple[str, ast.expr]]:
    for path in [*python_files(*PACKAGES), ROOT / "xietong.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _callee(node) in ASKING and node.args:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]


def _callee(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _has_han(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
