"""What the doors for people (api, console) and the jobs are given: books, stores, clock, a way to wake other roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.department import Departments
from cloud.core.ports import BoardFeed, TimeSeriesStore
from cloud.core.store_upkeep import Upkeep
from cloud.desks.books import Books
from cloud.reporting.ports import PackageShelf, ReportBooks
from cloud.services.rate_limit import RateLimit
from foundation.clock import Clock
from foundation.rng import Rng
from foundation.texts import Language

MOST_WRONG_SIGN_INS, SIGN_IN_WINDOW_S = 30, 900.0
"""Of one address; a whole office may sit behind it, so what was right does not count."""


def _sign_in_limit() -> RateLimit:
    return RateLimit(MOST_WRONG_SIGN_INS, SIGN_IN_WINDOW_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorServices(Books):
    """`wake` tells jobs and ingest that SQL holds something new; it must return at once and may be called anywhere.

    Changes go through the desks of this package, which check, audit and wake. `sealing_key` signs what leaves the
    house: report packages and case files. `boards` is None when no Grafana reads the store, `upkeep` when nobody keeps
    it small. `sign_ins` remembers who has tried passwords in vain.
    """

    store: TimeSeriesStore
    shelf: PackageShelf
    departments: Departments
    sealing_key: Ed25519PrivateKey
    clock: Clock
    rng: Rng
    wake: Callable[[], None]
    language: Language = "zh-CN"
    boards: BoardFeed | None = None
    upkeep: Upkeep | None = None
    sign_ins: RateLimit = field(default_factory=_sign_in_limit)

    @property
    def reporting(self) -> ReportBooks:
        """Orders and the shelf that their packages lie on."""
        return ReportBooks(orders=self.orders, shelf=self.shelf)
