"""Small profiles and sites for tests, written as a person would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Profile
from edge_agent.site import Site
from tests.support.ports import free_port


def profile_of(*points: dict[str, Any], **parts: Any) -> Profile:
    """A Modbus profile `test.meter` with these points; `parts` replace its other keys."""
    return Profile.model_validate(
        {
            "schema": "xietong.device-profile/1",
            "id": "test.meter",
            "vendor": "Test",
            "models": ["T1"],
            "carrier": "electricity",
            "role": "meter",
            "provenance": [{"source": "test", "checked": "manual", "confidence": "A"}],
            "points": list(points),
            **parts,
        }
    )


def register(name: str = "Value", address: int = 0, coding: str = "uint16", **parts: Any) -> dict[str, Any]:
    """A point in a holding register."""
    return {"name": name, "table": "holding", "address": address, "type": coding, **parts}


def site_of(buses: list[dict[str, Any]], devices: list[dict[str, Any]], **parts: Any) -> Site:
    """A site with these buses and devices; the profile of a device is `test.meter` unless given."""
    return Site.model_validate(
        {
            "schema": "xietong.site/1",
            "group": "test-compound",
            "node": "edge-1",
            "data_dir": "data",
            "buses": buses,
            "devices": [{"profile": "test.meter", **device} for device in devices],
            **parts,
        }
    )


def catalogue_of(*profiles: Profile) -> Catalogue:
    return Catalogue(profiles)


def site_content(folder: Path, profile: Profile, **parts: Any) -> dict[str, Any]:
    """What the site file in `folder` says; the profile is written into the folder beside it."""
    (folder / "profiles").mkdir()
    text = profile.model_dump_json(by_alias=True, exclude_defaults=True)
    (folder / "profiles" / "test_meter.yaml").write_text(text, encoding="utf-8")
    return {
        "schema": "xietong.site/1",
        "group": "test",
        "node": "edge-1",
        "broker": {"port": free_port()},
        "data_dir": "data",
        "profiles": "profiles",
        **parts,
    }


def write_site(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file
