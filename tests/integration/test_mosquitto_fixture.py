"""The real broker that other tests stand on."""

from __future__ import annotations

import psutil
import pytest

from tests.support.mosquitto import StartMosquitto
from tests.support.ports import free_port, is_open
from tests.support.process import ProcessFailed, Spawn

pytestmark = pytest.mark.server


def test_two_brokers_run_on_ports_of_their_own(mosquitto: StartMosquitto) -> None:
    first, second = mosquitto(), mosquitto()
    assert first.port != second.port
    assert is_open(first.port)
    assert is_open(second.port)


def test_killed_broker_comes_back_on_its_port_under_a_new_pid(mosquitto: StartMosquitto) -> None:
    broker = mosquitto()
    before = broker.process.pid
    broker.process.kill()
    assert not is_open(broker.port)
    broker.restart()
    assert broker.process.pid != before
    assert is_open(broker.port)


def test_stranger_on_the_port_is_not_taken_for_the_broker(mosquitto: StartMosquitto, spawn: Spawn) -> None:
    broker = mosquitto()
    sleeper = spawn("sleeper", ["sleep", "60"])
    with pytest.raises(AssertionError, match="does not own port"):
        sleeper.assert_owns(broker.port)


def test_child_that_ends_early_fails_the_wait_with_its_log(spawn: Spawn) -> None:
    child = spawn("early", ["sh", "-c", "echo cannot start; exit 3"])
    with pytest.raises(ProcessFailed, match=r"ended with 3[\s\S]*cannot start"):
        child.wait_for_port(free_port())


def test_cleaning_up_ends_grandchildren_too(spawn: Spawn) -> None:
    parent = spawn("parent", ["sh", "-c", "sleep 60 & echo pid $!; wait"])
    grandchild = int(parent.wait_for_line(r"pid (\d+)")[1])
    parent.clean_up()
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
