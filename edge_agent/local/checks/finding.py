"""What a check found: a code with its facts; the sentence, and what to do about it, stand in the texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from device_profiles.catalogue import Catalogue
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.rng import Rng


class State(IntEnum):
    """Also the exit code of the command."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the text `doctor.<code>`, whose placeholders are `facts`."""

    code: str
    state: State
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patient:
    """The edge node under examination."""

    site_file: Path
    site: Site
    catalogue: Catalogue
    clock: Clock
    rng: Rng


def ok(code: str, **facts: object) -> Finding:
    return Finding(code, State.OK, facts)


def warn(code: str, **facts: object) -> Finding:
    return Finding(code, State.WARN, facts)


def fail(code: str, **facts: object) -> Finding:
    return Finding(code, State.FAIL, facts)
