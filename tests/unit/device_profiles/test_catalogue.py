from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from device_profiles.catalogue import FOLDERS, load_catalogue, profile_files
from device_profiles.profile import WritablePoint
from foundation.errors import ConfigError

SHIPPED = {
    "acrel.adl400",
    "acrel.adl400_primary",
    "acrel.adl400n_ct",
    "acrel.adw300",
    "chint.dtsu666",
    "coolautomation.coolmasternet",
    "eastron.sdm120",
    "eastron.sdm630",
    "frigate.camera",
    "generic.cjt188_gas",
    "generic.cjt188_heat",
    "generic.cjt188_water",
    "generic.dlt645_single_phase",
    "generic.dlt645_three_phase",
    "generic.weather_json",
    "intesis.ac",
    "janitza.umg96rme",
    "jt808.terminal",
    "kmtronic.relay8",
    "onvif.camera",
    "owntracks.tracker",
    "schneider.iem3000",
    "schneider.pm5110",
    "sunspec.inverter",
    "sunspec.meter",
    "traccar.tracker",
    "tuf.tuf2000m_heat",
    "tuf.tuf2000m_water",
    "waveshare.relay8",
    "xietong.gateway",
}
WRITABLE = [(profile.id, point) for profile in load_catalogue().all() for point in profile.writable]


def test_all_shipped_profiles_load() -> None:
    assert {profile.id for profile in load_catalogue().all()} == SHIPPED


def test_a_folder_holds_profiles_of_its_role() -> None:
    catalogue = load_catalogue()
    assert {f"{profile.role}s" for profile in catalogue.all()} == set(FOLDERS)
    for path in profile_files():
        profile_id = path.stem.replace("_", ".", 1)
        assert f"{catalogue.get(profile_id).role}s" == path.parent.name


def test_unknown_profile_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_catalogue().get("acme.meter")


def test_customer_folder_adds_to_the_shipped_profiles(write_profile: Callable[..., Path]) -> None:
    folder = write_profile().parent
    assert {profile.id for profile in load_catalogue(folder).all()} == SHIPPED | {"acme.meter"}


def test_customer_folder_may_be_divided_like_ours(write_profile: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "meters").mkdir()
    write_profile(name="meters/acme_meter.yaml")
    assert load_catalogue(tmp_path).get("acme.meter").vendor == "Acme"


def test_shipped_id_cannot_be_given_again(write_profile: Callable[..., Path]) -> None:
    path = write_profile(lambda content: content.update(id="intesis.ac"), "intesis_ac.yaml")
    with pytest.raises(
        ConfigError, match=r"id: intesis\.ac is already given in .*actuators/intesis_ac\.yaml"
    ) as caught:
        load_catalogue(path.parent)
    assert caught.value.file == str(path)


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: folder"):
        load_catalogue(tmp_path / "nowhere")


def test_file_ending_in_yml_is_not_left_out_in_silence(write_profile: Callable[..., Path]) -> None:
    path = write_profile(name="acme_meter.yml")
    with pytest.raises(ConfigError, match=r"acme_meter\.yml: file: profile files end in \.yaml"):
        load_catalogue(path.parent)


@pytest.mark.parametrize(("profile_id", "point"), WRITABLE, ids=[f"{one}:{point.name}" for one, point in WRITABLE])
def test_every_writable_point_is_limited_and_read_back(profile_id: str, point: WritablePoint) -> None:
    assert point.limits[0] < point.limits[1]
    assert point.step is not None
    assert point.min_interval_s > 0
    assert point.verify.after_ms > 0
    assert point.range is not None or point.type == "bool"


def test_the_air_conditioner_takes_only_set_points_from_18_to_30() -> None:
    point = load_catalogue().get("intesis.ac").writable_point("Setpoint/Temperature")
    assert point is not None
    assert point.limits == (Decimal(18), Decimal(30))
    assert (point.step, point.safe_value) == (Decimal(1), Decimal(26))
    assert point.verify.after_ms == 1500


def test_powers_are_asked_often_and_energies_seldom() -> None:
    for profile in load_catalogue().all():
        for point in profile.points:
            # CJ/T 188 meters run on a battery that every question wears.
            if point.display_unit.quantity == "power" and profile.driver != "cjt188":
                assert point.poll == "fast", point.name
            if point.display_unit.quantity == "energy":
                assert (point.poll, point.kind) == ("slow", "counter"), point.name


def test_sub_items_are_the_codes_of_the_guideline() -> None:
    known = {"01", "01A", "01B", "01C", "01D", "02", "03", "04"}
    for profile in load_catalogue().all():
        assert set(profile.submeter.allowed) <= known
        assert bool(profile.submeter.allowed) == (profile.carrier != "none")
