"""Every code that a command's life can carry has words."""

from __future__ import annotations

import pytest

from cloud.energy.control import REASON_BREACH, REASON_CLEARED
from edge_agent.commands.guard import Reason
from foundation.texts import load_texts
from gateway.envelope import EnvelopeFault
from gateway.messages import Outcome


@pytest.mark.parametrize("code", [*Reason, *EnvelopeFault, REASON_BREACH, REASON_CLEARED])
def test_every_reason_has_words(code: str) -> None:
    assert f"command.reason.{code}" in load_texts()


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words(outcome: Outcome) -> None:
    assert f"command.outcome.{outcome}" in load_texts()
