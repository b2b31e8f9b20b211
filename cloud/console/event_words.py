"""An event as a sentence in the viewer's language."""

from __future__ import annotations

from cloud.console.numbers import grouped
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.event import Event
from cloud.core.institution import Subject, SubjectKind
from cloud.risk.rule_words import CODED, word_of
from foundation.texts import load_texts


def sentence(event: Event, viewer: Viewer, places: Places, subject: str = "") -> str:
    """The text `event.<kind>` with the event's facts; a kind without a text is told by its code and subject.

    `subject` is its name where the page knows more of them than there are places.
    """
    key = f"event.{event.kind}"
    subject = subject or subject_name(event.subject, viewer, places)
    facts = {name: _fact(name, value, viewer) for name, value in event.data.items()}
    if isinstance(point := event.data.get("point"), str):
        facts["point"] = point_name(viewer, point)
    if key in load_texts():
        return viewer.say(key, **{**facts, "subject": subject})
    return viewer.say("console.event.unnamed", kind=event.kind, subject=subject)


def subject_name(subject: str, viewer: Viewer, places: Places) -> str:
    """The name of what an event is about; its id when nobody has named it."""
    try:
        parsed = Subject.parse(subject)
    except ValueError:
        return subject
    if parsed.kind is SubjectKind.BUILDING:
        return viewer.name(places.building_name(parsed.id))
    named = next((device.name for device in places.devices if device.id == parsed.id), None)
    return viewer.name(named) if named else parsed.id


def _fact(name: str, value: object, viewer: Viewer) -> object:
    if name in CODED:
        return word_of(value, viewer.language)
    return grouped(value, 0 if value == int(value) else 1) if isinstance(value, float) else value
