"""The generated boards are what the code says, and keep the habits of the house."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest
import yaml

from dashboards.build import BOARDS, GENERATED, board_texts
from dashboards.panels import WIDTH
from foundation.texts import LANGUAGES
from tests.support.tree import ROOT

TEXTS = {name.as_posix(): text for name, text in board_texts()}
PROVISIONING = ROOT / "dashboards" / "provisioning"


def test_what_is_committed_is_what_the_code_makes() -> None:
    committed = {
        path.relative_to(GENERATED).as_posix(): path.read_text(encoding="utf-8") for path in GENERATED.rglob("*.json")
    }
    assert committed == TEXTS, "run `python -m dashboards.build`"


def test_every_board_is_there_in_every_language_under_its_own_uid() -> None:
    uids = [json.loads(text)["uid"] for text in TEXTS.values()]
    assert len(set(uids)) == len(uids) == len(BOARDS) * len(LANGUAGES)


@pytest.mark.parametrize("name", TEXTS)
def test_every_panel_says_what_it_shows_in_which_unit_from_where(name: str) -> None:
    for panel in json.loads(TEXTS[name])["panels"]:
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert {panel["datasource"]["uid"]} == {one["datasource"]["uid"] for one in panel["targets"]} or panel[
            "targets"
        ]


@pytest.mark.parametrize("name", TEXTS)
def test_panels_neither_overlap_nor_leave_the_grid(name: str) -> None:
    boxes = [panel["gridPos"] for panel in json.loads(TEXTS[name])["panels"]]
    assert all(box["x"] + box["w"] <= WIDTH for box in boxes)
    assert not [(one, other) for one, other in combinations(boxes, 2) if _overlap(one, other)]


def test_every_data_source_of_the_boards_is_provisioned() -> None:
    provisioned = yaml.safe_load((PROVISIONING / "datasources" / "influxdb.yaml").read_text(encoding="utf-8"))
    uids = {one["uid"] for one in provisioned["datasources"]}
    used = {
        target["datasource"]["uid"]
        for text in TEXTS.values()
        for panel in json.loads(text)["panels"]
        for target in panel["targets"]
    }
    assert used == uids


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)
