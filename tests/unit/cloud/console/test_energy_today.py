"""Today's consumption: what is counted once, what is left out, what is missing."""

from __future__ import annotations

from cloud.console.components.energy.energy_panel import missing_note, shares
from cloud.console.session import Viewer
from cloud.console.views.energy_today import Consumption, EnergyToday, add, feeders, water_mains
from cloud.console.views.places import Places


def test_the_meter_that_feeds_the_others_is_counted_and_they_are_not(places: Places) -> None:
    grown = {"a-lighting": Consumption(1000), "a-floor": Consumption(310), "b-lighting": Consumption(500)}
    counted = feeders(places.devices, grown)
    assert counted == {("01A", "a"): Consumption(1000), ("01A", "b"): Consumption(500)}


def test_a_meter_without_a_figure_is_absent_and_not_zero(places: Places) -> None:
    assert feeders(places.devices, {}) == {}
    assert add([]) is None


def test_site_meters_stand_for_the_water_of_the_buildings(places: Places) -> None:
    assert [device.id for device in water_mains(places.devices)] == ["site-water"]
    buildings = [device for device in places.devices if device.id != "site-water"]
    assert [device.id for device in water_mains(buildings)] == ["a-water"]


def test_missing_and_estimated_parts_are_said_in_words(viewer: Viewer) -> None:
    today = EnergyToday(0, {}, {"a": Consumption(10_000, 2_500)}, None, ("b-main",))
    note = missing_note(today, viewer)
    assert "b-main" in note
    assert "2.5 kWh" in note
    assert missing_note(EnergyToday(0, {}, {"a": Consumption(1)}, None), viewer) == ""


def test_shares_of_sub_items_show_a_dash_for_what_is_unknown(viewer: Viewer) -> None:
    today = EnergyToday(0, {("01A", "a"): Consumption(3_000), ("01B", "a"): Consumption(1_000)}, {}, None)
    rows = {name: (energy, share) for name, energy, share in shares(today, viewer)}
    assert rows["Lighting and sockets"] == ("3 kWh", "75 %")
    assert rows["Special"] == ("— kWh", "—")
