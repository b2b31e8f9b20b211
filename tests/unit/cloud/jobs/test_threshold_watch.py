"""The live watch: from readings in the store to commands in the ledger, over restarts and changes."""

from __future__ import annotations

import dataclasses

import pytest

from cloud.core.command_record import CommandState
from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import Breach, BreachState
from cloud.jobs.threshold_watch import SETTLE_MS, ThresholdWatch
from gateway.messages import CommandReceipt, Outcome
from tests.support.thinking import GROUP, ThinkingSide, device, gauge, peak_limit

MAIN = SeriesKey(GROUP, "a-main", "Power/Active/Total")


class Rig(ThinkingSide):
    """The watch on one main meter, a second at a time."""

    def start(self) -> None:
        self.registry.known = {
            (GROUP, one.device): one
            for one in (
                device("a-main", "meter", gauge("Power/Active/Total", "W")),
                device("a-ac-1", "actuator", gauge("Setpoint/Temperature", "°C", writable=True)),
            )
        }
        self.restart()

    def restart(self) -> None:
        self.job = ThresholdWatch(self.tools)

    def seconds(self, count: int, power_w: float | None = None) -> None:
        """Live time: a reading every fifth second (None: the edge is silent), and a round of the job each second."""
        for _ in range(count):
            self.clock.advance(1)
            now_ms = self.clock.now_ms()
            if power_w is not None and now_ms % 5_000 == 0:
                self.store.put(MAIN, Sample(now_ms, power_w))
            self.job.run()

    def verify_all(self) -> None:
        """The edge carries out everything that is approved."""
        for request in self.ledger.in_state(CommandState.APPROVED):
            outcome = Outcome.RELINQUISHED if request.value is None else Outcome.VERIFIED
            self.ledger.close(
                CommandReceipt(
                    f"r-{request.command_id}",
                    request.command_id,
                    request.device,
                    request.point,
                    outcome,
                    "",
                    request.value,
                    self.clock.now_ms(),
                ),
                group=request.group,
                node=request.node,
            )

    @property
    def breaches(self) -> list[Breach]:
        return self.thresholds.breaches()


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.thresholds.save(peak_limit())
    made.start()
    return made


def test_a_load_above_the_limit_leads_to_breach_event_and_command_within_seconds(rig: Rig) -> None:
    rig.seconds(60, 80_000)
    assert (rig.breaches, rig.log.events, rig.ledger.records) == ([], [], {})
    rig.seconds(30, 150_000)
    [breach] = rig.breaches
    assert breach.state is BreachState.OPEN
    assert not breach.is_late
    assert rig.log.kinds() == ["energy.threshold_breach"]
    assert rig.log.events[0].data["limit_shown"] == "100.0 kW"
    [request] = rig.ledger.in_state(CommandState.APPROVED)
    assert (request.device, request.value, request.breach_id) == ("a-ac-1", 26.0, breach.breach_id)
    assert breach.command_ids == (request.command_id,)
    assert rig.woken == 1


def test_when_the_load_falls_the_breach_closes_and_the_command_is_given_back(rig: Rig) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    rig.seconds(60, 50_000)
    [breach] = rig.breaches
    assert breach.state is BreachState.CLOSED
    assert breach.peak == 150_000
    assert rig.log.kinds() == ["energy.threshold_breach", "energy.threshold_cleared"]
    [request] = rig.ledger.in_state(CommandState.APPROVED)
    assert (request.value, request.reason) == (None, "breach_cleared")
    assert rig.woken == 2


def test_a_breach_that_lasts_commands_once_per_lease(rig: Rig) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    rig.seconds(500, 150_000)
    assert len(rig.ledger.records) == 1
    rig.seconds(120, 150_000)
    assert len(rig.ledger.records) == 2
    assert len(rig.breaches) == 1


@pytest.mark.parametrize("after_s", [1, 30, 90])
def test_a_restart_during_a_breach_changes_nothing(rig: Rig, after_s: int) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    rig.clock.advance(after_s)
    rig.restart()
    rig.seconds(30, 150_000)
    assert len(rig.breaches) == len(rig.ledger.records) == 1
    assert rig.log.kinds() == ["energy.threshold_breach"]
    rig.seconds(60, 50_000)
    assert [one.state for one in rig.breaches] == [BreachState.CLOSED]
    assert rig.log.kinds() == ["energy.threshold_breach", "energy.threshold_cleared"]


