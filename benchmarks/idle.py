"""What an edge agent costs that has little to do: 40 meters at 1 Hz, durable outbox, delivery to the broker.

Limits: under 3 % of one core and 80 MB RSS.
"""

from __future__ import annotations

from benchmarks.support.edge_load import Load, measure_edge
from benchmarks.support.report import arguments, publish

LIMIT_CORE, LIMIT_MB = 0.03, 80.0


def main() -> None:
    given = arguments(__doc__ or "")
    cost = measure_edge(Load(40))
    figures = {
        "devices": 40,
        "cpu_cores": cost.core,
        "rss_mb": cost.rss_mb,
        "acquired_per_s": cost.acquired_per_s,
        "delivered_per_s": cost.delivered_per_s,
        "waiting_rows": cost.waiting_rows,
        "cpu_over_limit": cost.core / LIMIT_CORE,
        "rss_over_limit": cost.rss_mb / LIMIT_MB,
    }
    publish(figures, given.json)


if __name__ == "__main__":
    main()
