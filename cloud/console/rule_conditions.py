"""What a rule tests, in one sentence with the limits that it really uses: the constants of its own module."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from cloud.core.plugins import load_plugins
from cloud.detectors.detector import Detector
from cloud.risk.library import PACKAGE
from cloud.risk.rule import Rule
from foundation.texts import Language, load_texts

DETECTORS = "cloud.detectors"


def condition_of(rule_id: str, language: Language) -> str:
    """The text `risk.test.<id>` filled with its limits."""
    told = load_texts()(f"risk.test.{rule_id}", language, **limits_of(rule_id))
    # Chinese writes 35%, English 35 %; the format of a share knows only the first.
    return re.sub(r"(?<=\d)%", " %", told) if language == "en" else told


@cache
def limits_of(rule_id: str) -> Mapping[str, Any]:
    """Constants by name: of the rule's module and, where a detector of the same name feeds it, of that; none for an
    unknown rule."""
    detectors = load_plugins(DETECTORS, "DETECTOR", Detector, without=("detector",))
    for name, rule in load_plugins(PACKAGE, "RULE", Rule).items():
        if rule.rule_id == rule_id:
            fed = _constants(f"{DETECTORS}.{name}") if name in detectors else {}
            return fed | _constants(f"{PACKAGE}.{name}")
    return {}


def _constants(module: str) -> dict[str, Any]:
    return {name: value for name, value in vars(sys.modules[module]).items() if name.isupper()}
