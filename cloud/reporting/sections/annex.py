"""The annex: factors and editions used, and the page by which the package proves that nothing was changed."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.energy.carrier import Carrier
from cloud.energy.factor_set import factor_set
from cloud.reporting.display import unit_words
from cloud.reporting.document import Cell, Column, Paragraph, Section, Table
from cloud.reporting.hashing import CHAIN_START, chain, merkle_root
from cloud.reporting.ledger import Ledger, leaves
from cloud.reporting.words import say
from cloud.reporting.worked import CONVENTIONS, Worked


def factor_section(worked: Worked) -> Section:
    """The factors of each convention in a table of its own."""
    columns = (
        Column(say("report.column.carrier")),
        Column(say("report.column.factor"), "kgce", 5),
        Column(say("report.column.per_unit"), weight=0.7),
        Column(say("report.column.confidence")),
        Column(say("report.column.basis"), weight=3),
    )
    tables = []
    for convention in CONVENTIONS:
        rows: list[tuple[Cell, ...]] = [
            (
                say(f"energy_account.carrier.{carrier}"),
                found.kgce_per_unit,
                unit_words(found.unit),
                say(f"report.confidence.{found.confidence}"),
                found.source,
            )
            for carrier in worked.carriers
            if (found := factor_set(convention).factors.get(Carrier(carrier))) is not None
        ]
        title = say("report.annex.factors", convention=say(f"report.factor_set.{convention}"))
        tables.append(Table(title, columns, tuple(rows), say("report.coal.none")))
    return Section("factors", say("report.section.factors"), tuple(tables))


def integrity_section(ledgers: Sequence[Ledger], public_key: str, hash_name: str) -> Section:
    """Rows, last link and Merkle root of every ledger, the signer, and how to check it all."""
    rows: list[tuple[Cell, ...]] = []
    for ledger in ledgers:
        *_, head = (CHAIN_START, *chain(ledger.cells(), hash_name))
        rows.append((ledger.name, len(ledger.rows), head, merkle_root(leaves(ledger.cells()), hash_name)))
    columns = (
        Column(say("report.column.ledger"), weight=1.3),
        Column(say("report.column.rows"), "", 0, 0.5),
        Column(say("report.column.chain_head"), weight=2.4),
        Column(say("report.column.merkle_root"), weight=2.4),
    )
    table = Table(say("report.integrity.ledgers"), columns, tuple(rows), say("report.integrity.none"))
    how = Paragraph(say("report.integrity.how", hash_name=hash_name.upper()))
    signer = Paragraph(say("report.integrity.signer", public_key=public_key))
    return Section("integrity", say("report.section.integrity"), (how, table, signer))
