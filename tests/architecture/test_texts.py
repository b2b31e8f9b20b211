"""Every sentence that the code asks for exists in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foundation.texts import load_texts
from tests.support.tree import PACKAGES, ROOT, python_files

ASKING = {"t", "texts", "text"}


def test_every_text_asked_for_is_in_the_catalogue() -> None:
    texts = load_texts()
    unknown = [f"{where}: {key}" for where, key in _asked() if key not in texts]
    assert not unknown


def test_texts_are_not_left_in_the_wrong_language() -> None:
    texts = load_texts()
    same = [key for key in texts.keys() if _has_han(texts(key, "en"))]  # noqa: SIM118 (Texts is no mapping)
    assert not same


def _asked() -> Iterator[tuple[str, str]]:
    """Literal keys in calls such as `texts("console.title", ...)` or `self.t("console.title")`."""
    for path in [*python_files(*PACKAGES), ROOT / "xietong.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _callee(node) in ASKING and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", first.value


def _callee(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _has_han(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
