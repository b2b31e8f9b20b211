from __future__ import annotations

import string
from pathlib import Path

import pytest

from device_profiles.catalogue import load_catalogue
from foundation.errors import ConfigError
from foundation.texts import LANGUAGES, Texts, catalogue, load_texts


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_there_in_both_languages_with_the_same_placeholders() -> None:
    texts = load_texts()
    assert texts.keys()
    for key in texts.keys():  # noqa: SIM118 (Texts is no mapping)
        chinese, english = (texts._entries[key][language] for language in LANGUAGES)
        assert chinese.strip(), key
        assert english.strip(), key
        assert placeholders(chinese) == placeholders(english), key


def test_every_label_and_bit_of_a_profile_has_a_text() -> None:
    texts = load_texts()
    points = [point for profile in load_catalogue().all() for point in profile.all_points]
    labels = {label for point in points for label in point.labels.values()}
    bits = {bit for point in points for bit in point.bits.values()}
    keys = {f"profile.label.{label}" for label in labels} | {f"profile.bit.{bit}" for bit in bits}
    assert {key for key in keys if key not in texts} == set()


def test_values_fill_the_placeholders_of_the_language_asked() -> None:
    texts = Texts({"x.y": {"zh-CN": "{name}在线", "en": "{name} is online"}})
    assert texts("x.y", "zh-CN", name="一号楼") == "一号楼在线"
    assert texts("x.y", "en", name="Building 1") == "Building 1 is online"


def test_a_gap_is_seen_and_breaks_nothing() -> None:
    texts = Texts({"x.y": {"zh-CN": "{name}", "en": "{name}"}})
    assert texts("x.z", "en") == "x.z"
    assert texts("x.y", "en") == "?"
    assert "x.y" in texts
    assert "x.z" not in texts


def test_a_missing_value_is_seen_and_breaks_nothing_however_it_would_be_shown() -> None:
    texts = Texts({"x.y": {"zh-CN": "{share:.0%}", "en": "{share:.0%}, {span[0]} to {span[1]:g}, {of[water]:.1f}"}})
    assert texts("x.y", "en") == "?, ? to ?, ?"
    assert texts("x.y", "en", share=0.35, span=(0, 5.0), of={"water": 0.25}) == "35%, 0 to 5, 0.2"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.yaml": "k: {en: only}\n"}, "k: needs exactly the languages"),
        ({"a.yaml": 'k: {zh-CN: "{a}", en: "{b}"}\n'}, "k: the languages use different placeholders"),
        ({"a.yaml": "k: {zh-CN: 甲, en: a}\n", "b.yaml": "k: {zh-CN: 甲, en: a}\n"}, "k: already given"),
        ({"a.yaml": "k: word\n"}, "k: needs exactly the languages"),
    ],
    ids=["one language", "placeholders differ", "in two files", "no languages"],
)
def test_a_wrong_text_file_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], reason: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(catalogue, "__file__", str(tmp_path / "catalogue.py"))
    with pytest.raises(ConfigError, match=reason):
        load_texts.__wrapped__()
