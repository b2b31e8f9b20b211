"""Settings made at commissioning: kept in a file of their own, over the site file, proved like it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.site import open_site
from edge_agent.site_commissioned import FILE, ORDERS_KEPT, Commissioned, keep_commissioned, read_commissioned
from foundation.errors import ConfigError

SETTINGS = {
    "params.ct": "60",
    "sub_item": "01B",
    "building": "canteen",
    "department": "energy",
    "name.zh-CN": "食堂总表",
    "name.en": "Canteen main",
}


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    content = {
        "schema": "xietong.site/1",
        "group": "county",
        "node": "edge-1",
        "data_dir": "data",
        "buses": [{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1"}],
        "devices": [
            {
                "id": "main",
                "profile": "acrel.adl400",
                "bus": "line",
                "unit": 1,
                "params": {"pt": 10},
                "name": {"en": "M"},
            },
            {"id": "other", "profile": "acrel.adl400", "bus": "line", "unit": 2},
        ],
    }
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def test_settings_stand_over_the_site_file_and_leave_the_rest(site_file: Path) -> None:
    keep_commissioned(site_file.parent / "data", Commissioned().with_order("c-1", "main", SETTINGS))
    site, _ = open_site(site_file)
    main, other = site.devices
    assert main.params == {"pt": 10, "ct": 60}
    assert (main.sub_item, main.building, main.department) == ("01B", "canteen", "energy")
    assert main.name == {"zh-CN": "食堂总表", "en": "Canteen main"}
    assert (other.params, other.sub_item, other.name) == ({}, None, {})


def test_a_later_order_changes_only_what_it_names() -> None:
    twice = Commissioned().with_order("c-1", "main", SETTINGS).with_order("c-2", "main", {"params.ct": "80"})
    assert twice.devices["main"].params == {"ct": Decimal(80)}
    assert twice.devices["main"].building == "canteen"
    assert twice.orders == ("c-1", "c-2")
    assert twice.keys() == {"main": sorted(SETTINGS)}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"params.ct": "many"}, "params.ct"),
        ({"params": "60"}, "params"),
        ({"unit": "3"}, "unit"),
        ({"building": "No Such Form"}, "building"),
        ({"name.fr": "Compteur"}, "name.fr"),
    ],
)
def test_a_setting_that_cannot_be_names_its_key(settings: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Commissioned().with_order("c-1", "main", settings)
    assert refused.value.key.startswith(key)


@pytest.mark.parametrize("settings", [{"params.ct": "0"}, {"params.xx": "1"}, {"sub_item": "99"}])
def test_a_setting_that_the_profile_refuses_is_refused_with_the_site(site_file: Path, settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        open_site(site_file, commissioned=Commissioned().with_order("c-1", "main", settings))


def test_a_device_that_left_the_site_does_no_harm(site_file: Path) -> None:
    keep_commissioned(site_file.parent / "data", Commissioned().with_order("c-1", "gone", {"params.ct": "60"}))
    assert [device.id for device in open_site(site_file)[0].devices] == ["main", "other"]


def test_a_damaged_file_is_told_by_its_name(site_file: Path) -> None:
    (site_file.parent / "data").mkdir()
    (site_file.parent / "data" / FILE).write_text("devices: [", encoding="utf-8")
    with pytest.raises(ConfigError, match=FILE):
        open_site(site_file)


@given(st.lists(st.sampled_from(sorted(SETTINGS.items())), max_size=2 * ORDERS_KEPT))
def test_what_is_kept_is_read_again(tmp_path_factory: pytest.TempPathFactory, orders: list[tuple[str, str]]) -> None:
    made = Commissioned()
    for number, (key, text) in enumerate(orders):
        made = made.with_order(f"c-{number}", "main", {key: text})
    folder = tmp_path_factory.mktemp("kept")
    keep_commissioned(folder, made)
    assert read_commissioned(folder) == made
    assert len(made.orders) <= ORDERS_KEPT
