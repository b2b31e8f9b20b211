"""Longer and other random lives of the command service; XIETONG_CHAOS_COMMAND_RUNS sets how many."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.command_machine import CommandMachine

RUNS = int(os.environ.get("XIETONG_CHAOS_COMMAND_RUNS", "2000"))

TestCommandMachine = pytest.mark.timeout(RUNS + 300)(CommandMachine.TestCase)
TestCommandMachine.settings = settings(
    max_examples=RUNS,
    stateful_step_count=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
