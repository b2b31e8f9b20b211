"""A pretend ONVIF camera over real sockets: subscription, lapse, renewal, reboot, wrong password, hang, bad replies."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition.poller import Poller
from edge_agent.drivers.onvif import camera as following
from edge_agent.drivers.onvif import client
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.rng import SystemRng
from simulators.onvif_camera import LINE, MOTION, STORAGE, TAMPER, OnvifCamera
from simulators.onvif_messages import Told
from tests.support.polled import polled
from tests.support.profiles import site_of
from tests.support.recording_intake import RecordingIntake

PASSWORD = "h4 <&> 长"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a test."""
    monkeypatch.setattr(following, "WAIT_S", 0.02)
    monkeypatch.setattr(following, "SHORTEST_PULL_S", 0.0)
    monkeypatch.setattr(following, "PULL_S", 2)
    monkeypatch.setattr(following, "FAREWELL_S", 0.2)
    monkeypatch.setattr(client, "ANSWER_WITHIN_S", 1.0)


@pytest.fixture
async def camera() -> AsyncIterator[OnvifCamera]:
    made = OnvifCamera("edge", PASSWORD)
    await made.start()
    yield made
    await made.stop()


@contextlib.asynccontextmanager
async def watching(camera: OnvifCamera, folder: Path, password: str = PASSWORD) -> AsyncIterator[RecordingIntake]:
    """The edge, as a site file puts it together."""
    file = folder / "cameras.password"
    file.write_text(password, encoding="utf-8")
    file.chmod(0o600)
    bus = {"id": "cameras", "kind": "onvif", "username": "edge", "password_file": str(file)}
    device = {"id": "cam-gate", "profile": "onvif.camera", "bus": "cameras", "address": f"127.0.0.1:{camera.port}"}
    async with polled(site_of([bus], [device]), load_catalogue()) as (_, intake):
        yield intake


async def found(intake: RecordingIntake, times: int = 1) -> None:
    await intake.until(lambda: intake.life.count(("cam-gate", "found")) == times)


async def test_what_begins_is_told_once(camera: OnvifCamera, tmp_path: Path) -> None:
    async with watching(camera, tmp_path) as intake:
        await found(intake)
        for topic, name in ((MOTION, "IsMotion"), (TAMPER, "State"), (STORAGE, "Failed")):
            camera.set_property(topic, name, is_on=True)
            camera.set_property(topic, name, is_on=True)
        camera.cross_line()
        await intake.until(lambda: len(intake.events) == 4)
        assert {event.kind: dict(event.data) for event in intake.events} == {
            "camera.motion": {"camera": "cam-gate", "source": "video_1"},
            "camera.tamper": {"camera": "cam-gate", "source": "video_1", "active": True},
            "camera.storage_failure": {"camera": "cam-gate", "source": "video_1", "active": True},
            "camera.review": {"camera": "cam-gate", "severity": "alert", "zones": ["line-1"], "objects": []},
        }
        assert {reading.value for reading in intake.values("cam-gate", "Camera/Online")} == {1}
    assert camera.requests["Unsubscribe"] == 1, "a camera has few pull points: it is given back"
    assert camera.subscriptions == 0


async def test_how_things_stand_at_the_beginning_is_no_event(camera: OnvifCamera, tmp_path: Path) -> None:
    camera.set_property(TAMPER, "State", is_on=True)
    async with watching(camera, tmp_path) as intake:
        await intake.until(lambda: camera.requests.get("PullMessages", 0) >= 2)
        camera.set_property(TAMPER, "State", is_on=True)
        camera.cross_line()
        await intake.until(lambda: len(intake.events) == 1)
        camera.set_property(TAMPER, "State", is_on=False)
        camera.set_property(TAMPER, "State", is_on=True)
        await intake.until(lambda: len(intake.events) == 3)
    assert [event.data.get("active") for event in intake.events] == [None, False, True]


async def test_a_lapsed_subscription_is_begun_anew_and_nobody_is_lost(camera: OnvifCamera, tmp_path: Path) -> None:
    async with watching(camera, tmp_path) as intake:
        await found(intake)
        camera.lapse()
        await intake.until(lambda: camera.requests.get("CreatePullPointSubscription", 0) == 2)
        camera.cross_line()
        await intake.until(lambda: len(intake.events) == 1)
    assert intake.life == [("cam-gate", "found")]


