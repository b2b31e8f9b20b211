"""What may happen to a meter, with the energy that it really counted: registers, resets, exchanges, other ratios."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from cloud.core.counter_break import ParamChange
from cloud.core.series import SeriesKey
from cloud.records.record import FieldValue, Record
from cloud.telemetry.interval import QUARTER_MS
from tests.support.thinking import GROUP, INSTITUTION

PROFILE = "acrel.adl400"
KEY = SeriesKey(GROUP, "a-main", "Energy/Active/Total")
WH = 10
"""Base units of one count at a ratio of 1: the register has 32 bits and shows hundredths of a kWh."""

TURN = 2**32
MOST = 50_000
"""Counts between two registers at most; a register is clearly larger before anything hides in it."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
RATIOS = (1, 2, 3, 4, 6)
STARTS = (5_000_000, 800_000_000, TURN - 20 * MOST)
INITIALS = (0, 123_45, 5_000_000)


@dataclass(frozen=True)
class Story:
    """Registers (time, Wh) as they were read, what people enter, births, and the Wh counted from first to last."""

    registers: list[tuple[int, int]]
    records: list[Record]
    changes: list[ParamChange]
    ratio: int
    energy: int

    @property
    def span(self) -> tuple[int, int]:
        return self.registers[0][0], max(at_ms for at_ms, _ in self.registers)


@dataclass
class Meter:
    """The meter as it is now, and what has been told of it."""

    at_ms: int
    raw: int
    ratio: int
    energy: int = 0
    story: Story = field(init=False)

    def __post_init__(self) -> None:
        self.story = Story([(self.at_ms, self.base)], [], [], self.ratio, 0)

    @property
    def base(self) -> int:
        return self.raw * WH * self.ratio

    def count(self, raw: int) -> None:
        self.raw = (self.raw + raw) % TURN
        self.energy += raw * WH * self.ratio

    def step(self, minutes: int, odd_ms: int, counts: int, event: str, choice: int) -> None:
        """Something happens half-way to the next register, of which the meter counts a part before it."""
        length_ms = minutes * MINUTE_MS + odd_ms
        half_ms = self.at_ms + length_ms // 2
        happen = getattr(self, f"_{event}")
        self.count(happen(half_ms, counts, choice))
        self.at_ms += length_ms
        self.story.registers.append((self.at_ms, self.base))

    def _nothing(self, at_ms: int, counts: int, choice: int) -> int:
        return counts

    def _reset(self, at_ms: int, counts: int, choice: int) -> int:
        # Below half a turn, and too large for the load to hide it: what nobody can tell from something else is no test.
        if MOST < self.raw < TURN // 2:
            self.raw = 0
        return counts

    def _exchange(self, at_ms: int, counts: int, choice: int) -> int:
        self.count(counts // 3)
        final, self.raw = self.raw, INITIALS[choice % len(INITIALS)]
        # A multiplier that nobody enters is the one with which the device was installed then.
        multiplier = self.ratio if choice % 2 else None
        self._enter(
            "meter_exchange", at_ms, at_ms, event="exchanged", unit="kWh", multiplier=multiplier,
            final=final / 100, initial=self.raw / 100,
        )  # fmt: skip
        return counts - counts // 3

    def _ratio(self, at_ms: int, counts: int, choice: int) -> int:
        ratio = RATIOS[choice % len(RATIOS)]
        if self.raw > 20 * MOST and ratio != self.ratio:
            # The ratio of now was told when the last change was, or later.
            earliest_ms = self.story.changes[-1].at_ms if self.story.changes else self.story.registers[0][0]
            since_ms = max(earliest_ms, at_ms - choice * HOUR_MS)
            before, after = ({"ct": str(one), "pt": "1"} for one in (self.ratio, ratio))
            self.story.changes.append(ParamChange(KEY.group, KEY.device, since_ms, at_ms, before, after))
            self.ratio = ratio
        return counts

    def _bogus(self, at_ms: int, counts: int, choice: int) -> int:
        right = self.raw / 100 if choice % 2 and self.raw else None
        self.story.registers.append((at_ms, (7, self.base * 3, 2**40)[choice % 3]))
        self._enter(
            "register_correction", at_ms, at_ms + 1, register=right, unit="kWh", multiplier=self.ratio, reason="spike"
        )
        return counts

    def _enter(self, kind: str, start_ms: int, end_ms: int, **fields: FieldValue) -> None:
        values: dict[str, FieldValue] = {"meter": KEY.device, "carrier": "electricity", **fields}
        self.story.records.append(
            Record(INSTITUTION, kind, f"{kind}|{start_ms}", "energy", f"device:{KEY.device}", start_ms, end_ms, values)
        )


steps = st.tuples(
    st.one_of(st.integers(1, 14), st.just(15), st.integers(16, 200), st.integers(600, 2_000)),
    st.integers(0, 20_000),
    st.one_of(st.integers(0, 300), st.integers(0, MOST)),
    st.sampled_from(["nothing"] * 6 + ["reset", "exchange", "ratio", "bogus"]),
    st.integers(0, 29),
)


@st.composite
def stories(draw: st.DrawFn, start_ms: int, most_steps: int = 25) -> Story:
    """Begins and ends on whole quarters."""
    meter = Meter(start_ms, draw(st.sampled_from(STARTS)), draw(st.sampled_from(RATIOS)))
    for minutes, odd_ms, counts, event, choice in draw(st.lists(steps, min_size=1, max_size=most_steps)):
        # No CT is exchanged twice within half an hour.
        meter.step(max(minutes, 70) if event == "ratio" else minutes, odd_ms, counts, event, choice)
    rest_ms = -meter.at_ms % QUARTER_MS + QUARTER_MS
    meter.step(0, rest_ms, draw(st.integers(0, MOST)), "nothing", 0)
    return replace(meter.story, ratio=meter.ratio, energy=meter.energy)
