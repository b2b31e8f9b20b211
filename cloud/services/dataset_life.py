"""The life of a grant: a department asks for data, their owner decides, and the word holds for a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cloud.services.dataset import Dataset
from cloud.services.dataset_grant import DatasetGrant, GrantState
from foundation.errors import DomainError

_DAY_MS = 86_400_000
LONGEST_DAYS = 1100


def asked(grant: DatasetGrant, dataset: Dataset, known: Iterable[DatasetGrant]) -> DatasetGrant:
    """The grant as it is entered.

    Raises DomainError 422 for the owner's own data or no purpose, 409 while another word for it is asked or holds.
    """
    if grant.asked_by_department == dataset.department:
        raise DomainError("error.own_dataset")
    if not grant.purpose.strip():
        raise DomainError("error.reason_missing")
    for one in known:
        is_same = (one.institution_id, one.dataset) == (grant.institution_id, grant.dataset)
        if is_same and one.asked_by_department == grant.asked_by_department and is_alive(one, grant.asked_ms):
            raise DomainError("error.grant_exists", 409, grant=one.grant_id)
    return replace(grant, owner=dataset.department, purpose=grant.purpose.strip(), state=GrantState.ASKED)


def decided(
    grant: DatasetGrant, dataset: Dataset, *, agreed: bool, by: str, at_ms: int, valid_days: int | None = None
) -> DatasetGrant:
    """The grant after the owner's word; without `valid_days` it holds as long as the dataset says.

    Raises DomainError: 403 for the one who asked, 409 when it is decided, 422 for a time that cannot be.
    """
    if by == grant.asked_by:
        raise DomainError("error.own_asking", 403)
    if grant.state is not GrantState.ASKED:
        raise DomainError("error.already_decided", 409, state=grant.state.value)
    days = dataset.valid_days if valid_days is None else valid_days
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError("error.out_of_range", field="valid_days", low=1, high=LONGEST_DAYS, given=days)
    return replace(
        grant,
        state=GrantState.GRANTED if agreed else GrantState.REFUSED,
        decided_by=by,
        decided_ms=at_ms,
        valid_until_ms=at_ms + days * _DAY_MS if agreed else None,
    )


def check_usable(grant: DatasetGrant, dataset: str, now_ms: int) -> None:
    """DomainError 403 unless the grant is for this dataset, granted, and still holds."""
    if grant.dataset != dataset or grant.state is not GrantState.GRANTED:
        raise DomainError("error.grant_not_given", 403)
    if not is_alive(grant, now_ms):
        raise DomainError("error.grant_expired", 403)


def is_alive(grant: DatasetGrant, now_ms: int) -> bool:
    """Whether it waits for its word, or holds."""
    if grant.state is GrantState.GRANTED:
        return grant.valid_until_ms is None or now_ms < grant.valid_until_ms
    return grant.state is GrantState.ASKED
