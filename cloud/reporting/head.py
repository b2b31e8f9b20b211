"""The head of every report, and what its manifest says of the editions used and the quality of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from cloud.core.calendar import to_local
from cloud.energy.tariff import load_tariffs
from cloud.reporting.document import Document, Section
from cloud.reporting.sections.institution import period_words
from cloud.reporting.words import same, say
from cloud.reporting.worked import CONVENTIONS, Worked


def head(worked: Worked, report_id: str, sections: Sequence[Section]) -> Document:
    """A document of these sections with title, institution, period, and when it was made."""
    scene = worked.scene
    institution, period = scene.model.institution, period_words(scene.period)
    until = to_local(worked.account.until_ms).strftime("%Y-%m-%d %H:%M")
    facts = (
        (say("report.head.institution"), institution.name),
        (say("report.head.period"), period),
        (say("report.head.class"), say(f"report.class.{institution.institution_class}")),
        (say("report.head.zone"), say(f"report.zone.{institution.climate_zone}")),
        (say("report.head.until"), same(until)),
        (say("report.head.made_at"), same(to_local(scene.made_ms).strftime("%Y-%m-%d %H:%M"))),
    )
    return Document(
        title=say(f"report.{report_id}.title"),
        subtitle=say("report.head.subtitle", name=institution.name, period=period),
        facts=facts,
        sections=tuple(sections),
        notice=say("report.head.notice"),
        context={
            "report": report_id,
            "institution": scene.institution_id,
            "period": str(scene.period),
            "is_complete": worked.account.is_complete,
        },
    )


def versions(worked: Worked) -> Mapping[str, Sequence[str]]:
    """Editions by kind: factor sets, emission factors, quotas, tariffs that were taken."""
    carbon = worked.carbon.terms if worked.carbon is not None else ()
    costs = [one.cost_source or "" for one in worked.account.whole.consumption.values()]
    tariffs = {one.id: one.edition for one in (*load_tariffs(), *worked.scene.accounts.tariffs)}
    used = [id_ for one in costs if one.startswith("tariff:") for id_ in one.removeprefix("tariff:").split(",")]
    return {
        "factor_set": CONVENTIONS,
        "carbon_factor": [f"{one.carrier} {one.factor.data_year or '-'} {one.factor.source}" for one in carbon],
        "benchmark": [judged.quota.standard for name in CONVENTIONS for _, judged in worked.judgements(name)],
        "tariff": [f"{one} {tariffs.get(one, '')}".strip() for one in used],
    }


def quality(worked: Worked) -> Mapping[str, Decimal | int | None]:
    """Least cover and largest share of estimates over the carriers, and how many carriers are missing."""
    known = [one for one in worked.account.whole.consumption.values() if one.quantity is not None]
    return {
        "carriers": len(worked.account.whole.consumption),
        "carriers_missing": len(worked.account.whole.consumption) - len(known),
        "least_covered_share": _share(min((one.covered_share for one in known), default=None)),
        "largest_estimated_share": _share(max((one.estimated_share for one in known), default=None)),
    }


def _share(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(str(round(share, 4)))
