from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError
from foundation.settings import FrozenModel, parse_model, read_model, read_yaml


class Inner(FrozenModel):
    port: int = 1883


class Outer(FrozenModel):
    name: str
    inner: Inner = Inner()


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_becomes_a_model(tmp_path: Path) -> None:
    assert read_model(Outer, write(tmp_path, "name: 楼\ninner: {port: 1}\n")) == Outer(name="楼", inner=Inner(port=1))


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("inner: {}\n", "name", "Field required"),
        ("name: a\ninner: {port: many}\n", "inner.port", "valid integer"),
        ("name: a\ncolour: red\n", "colour", "Extra inputs"),
        ("name: a\ninner: {prt: 1}\n", "inner.prt", "Extra inputs"),
        ("- name\n", "file", "must be a mapping"),
        ("name: a\nname: b\n", "line 1", "key 'name' is written twice"),
        ("name: 'a\n", "line 2", "unexpected end"),
        ("name: !!python/object:os.system a\n", "line 1", "could not determine a constructor"),
        ("name: 2024-13-45\n", "text", "month must be in 1..12"),
        ("name: !!bool perhaps\n", "text", "perhaps"),
        ("name: " + "[" * 5_000, "text", "recursion"),
    ],
    ids=[
        "missing",
        "wrong type",
        "unknown",
        "unknown inside",
        "list",
        "key twice",
        "open quote",
        "unsafe tag",
        "no date",
        "no truth value",
        "too deep",
    ],
)
def test_every_mistake_names_file_key_and_reason(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_model(Outer, path)
    assert (caught.value.file, caught.value.key) == (str(path), key)
    assert reason in caught.value.reason


def test_a_wrong_value_is_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"given: 'many'"):
        read_model(Outer, write(tmp_path, "name: a\ninner: {port: many}\n"))


def test_a_missing_file_and_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: file"):
        read_yaml(tmp_path / "gone.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(ConfigError, match=r"bytes\.yaml: file"):
        read_yaml(tmp_path / "bytes.yaml")


def test_the_environment_replaces_single_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_INNER__PORT", "42")
    monkeypatch.setenv("APPLE_NAME", "not ours")
    path = write(tmp_path, "name: a\n")
    assert read_model(Outer, path, env_prefix="APP").inner.port == 42
    assert read_model(Outer, path).inner.port == 1883


def test_an_unknown_key_in_the_environment_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_COLOUR", "red")
    with pytest.raises(ConfigError, match="colour"):
        read_model(Outer, write(tmp_path, "name: a\n"), env_prefix="APP")


def test_loaded_content_is_checked_the_same_way() -> None:
    with pytest.raises(ConfigError, match=r"the form: inner\.port"):
        parse_model(Outer, {"name": "a", "inner": {"port": []}}, "the form")


def test_a_model_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Inner().port = 2  # type: ignore[misc]
