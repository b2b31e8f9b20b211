"""The department manifests and their loader."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.core.department import load_departments
from foundation.errors import ConfigError
from foundation.texts import load_texts

EIGHT = ("asset", "energy", "finance", "general", "information", "real_estate", "safety", "vehicle")


def manifest(folder: Path, name: str, events: str, more: str = "") -> None:
    text = f"id: {name}\nname: {{zh-CN: 名, en: Name}}\nowner: dispatcher\nevents: [{events}]\n{more}"
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_the_shipped_manifests_are_the_eight_departments() -> None:
    departments = load_departments()
    assert tuple(one.id for one in departments.all()) == EIGHT
    assert all(set(one.name) == {"zh-CN", "en"} for one in departments.all())


@pytest.mark.parametrize(
    ("kind", "department"),
    [
        ("energy.threshold_breach", "energy"),
        ("command.expired", "energy"),
        ("camera.review", "safety"),
        ("safety.intrusion", "safety"),
        ("vehicle.transition", "vehicle"),
        ("device.life", "information"),
        ("edge.life", "information"),
        ("information.node_lost", "information"),
        ("asset.moved", "asset"),
        ("finance.budget", "finance"),
        ("real_estate.lent", "real_estate"),
        ("general.double_booking", "general"),
        ("something.new", "information"),
    ],
)
def test_every_kind_has_one_department_that_answers(kind: str, department: str) -> None:
    assert load_departments().answering(kind) == department


def test_every_kind_with_a_sentence_belongs_to_a_claimed_family() -> None:
    departments = load_departments()
    families = tuple(family for one in departments.all() for family in one.events)
    kinds = [key.removeprefix("event.") for key in load_texts().keys() if key.startswith("event.")]  # noqa: SIM118
    assert kinds
    assert all(kind.startswith(families) for kind in kinds)


def test_the_longer_family_wins(tmp_path: Path) -> None:
    manifest(tmp_path, "one", "device.", "answers_for_the_rest: true")
    manifest(tmp_path, "two", "device.smoke.")
    departments = load_departments(tmp_path)
    assert departments.answering("device.smoke.alarm") == "two"
    assert departments.answering("device.life") == "one"


def test_a_family_claimed_twice_stops_the_start(tmp_path: Path) -> None:
    manifest(tmp_path, "one", "energy.", "answers_for_the_rest: true")
    manifest(tmp_path, "two", "vehicle., energy.")
    with pytest.raises(ConfigError, match=r"two\.yaml: events: energy\. is already claimed in one\.yaml"):
        load_departments(tmp_path)


def test_nobody_or_two_answering_for_the_rest_stops_the_start(tmp_path: Path) -> None:
    manifest(tmp_path, "one", "energy.")
    with pytest.raises(ConfigError, match="answers_for_the_rest"):
        load_departments(tmp_path)
    manifest(tmp_path, "one", "energy.", "answers_for_the_rest: true")
    manifest(tmp_path, "two", "vehicle.", "answers_for_the_rest: true")
    with pytest.raises(ConfigError, match="answers_for_the_rest"):
        load_departments(tmp_path)


@pytest.mark.parametrize(
    ("text", "key"),
    [("colour: red", "colour"), ("answers_for_the_rest: perhaps", "answers_for_the_rest")],
)
def test_a_wrong_key_is_named_with_its_file(tmp_path: Path, text: str, key: str) -> None:
    manifest(tmp_path, "one", "energy.", text)
    with pytest.raises(ConfigError, match=rf"one\.yaml: {key}"):
        load_departments(tmp_path)


def test_a_family_without_its_dot_and_a_file_of_another_name_are_refused(tmp_path: Path) -> None:
    manifest(tmp_path, "one", "energy")
    with pytest.raises(ConfigError, match="events"):
        load_departments(tmp_path)
    manifest(tmp_path, "one", "energy.", "answers_for_the_rest: true")
    (tmp_path / "one.yaml").rename(tmp_path / "other.yaml")
    with pytest.raises(ConfigError, match=r"one belongs in a file named one\.yaml"):
        load_departments(tmp_path)
