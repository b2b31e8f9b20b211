"""Who receives the data of the compounds in somebody's scope, and which compounds nobody hears."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.core.ingest_lease import ALL_GROUPS, IngestHost, unserved
from cloud.desks.books import Books


@dataclass(frozen=True, slots=True)
class Receiving:
    """Hosts that serve compounds of a scope; `unserved` compounds have none that is alive."""

    hosts: tuple[IngestHost, ...]
    unserved: tuple[str, ...]


def read_receiving(books: Books, institution_ids: Collection[str]) -> Receiving:
    """For the compounds that are entered, and those that devices have named."""
    models = [books.institutions.model(one) for one in sorted(institution_ids)]
    groups = {compound.compound_id for model in models if model is not None for compound in model.compounds}
    groups |= {device.group for device in books.registry.devices(institution_ids)}
    hosts = books.ingest_hosts.hosts()
    mine = [host for host in hosts if host.groups == ALL_GROUPS or groups & set(host.groups)]
    return Receiving(tuple(mine), tuple(unserved(groups, hosts)))
