"""What the book of report orders keeps, and what the shelf of packages refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cloud.adapters.package_shelf import FolderShelf
from cloud.desks.books import Books
from cloud.reporting.order import OrderState, ReportOrder

ORDER = ReportOrder("o-1", "office", "energy_month", "2026-08", "li", 1_000)
DONE = replace(
    ORDER, state=OrderState.DONE, progress=1.0, step="report.step.done", package="p.zip", digest="d", finished_ms=2_000
)


def test_order_comes_back_as_saved_and_is_replaced_by_its_id(ports: Books) -> None:
    ports.orders.save(ORDER)
    assert ports.orders.find("o-1") == ORDER
    ports.orders.save(DONE)
    assert ports.orders.find("o-1") == DONE
    assert ports.orders.find("o-2") is None
    assert ports.orders.orders({"office"}) == [DONE]


def test_orders_keep_to_their_scope_newest_first(ports: Books) -> None:
    later = replace(ORDER, order_id="o-2", ordered_ms=5_000)
    other = replace(ORDER, order_id="o-3", institution_id="school")
    for order in (ORDER, later, other):
        ports.orders.save(order)
    assert ports.orders.orders({"office"}) == [later, ORDER]
    assert ports.orders.orders({"office"}, limit=1) == [later]
    assert ports.orders.orders({"office", "school"}, limit=10)[0] == later
    assert ports.orders.orders(set()) == []


def test_waiting_are_queued_and_left_behind_ones_of_everybody_oldest_first(ports: Books) -> None:
    running = replace(ORDER, order_id="o-2", ordered_ms=500, state=OrderState.RUNNING, progress=0.5)
    failed = replace(ORDER, order_id="o-3", state=OrderState.FAILED, error="no data")
    other = replace(ORDER, order_id="o-4", institution_id="school", ordered_ms=2_000)
    for order in (ORDER, running, failed, other, replace(DONE, order_id="o-5")):
        ports.orders.save(order)
    assert ports.orders.waiting() == [running, ORDER, other]


def test_shelf_keeps_a_package_and_never_overwrites_it(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "reports")
    assert shelf.get("a.zip") is None
    shelf.put("a.zip", b"one")
    shelf.put("a.zip", b"one")
    with pytest.raises(ValueError, match="other content"):
        shelf.put("a.zip", b"two")
    assert shelf.get("a.zip") == b"one"
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["a.zip"]


@pytest.mark.parametrize("name", ["../a.zip", "a/b.zip", ".hidden", ""])
def test_shelf_takes_plain_file_names_only(tmp_path: Path, name: str) -> None:
    shelf = FolderShelf(tmp_path)
    with pytest.raises(ValueError, match="file name"):
        shelf.put(name, b"")
    with pytest.raises(ValueError, match="file name"):
        shelf.get(name)
