"""What the risk centre has found, in the viewer's language: places by their names, findings, facts, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.console.context import Console
from cloud.console.event_words import sentence, subject_name
from cloud.console.live import scope_key
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.event import Event
from cloud.core.institution import Names
from cloud.desks.risk_sight import names_of
from cloud.risk.rule_words import fact, finding_of
from cloud.risk.treatment import SYSTEM
from foundation.texts import load_texts

NAMES_AGE_S = 10.0
UNTOLD = frozenset({"rule_id", "breach_id", "threshold_id", "lat", "lon"})
"""Facts that are for the machine: ids, and where exactly a vehicle was."""

SubjectNames = Mapping[str, Mapping[str, Names]]
"""Names by institution and subject."""


@dataclass(frozen=True, slots=True)
class RiskWords:
    """Everything named as people know it."""

    viewer: Viewer
    places: Places
    names: SubjectNames

    def subject(self, institution_id: str, subject: str) -> str:
        """The name in the institution model, else what the device says of itself, else the id."""
        named = self.names.get(institution_id, {}).get(subject)
        return self.viewer.name(named) if named else subject_name(subject, self.viewer, self.places)

    def institution(self, institution_id: str) -> str:
        return self.subject(institution_id, f"institution:{institution_id}")

    def finding(self, rule_id: str, institution_id: str, subject: str, data: Mapping[str, object]) -> str:
        """The sentence on what was seen."""
        return finding_of(rule_id, self.subject(institution_id, subject), data, self.viewer.language)

    def event(self, event: Event) -> str:
        """An event as a sentence."""
        return sentence(event, self.viewer, self.places, self.subject(event.institution_id, event.subject))

    def facts(self, institution_id: str, data: Mapping[str, object]) -> list[tuple[str, str]]:
        """Names and values of the facts in the order of the finding; a fact without a name goes by its code."""
        told = ((name, value) for name, value in data.items() if name not in UNTOLD)
        return [(self._fact_name(name), self._fact(institution_id, name, value)) for name, value in told]

    def who(self, by: str | None) -> str:
        """A person's name; the system by its word, a superior body by its id, nobody where names are not told."""
        if not by:
            return ""
        return self.viewer.say("risk.by_system") if by == SYSTEM else by.removeprefix("institution:")

    def _fact_name(self, name: str) -> str:
        key = f"risk.fact.{name}"
        return self.viewer.say(key) if key in load_texts() else name

    def _fact(self, institution_id: str, name: str, value: object) -> str:
        if name == "device" and isinstance(value, str):
            return self.subject(institution_id, f"device:{value}")
        if isinstance(value, list | tuple):
            return ", ".join(str(one) for one in value)
        if isinstance(value, float) and name.endswith("_yuan"):
            return f"{value:,.2f}"
        return str(fact(name, value, self.viewer.language))


def read_risk_words(console: Console, viewer: Viewer) -> RiskWords:
    """Blocks on the institution models; shared between pages."""
    institutions = sorted(viewer.principal.institution_ids)
    names = console.shared.get(
        scope_key("subject-names", viewer.principal),
        NAMES_AGE_S,
        lambda: {one: names_of(console.services, one) for one in institutions},
    )
    return RiskWords(viewer, console.places(viewer), names)


def percent(share: float, viewer: Viewer, decimals: int = 0) -> str:
    """`0.643` reads `64%` in Chinese and `64 %` in English."""
    return viewer.say("console.risk.percent", n=f"{100 * share:.{decimals}f}")
