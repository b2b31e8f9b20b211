from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile_file import examine
from device_profiles.starter import LANGUAGES, ROLES, NewProfile, starter
from foundation.errors import ConfigError
from foundation.settings import parse_yaml

CARRIERS = ("electricity", "water", "gas", "heat", "cooling", "none")


@pytest.mark.parametrize("driver", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_new_file_passes_the_check_as_it_stands(driver: str, role: str, carrier: str, tmp_path: Path) -> None:
    path = tmp_path / "acme_x1.yaml"
    path.write_text(starter(NewProfile("acme.x1", "Acme", "X1", driver, role, carrier)), encoding="utf-8")
    profile, mistakes = examine(path)
    assert [str(mistake) for mistake in mistakes] == []
    assert profile is not None
    assert (profile.driver, profile.role, profile.carrier) == (driver, role, carrier)
    assert bool(profile.writable) == (role == "actuator" and driver == "modbus")


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
        lambda text: text.isprintable() and text.strip()
    )
)
def test_any_name_of_a_maker_survives(name: str) -> None:
    content = parse_yaml(starter(NewProfile("acme.x1", name, name)), "new")
    assert content["vendor"] == name
    assert content["models"] == [name]


@pytest.mark.parametrize(
    ("new", "key"),
    [
        (NewProfile("Acme X1", "Acme", "X1"), "id"),
        (NewProfile("acme", "Acme", "X1"), "id"),
        (NewProfile("acme.x1", "Acme", "X1", driver="bacnet"), "driver"),
        (NewProfile("acme.x1", "Acme", "X1", role="toaster"), "role"),
        (NewProfile("acme.x1", "Acme", "X1", carrier="steam"), "carrier"),
        (NewProfile("acme.x1", " ", "X1"), "vendor"),
        (NewProfile("acme.x1", "Acme", "X\n1"), "model"),
    ],
)
def test_what_no_profile_can_have_is_refused_by_its_key(new: NewProfile, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        starter(new)
    assert caught.value.key == key
