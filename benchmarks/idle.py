"""What an edge agent costs that has little to do: 40 meters of 40 registers at 1 Hz, durable outbox, delivery.

Two cases: values that change every ten seconds, as most of a building's do, and every value changing with every poll.
Limits for the first: under 3 % of one core and 80 MB RSS.
"""

from __future__ import annotations

from benchmarks.support.edge_load import Load, measure_edge
from benchmarks.support.report import arguments, publish

DEVICES = 40
CASES = {"quiet": 10, "all_changing": 1}
LIMIT_CORE, LIMIT_MB = 0.03, 80.0


def main() -> None:
    given = arguments(__doc__ or "")
    figures: dict[str, float] = {"devices": DEVICES}
    for name, polls_per_change in CASES.items():
        cost = measure_edge(Load(DEVICES, polls_per_change=polls_per_change))
        figures |= {
            f"{name}_cpu_cores": cost.usage.core,
            f"{name}_rss_mb": cost.usage.rss_mb,
            f"{name}_acquired_per_s": cost.acquired_per_s,
            f"{name}_cpu_over_limit": cost.usage.core / LIMIT_CORE,
            f"{name}_rss_over_limit": cost.usage.rss_mb / LIMIT_MB,
        }
    publish(figures, given.json)


if __name__ == "__main__":
    main()
