"""The loop as it happened: a breach, the commands that answered it, whether they took, and what the load did.

The effect that was booked against a counterfactual is the one that counts; until it is, the fall of the load seen at
once stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.console.curves import mean_between
from cloud.core.command_record import CommandRecord, CommandState
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import SeriesKey
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.energy.effect import Effect as BookedEffect

SETTLE_MS = 10_000
"""Time given to the equipment to answer before the load after a command is taken."""

MIN_WINDOW_MS = 10_000
MAX_WINDOW_MS = 5 * 60_000

TOOK = frozenset({CommandState.VERIFIED, CommandState.RELINQUISHED})
FAILED = frozenset(
    {CommandState.REFUSED, CommandState.EXPIRED, CommandState.UNKNOWN, CommandState.FAILED, CommandState.REJECTED}
)


@dataclass(frozen=True, slots=True)
class Effect:
    """Mean load in W over `window_s` before the first command and after the last one took. No counterfactual."""

    before_w: float
    after_w: float
    window_s: float

    @property
    def fall_w(self) -> float:
        return self.before_w - self.after_w


@dataclass(frozen=True, slots=True)
class BreachStory:
    """A breach with its threshold (None when deleted since), commands in time order, and effect once measurable.

    `booked` is the measured energy; `effect` the live estimate, only while nothing is booked.
    A target is one point of one device; it may be commanded again when a lease ends, and is given back at the end.
    """

    breach: Breach
    threshold: Threshold | None
    commands: tuple[CommandRecord, ...]
    effect: Effect | None
    booked: BookedEffect | None = None

    @property
    def is_open(self) -> bool:
        return self.breach.state is BreachState.OPEN

    @property
    def orders(self) -> tuple[CommandRecord, ...]:
        """The newest command of each target, without those that give it back."""
        newest = {_target(record): record for record in self.commands if record.request.value is not None}
        return tuple(newest.values())

    @property
    def given_back(self) -> frozenset[tuple[str, str]]:
        """Targets that were told to return to their own control."""
        return frozenset(_target(one) for one in self.commands if one.request.value is None and one.state in TOOK)

    @property
    def waiting(self) -> tuple[CommandRecord, ...]:
        """Commands that an officer has to decide."""
        return tuple(record for record in self.orders if record.state is CommandState.PROPOSED)

    @property
    def taken(self) -> tuple[CommandRecord, ...]:
        return tuple(record for record in self.orders if record.state in TOOK)

    @property
    def failed(self) -> tuple[CommandRecord, ...]:
        return tuple(record for record in self.orders if record.state in FAILED)

    @property
    def sent_ms(self) -> int | None:
        """When the first command went out."""
        return min((record.sent_ms for record in self.commands if record.sent_ms is not None), default=None)

    @property
    def verified_ms(self) -> int | None:
        """When the last target was first confirmed by reading back."""
        first: dict[tuple[str, str], int] = {}
        for record in self.commands:
            at_ms = taken_ms(record) if record.state in TOOK and record.request.value is not None else None
            if at_ms is not None:
                first.setdefault(_target(record), at_ms)
        return max(first.values(), default=None)

    @property
    def returned_ms(self) -> int | None:
        """When the first target was told to return to its own control."""
        return min((one.sent_ms for one in self.commands if one.request.value is None and one.sent_ms), default=None)


def _target(record: CommandRecord) -> tuple[str, str]:
    return record.request.device, record.request.point


def taken_ms(record: CommandRecord) -> int | None:
    """When a command took: its read-back, or its sending once the receipt tells of the end of the lease instead."""
    if record.state is CommandState.VERIFIED and record.receipt:
        return record.receipt.at_ms
    return record.sent_ms


def answered_ms(record: CommandRecord) -> int | None:
    """When the edge last answered."""
    return record.receipt.at_ms if record.receipt else None


def tell(breach: Breach, thresholds: Iterable[Threshold], records: Iterable[CommandRecord]) -> BreachStory:
    """Join a breach with what belongs to it; the effect is measured apart."""
    threshold = next((one for one in thresholds if one.threshold_id == breach.threshold_id), None)
    own = (
        record
        for record in records
        if record.request.breach_id == breach.breach_id or record.request.command_id in breach.command_ids
    )
    return BreachStory(breach, threshold, tuple(sorted(own, key=lambda record: record.proposed_ms)), None)


def effect_spans(story: BreachStory) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The two spans (start, end in ms) whose mean loads are compared.

    Both are as long as the threshold's window, or shorter when the first target is given back before that. None before
    anything took, or when it was given back too soon.
    """
    if story.threshold is None or story.sent_ms is None or story.verified_ms is None:
        return None
    width = int(min(max(story.threshold.window_s * 1000, MIN_WINDOW_MS), MAX_WINDOW_MS))
    after = story.verified_ms + SETTLE_MS
    end = min(after + width, story.returned_ms or after + width)
    if end - after < MIN_WINDOW_MS // 2:
        return None
    return (story.sent_ms - (end - after), story.sent_ms), (after, end)


def measure_effect(store: TimeSeriesStore, story: BreachStory, now_ms: int) -> Effect | None:
    """The load before and after, from stored readings; None until the span after has passed."""
    spans = effect_spans(story)
    if spans is None or story.threshold is None or now_ms < spans[1][1]:
        return None
    before, after = spans
    key = SeriesKey(story.threshold.group, story.threshold.device, story.threshold.point)
    samples = store.series(key, before[0] - MAX_WINDOW_MS, after[1])
    means = [mean_between(samples, *span) for span in spans]
    if means[0] is None or means[1] is None:
        return None
    return Effect(means[0], means[1], (after[1] - after[0]) / 1000)


def with_effect(
    store: TimeSeriesStore, story: BreachStory, booked: Mapping[str, BookedEffect], now_ms: int
) -> BreachStory:
    """The story with the effect that was booked of its breach (by breach id), else with the live estimate."""
    if (found := booked.get(story.breach.breach_id)) is not None:
        return replace(story, booked=found)
    return replace(story, effect=measure_effect(store, story, now_ms))


def open_first(breaches: Sequence[Breach], limit: int) -> list[Breach]:
    """Open breaches, then the newest closed ones, at most `limit`."""
    newest = sorted(breaches, key=lambda breach: -breach.opened_ms)
    return sorted(newest, key=lambda breach: breach.state is not BreachState.OPEN)[:limit]