async def test_a_subscription_is_renewed_before_it_ends(
    camera: OnvifCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LIFETIME_S", 2)
    monkeypatch.setattr(following, "PULL_S", 1)
    async with watching(camera, tmp_path) as intake:
        await intake.until(lambda: camera.requests.get("Renew", 0) >= 2)
        assert camera.requests["CreatePullPointSubscription"] == 1
        assert camera.subscriptions == 1
    assert intake.life == [("cam-gate", "found")]


async def test_a_camera_that_cannot_renew_is_subscribed_to_again(
    camera: OnvifCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LIFETIME_S", 1)
    monkeypatch.setattr(following, "PULL_S", 1)
    camera.behaviour.renews = False
    async with watching(camera, tmp_path) as intake:
        await intake.until(lambda: camera.requests.get("CreatePullPointSubscription", 0) == 2)
    assert intake.life == [("cam-gate", "found")]


async def test_a_reboot_is_a_loss_and_the_camera_is_found_again(camera: OnvifCamera, tmp_path: Path) -> None:
    async with watching(camera, tmp_path) as intake:
        await found(intake)
        await camera.stop()
        await intake.until(lambda: ("cam-gate", "link") in intake.life)
        await camera.start()
        await found(intake, 2)
        camera.cross_line()
        await intake.until(lambda: len(intake.events) == 1)
    assert [reading.value for reading in intake.values("cam-gate", "Camera/Online")].count(0) == 1


async def test_a_wrong_password_is_told_and_not_tried_again_soon(
    camera: OnvifCamera, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with watching(camera, tmp_path, "wrong-word") as intake:
            await intake.until(lambda: ("cam-gate", "credentials") in intake.life)
            await asyncio.sleep(0)
    assert camera.requests == {"GetSystemDateAndTime": 1, "GetCapabilities": 1}
    assert "wrong-word" not in caplog.text


async def test_a_camera_that_asks_for_an_http_digest_is_given_one(camera: OnvifCamera, tmp_path: Path) -> None:
    camera.behaviour.asks_digest = True
    async with watching(camera, tmp_path) as intake:
        await found(intake)
        camera.cross_line()
        await intake.until(lambda: len(intake.events) == 1)
    assert camera.refusals == 1, "the challenge is kept for the requests that follow"
    async with watching(camera, tmp_path, "wrong-word") as intake:
        await intake.until(lambda: ("cam-gate", "credentials") in intake.life)


async def test_a_camera_that_hangs_is_lost_and_found_when_it_wakes(
    camera: OnvifCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_WITHIN_S", 0.1)
    camera.behaviour.hangs = True
    async with watching(camera, tmp_path) as intake:
        await intake.until(lambda: ("cam-gate", "timeout") in intake.life)
        camera.behaviour.hangs = False
        await found(intake)


async def test_a_camera_whose_clock_is_wrong_is_understood(camera: OnvifCamera, tmp_path: Path) -> None:
    camera.behaviour.skew_s = -800_000_000
    async with watching(camera, tmp_path) as intake:
        await found(intake)
        camera.cross_line()
        await intake.until(lambda: len(intake.events) == 1)
    assert abs(intake.events[0].occurred_ms - time.time() * 1000) < 60_000


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&b;</s:Body></s:Envelope>'
)


@pytest.mark.parametrize("reply", [b"", b"<html>login</html>", b"\xff\xfe\x00", BOMB, b"<" * 100_000, b"x" * 600_000])
async def test_a_reply_that_makes_no_sense_is_a_loss_and_no_more(
    camera: OnvifCamera, tmp_path: Path, reply: bytes
) -> None:
    camera.behaviour.reply = reply
    async with watching(camera, tmp_path) as intake:
        await intake.until(lambda: ("cam-gate", "wrong_reply") in intake.life)
        camera.behaviour.reply = None
        await found(intake)


async def test_a_babbling_camera_does_not_fill_the_outbox(camera: OnvifCamera, tmp_path: Path) -> None:
    async with watching(camera, tmp_path) as intake:
        await found(intake)
        for number in range(500):
            camera.cross_line(str(number))
        camera.tell(Told("tns1:Monitoring/ProcessorUsage", datetime.now(UTC), (), (("Value", "12"),)))
        pulls = camera.requests.get("PullMessages", 0)
        await intake.until(lambda: camera.requests.get("PullMessages", 0) >= pulls + 2)
    assert 1 <= len(intake.events) <= 60


def test_a_password_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cameras.password"
    file.write_text(PASSWORD, encoding="utf-8")
    file.chmod(0o644)
    bus = {"id": "cameras", "kind": "onvif", "username": "edge", "password_file": str(file)}
    with pytest.raises(ConfigError, match="0600"):
        Poller(site_of([bus], []), load_catalogue(), RecordingIntake(), SystemClock(), SystemRng())


def test_topics_of_the_simulator_are_those_of_the_standard() -> None:
    assert {topic.partition(":")[0] for topic in (MOTION, TAMPER, STORAGE, LINE)} == {"tns1"}
