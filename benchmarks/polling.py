"""What the edge agent costs under load: 100 and 1,000 meters of 40 registers each second, every value changing.

Every reading goes through the durable outbox, is delivered to a broker and acknowledged by a host; meters, broker and
host are processes of their own. Limits for 100 meters: 18 % of a core and 75 MB. 1,000 meters must be sustained on
one core: all that is due is acquired, and what is acquired is delivered. `idle` measures a box with little to do.
"""

from __future__ import annotations

from benchmarks.support.edge_load import Load, measure_edge
from benchmarks.support.report import arguments, publish

LIMIT_CORE, LIMIT_MB = 0.18, 75.0
REGISTERS = 40
SIZES = (100, 1_000)


def main() -> None:
    given = arguments(__doc__ or "")
    figures: dict[str, float] = {}
    for devices in SIZES:
        cost = measure_edge(Load(devices))
        due_per_s = devices * REGISTERS
        figures |= {
            f"{devices}_cpu_cores": cost.core,
            f"{devices}_rss_mb": cost.rss_mb,
            f"{devices}_acquired_per_s": cost.acquired_per_s,
            f"{devices}_acquired_share_of_due": cost.acquired_per_s / due_per_s,
            f"{devices}_delivered_share_of_acquired": cost.delivered_per_s / cost.acquired_per_s,
            f"{devices}_waiting_rows": cost.waiting_rows,
        }
    figures["100_cpu_over_limit"] = figures["100_cpu_cores"] / LIMIT_CORE
    figures["100_rss_over_limit"] = figures["100_rss_mb"] / LIMIT_MB
    publish(figures, given.json)


if __name__ == "__main__":
    main()
