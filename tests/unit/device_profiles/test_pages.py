"""What is generated from the profiles and kept in the project is what the profiles say now."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles.catalogue import load_catalogue
from device_profiles.pages import devices_page
from device_profiles.schema import schema_text
from foundation.texts import LANGUAGES, Language
from tests.support.tree import ROOT

CATALOGUE = load_catalogue()
PAGES: dict[Language, Path] = {"en": ROOT / "docs/devices.md", "zh-CN": ROOT / "docs/devices.zh-CN.md"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_devices_is_current(language: Language) -> None:
    is_current = PAGES[language].read_text(encoding="utf-8") == devices_page(CATALOGUE, language)
    assert is_current, "run `xietong profile doc`"


def test_the_schema_for_editors_is_current() -> None:
    is_current = (ROOT / "device_profiles/profile.schema.json").read_text(encoding="utf-8") == schema_text()
    assert is_current, "run `xietong profile schema > device_profiles/profile.schema.json`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_profile_and_point_is_on_the_page_and_no_text_is_missing(language: Language) -> None:
    page = devices_page(CATALOGUE, language)
    for profile in CATALOGUE.all():
        assert f"### {profile.id}\n" in page
        assert all(f"| `{point.name}` |" in page for point in profile.all_points)
    assert "devices." not in page.replace("docs/devices.", "")


def test_limits_and_safe_values_of_written_points_are_told() -> None:
    page = devices_page(CATALOGUE, "en")
    assert "| `Setpoint/Temperature` | 18..30 | 1 | 60/h, ≥ 10 s | 1500 ms, ± 0.1 | 26 |" in page
    assert "100 (the device reverts after 3600 s)" in page