def test_a_crash_right_after_the_breach_was_saved_loses_neither_event_nor_command(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(rig.log, "append", _fail)
        with pytest.raises(OSError, match="disk"):
            rig.seconds(60, 150_000)
    assert len(rig.breaches) == 1
    rig.restart()
    rig.seconds(5, 150_000)
    assert rig.log.kinds() == ["energy.threshold_breach"]
    assert len(rig.ledger.records) == 1


def test_a_crash_between_the_hand_back_and_the_book_hands_back_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    with monkeypatch.context() as patch:
        patch.setattr(rig.thresholds, "save_breach", _fail)
        with pytest.raises(OSError, match="disk"):
            rig.seconds(60, 50_000)
    rig.restart()
    rig.seconds(60, 50_000)
    assert len(rig.ledger.in_state(CommandState.APPROVED)) == 1
    assert rig.log.kinds() == ["energy.threshold_breach", "energy.threshold_cleared"]
    assert [one.state for one in rig.breaches] == [BreachState.CLOSED]


def test_one_failed_round_does_not_double_or_lose_a_live_breach(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(rig.log, "append", _fail)
        with pytest.raises(OSError, match="disk"):
            rig.seconds(60, 150_000)
    rig.seconds(10, 150_000)
    assert rig.log.kinds() == ["energy.threshold_breach"]
    assert len(rig.breaches) == len(rig.ledger.records) == 1


def test_readings_of_an_outage_that_arrive_later_open_nothing_here(rig: Rig) -> None:
    rig.seconds(60, 50_000)
    rig.seconds(1800)
    now_ms = rig.clock.now_ms()
    rig.store.put(MAIN, *[Sample(at_ms, 150_000.0) for at_ms in range(now_ms - 1_700_000, now_ms - 100_000, 5_000)])
    rig.store.put(MAIN, Sample(now_ms, 50_000.0))
    rig.seconds(60, 50_000)
    assert (rig.breaches, rig.ledger.records) == ([], {})


def test_what_was_held_before_an_outage_commands_nothing_after_it(rig: Rig) -> None:
    rig.seconds(10, 150_000)
    for name in ("a-main", "a-ac-1"):
        rig.registry.set_online(GROUP, name, is_online=False, at_ms=rig.clock.now_ms())
    rig.seconds(60)
    for name in ("a-main", "a-ac-1"):
        rig.registry.set_online(GROUP, name, is_online=True, at_ms=rig.clock.now_ms())
    rig.seconds(60, 50_000)
    assert (rig.breaches, rig.ledger.records) == ([], {})


def test_a_step_that_the_dead_band_told_only_once_is_judged_even_when_it_was_seen_late(rig: Rig) -> None:
    rig.seconds(60, 50_000)
    rig.store.put(MAIN, Sample(rig.clock.now_ms() + 1_000, 150_000.0))
    rig.clock.advance(45)
    rig.seconds(10)
    assert len(rig.breaches) == 1


def test_silence_leaves_a_breach_open_and_commands_nothing_new(rig: Rig) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    rig.seconds(3_600)
    assert [one.state for one in rig.breaches] == [BreachState.OPEN]
    assert len(rig.ledger.records) == 1


def test_an_offline_actuator_is_commanded_when_it_is_back(rig: Rig) -> None:
    rig.registry.set_online(GROUP, "a-ac-1", is_online=False)
    rig.seconds(60, 150_000)
    assert rig.ledger.records == {}
    rig.registry.set_online(GROUP, "a-ac-1", is_online=True)
    rig.seconds(2, 150_000)
    assert len(rig.ledger.records) == 1


@pytest.mark.parametrize("how", ["removed", "disabled", "moved"])
def test_a_threshold_that_is_taken_away_closes_its_breach_and_gives_back(rig: Rig, how: str) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    if how == "removed":
        rig.thresholds.remove("demo-county-office", "peak")
    else:
        rig.thresholds.save(peak_limit(enabled=False) if how == "disabled" else peak_limit(device="b-main"))
    rig.seconds(2, 150_000)
    assert [one.state for one in rig.breaches] == [BreachState.CLOSED]
    assert len(rig.ledger.in_state(CommandState.APPROVED)) == 1


def test_a_threshold_removed_while_the_job_was_down_leaves_nothing_held(rig: Rig) -> None:
    rig.seconds(60, 150_000)
    rig.verify_all()
    rig.thresholds.remove("demo-county-office", "peak")
    rig.restart()
    rig.seconds(1, 150_000)
    assert [one.state for one in rig.breaches] == [BreachState.CLOSED]
    assert [one.value for one in rig.ledger.in_state(CommandState.APPROVED)] == [None]


def test_a_moved_limit_holds_from_the_next_round(rig: Rig) -> None:
    rig.seconds(60, 80_000)
    rig.thresholds.save(peak_limit(limit=60_000.0))
    rig.seconds(12, 80_000)
    [breach] = rig.breaches
    assert breach.limit == 60_000
    rig.thresholds.save(peak_limit(limit=200_000.0))
    rig.seconds(2, 80_000)
    assert [one.state for one in rig.breaches] == [BreachState.CLOSED]


def test_the_peak_of_an_open_breach_is_kept_over_a_restart(rig: Rig) -> None:
    rig.seconds(60, 150_000)
    rig.seconds(60, 180_000)
    assert rig.breaches[0].peak > 170_000
    rig.restart()
    rig.seconds(90, 50_000)
    assert rig.breaches[0].peak > 170_000


def test_each_round_reads_little(rig: Rig) -> None:
    rig.seconds(400, 80_000)
    before = rig.store.read
    rig.seconds(10, 80_000)
    assert rig.store.read - before <= 10 * (60 + SETTLE_MS // 1000 + 5) / 5 + 10


def test_a_machine_that_slept_does_not_command_for_the_past(rig: Rig) -> None:
    rig.seconds(60, 50_000)
    start_ms = rig.clock.now_ms()
    rig.clock.advance(1_800)
    rig.store.put(MAIN, *[Sample(at_ms, 150_000.0) for at_ms in range(start_ms, start_ms + 1_700_000, 5_000)])
    rig.store.put(MAIN, Sample(start_ms + 1_700_000, 50_000.0))
    rig.seconds(20, 50_000)
    assert (rig.breaches, rig.ledger.records) == ([], {})


def test_a_threshold_of_another_device_is_not_disturbed(rig: Rig) -> None:
    other = dataclasses.replace(peak_limit(threshold_id="other"), device="b-main")
    rig.thresholds.save(other)
    rig.seconds(60, 150_000)
    assert [one.threshold_id for one in rig.breaches] == ["peak"]


def _fail(*_: object) -> None:
    raise OSError("disk")
