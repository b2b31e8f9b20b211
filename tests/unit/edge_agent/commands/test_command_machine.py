"""Random lives of the command service: see tests/support/command_machine.py for what may never happen."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.command_machine import CommandMachine

TestCommandMachine = pytest.mark.slow(CommandMachine.TestCase)
TestCommandMachine.settings = settings(
    max_examples=2_000,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
