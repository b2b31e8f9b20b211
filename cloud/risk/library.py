"""The risk library: every rule by what opens and ends its condition, and which of them may speak for themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from cloud.core.plugins import load_plugins
from cloud.risk.alarm_life import clearing_kind
from cloud.risk.rule import Rule
from foundation.errors import ConfigError

PACKAGE = "cloud.risk.rules"


class Library:
    """Rules by id and by kind of event. Contradictions in a rule, or two of one id, raise ConfigError."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: dict[str, Rule] = {}
        self._opening: dict[str, list[Rule]] = {}
        self._clearing: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.rule_id in self._rules:
                raise ConfigError(PACKAGE, rule.rule_id, "two rules of this id")
            _check(rule)
            self._rules[rule.rule_id] = rule
            self._opening.setdefault(rule.kind, []).append(rule)
            if (clears := clearing_kind(rule)) is not None:
                self._clearing.setdefault(clears, []).append(rule)

    def all(self) -> tuple[Rule, ...]:
        """Every rule in the order of their ids."""
        return tuple(self._rules[rule_id] for rule_id in sorted(self._rules))

    def get(self, rule_id: str) -> Rule | None:
        return self._rules.get(rule_id)

    def watching(self, kind: str) -> tuple[Rule, ...]:
        """Rules whose condition an event of this kind begins or ends."""
        return (*self._opening.get(kind, ()), *self._clearing.get(kind, ()))

    def examined(self) -> tuple[Rule, ...]:
        """Rules that look for their condition themselves."""
        return tuple(rule for rule in self.all() if rule.examine is not None)


def in_force(rule: Rule, approved: Collection[str]) -> bool:
    """Whether the rule raises alarms: one about persons stays in shadow until somebody has approved it."""
    return not rule.is_restricted or rule.rule_id in approved


@cache
def load_library() -> Library:
    """Every rule of the package `cloud.risk.rules`; an empty package raises ConfigError."""
    return Library(load_plugins(PACKAGE, "RULE", Rule).values())


def _check(rule: Rule) -> None:
    if not 1 <= rule.consequence <= 5:
        raise ConfigError(PACKAGE, rule.rule_id, f"consequence {rule.consequence} must lie in 1..5")
    if rule.clears == rule.kind:
        raise ConfigError(PACKAGE, rule.rule_id, f"{rule.kind} both opens and ends its condition")
    if clearing_kind(rule) is None and rule.on_delay_s > 0:
        raise ConfigError(PACKAGE, rule.rule_id, "a condition of a moment cannot outlast an on-delay")
    if min(rule.on_delay_s, rule.off_delay_s) < 0 or rule.due_h <= 0:
        raise ConfigError(PACKAGE, rule.rule_id, "delays must not be negative, and what is due needs time")
