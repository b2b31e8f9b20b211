"""A leak: the same for the logger's past and the running meters, plain to see at night, and never a jump."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

from device_profiles.catalogue import load_catalogue
from foundation.clock import to_ms
from foundation.errors import ConfigError
from simulators.calendar import SHANGHAI
from simulators.compound import load_compound
from simulators.history import write_history
from simulators.leak import Leak
from simulators.leak_plan import current_leaks, planned_leaks
from simulators.past import PastOptions, write_past
from simulators.plant import Plant
from simulators.replay import HOUR_MS
from simulators.run import Simulation, SimulatorOptions
from simulators.scenario import load_scenario
from simulators.scenario_runner import GroundTruth
from tests.support.manual_clock import ManualClock

COMPOUND, CATALOGUE = load_compound(), load_catalogue()
DEMO = load_scenario("demo", COMPOUND)
UNTIL = datetime(2026, 11, 23, 12, 7, 30, tzinfo=UTC)
NOW_MS = to_ms(UNTIL)
DAY_MS = 24 * HOUR_MS


def _plant(at_ms: int = NOW_MS, leaks: list[Leak] | None = None) -> Plant:
    return Plant(COMPOUND, CATALOGUE, at_ms, leaks=planned_leaks(DEMO, at_ms) if leaks is None else leaks)


def _volume(plant: Plant, device: str, at_ms: int) -> float:
    return float(plant.model(device).values(at_ms)["Volume/Positive"])


def test_the_demonstration_plants_one_leak_that_began_at_midnight_five_days_ago() -> None:
    (leak,) = planned_leaks(DEMO, NOW_MS)
    assert (leak.building, leak.litres_per_h) == ("building-b", 220)
    assert leak.since_ms == to_ms(datetime(2026, 11, 18, tzinfo=SHANGHAI))


def test_the_night_flow_is_high_in_five_nights_and_only_there() -> None:
    plant = _plant()
    shares = {device: _night_shares(plant, device) for device in ("a-water", "b-water", "c-water", "site-water")}
    assert all(share > 0.15 for share in shares["b-water"][-5:])
    assert max(shares["b-water"][:-5]) < 0.03
    assert max(shares["a-water"]) < 0.03
    assert max(shares["c-water"]) < 0.03
    # It runs through the main meter of the compound, too.
    assert all(share > 0.08 for share in shares["site-water"][-5:])


def _night_shares(plant: Plant, device: str) -> list[float]:
    """Smallest flow of 02-04 divided by the mean of the day, for four weeks up to the last whole day."""
    today = datetime(2026, 11, 23, tzinfo=SHANGHAI)
    shares = []
    for back in range(28, 0, -1):
        start = to_ms(today - timedelta(days=back))
        flows = np.diff(plant.water(COMPOUND.device(device)).integrals(start + np.arange(97) * HOUR_MS // 4)) * 4
        shares.append(float(flows[8:16].min() / flows.mean()))
    return shares


def test_registers_with_a_leak_grow_by_what_is_used_and_what_is_lost() -> None:
    sound, leaking = _plant(leaks=[]), _plant()
    lost = 220 * (NOW_MS - planned_leaks(DEMO, NOW_MS)[0].since_ms) / HOUR_MS
    for device in ("b-water", "site-water"):
        assert _volume(leaking, device, NOW_MS) - _volume(sound, device, NOW_MS) == pytest.approx(lost)
    assert _volume(leaking, "a-water", NOW_MS) == _volume(sound, "a-water", NOW_MS)


def test_the_running_meters_go_on_where_the_loggers_file_ends_even_over_midnight(tmp_path: Path) -> None:
    """The simulators start just before midnight and the past is written just after: one of them has to give way."""
    started = datetime(2026, 11, 23, 15, 59, 58, tzinfo=UTC)
    state = tmp_path / "state.json"
    clock = ManualClock(now_ms=to_ms(started))
    live = Simulation(SimulatorOptions(scenario="demo", state_file=state, start_file=tmp_path / "go"), clock)
    live._save()
    history = tmp_path / "h.csv"
    write_past(PastOptions(None, "demo", state, history=history, weeks=1, until=None))
    until = started + timedelta(minutes=16)
    leaks = current_leaks(DEMO, to_ms(until), state)
    write_history(COMPOUND, history, weeks=0.2, until=until, catalogue=CATALOGUE, leaks=leaks)
    rows = [row for row in csv.reader(history.read_text().splitlines()[1:]) if row[0] == "b-water"]
    values = [Decimal(row[3]) for row in rows]
    assert values == sorted(values)
    assert rows[-1][1] == "2026-11-23T16:15:00Z"
    served = _volume(live.plant, "b-water", to_ms(started + timedelta(minutes=15, seconds=2)))
    assert float(values[-1]) * 1000 == pytest.approx(served, abs=1)
    assert planned_leaks(DEMO, to_ms(until))[0].since_ms != leaks[0].since_ms


def test_a_restart_days_later_keeps_the_beginning_of_the_leak() -> None:
    first = _plant()
    kept = json.loads(json.dumps(first.state(NOW_MS)))
    later = _plant(NOW_MS + 3 * DAY_MS)
    later.restore(kept)
    at_ms = NOW_MS + 4 * DAY_MS
    assert _volume(later, "b-water", at_ms) == _volume(first, "b-water", at_ms)
    assert later.leaks == first.leaks


@pytest.mark.parametrize("has_key", [True, False])
def test_a_leak_that_the_earlier_run_did_not_have_begins_now(has_key: bool) -> None:
    sound, later_ms = _plant(leaks=[]), NOW_MS + DAY_MS
    kept = sound.state(NOW_MS)
    if not has_key:
        del kept["leaks"]
    leaking = _plant(later_ms)
    leaking.restore(kept)
    assert _volume(leaking, "b-water", later_ms) == _volume(sound, "b-water", later_ms)
    assert float(leaking.model("b-water").values(later_ms + HOUR_MS)["Flow"]) > 220


def test_a_leak_goes_on_in_a_scenario_that_has_none() -> None:
    leaking = _plant()
    sound = _plant(NOW_MS + DAY_MS, leaks=[])
    sound.restore(leaking.state(NOW_MS))
    assert _volume(sound, "b-water", NOW_MS + 2 * DAY_MS) == _volume(leaking, "b-water", NOW_MS + 2 * DAY_MS)


def test_a_state_file_of_something_else_is_named(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert current_leaks(DEMO, NOW_MS, state) == planned_leaks(DEMO, NOW_MS)
    state.write_text("[1]")
    with pytest.raises(ConfigError, match="not a state"):
        current_leaks(DEMO, NOW_MS, state)


def test_the_past_is_written_as_history_and_as_records(tmp_path: Path) -> None:
    options = PastOptions(scenario="demo", history=tmp_path / "h.csv", weeks=0.1, records=tmp_path / "books")
    written = write_past(options)
    assert written["readings"] > 0
    assert written["records"]["energy_bill.xlsx"] == 84
    facts = [json.loads(line) for line in (tmp_path / "books" / "truth.jsonl").read_text("utf-8").splitlines()]
    (leak,) = [fact for fact in facts if fact["rule"] == "E06"]
    assert (leak["subject"], leak["rows"], leak["litres_per_h"]) == ("building:building-b", [], 220)
    given = write_past(PastOptions(records=tmp_path / "old", until=datetime(2026, 3, 5)))  # noqa: DTZ001
    assert "readings" not in given
    hand = (tmp_path / "old" / "hand_reading.csv").read_text("utf-8-sig").splitlines()
    assert hand[-1].split(",")[3] == date(2026, 2, 28).isoformat()


def test_what_leaks_is_written_down_at_the_start(tmp_path: Path) -> None:
    truth = GroundTruth(tmp_path / "truth.jsonl")
    truth.write_leaks(NOW_MS, _plant().leaks)
    (fact,) = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()]
    assert fact["cause"] == "water_leak"
    assert (fact["building"], fact["litres_per_h"]) == ("building-b", 220)
    assert NOW_MS - fact["since_ms"] > 5 * DAY_MS


@pytest.mark.parametrize(
    ("leaks", "key"),
    [
        ([{"building": "attic", "litres_per_h": 5, "nights": 2}], "leaks.0.building"),
        ([{"building": "building-a", "litres_per_h": 5, "nights": 2}] * 2, "leaks.1.building"),
        ([{"building": "building-a", "litres_per_h": 0, "nights": 2}], "leaks.0.litres_per_h"),
        ([{"building": "building-a", "litres_per_h": 5}], "leaks.0.nights"),
    ],
)
def test_a_leak_that_cannot_be_is_named(tmp_path: Path, leaks: list[dict[str, object]], key: str) -> None:
    file = tmp_path / "trial.yaml"
    name = {"zh-CN": "试", "en": "trial"}
    file.write_text(yaml.safe_dump({"schema": "xietong.scenario/1", "name": name, "leaks": leaks}), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_scenario(file, COMPOUND)
    assert caught.value.key == key
