"""A demand as one sentence: what is asked, how often, and what presses about it."""

from __future__ import annotations

from cloud.services.catalogue import Service
from cloud.services.demand import Demand
from cloud.services.share import Share
from foundation.texts import Language, load_texts


def title(demand: Demand, service: Service, language: Language) -> str:
    """Name of the service and, if it has topics, of the topic."""
    name = service.name[language]
    field = service.fields.get(service.topic or "")
    if field is None or demand.topic not in field.choices:
        return name
    return f"{name} · {field.choices[demand.topic][language]}"


def sentence(demand: Demand, service: Service, language: Language) -> str:
    """Why this demand stands where it stands, with its figures; what is not known reads as a dash."""
    surge, trend = demand.surge, demand.trend
    late = Share(demand.on_time.total - demand.on_time.hits, demand.on_time.total)
    return load_texts()(
        f"demand.reason.{demand.reason}",
        language,
        title=title(demand, service, language),
        volume=demand.volume,
        unmet=demand.unmet.hits,
        newest=surge.newest if surge else "—",
        usual=f"{surge.usual:.1f}" if surge else "—",
        late=_percent(late),
        disliked=_percent(demand.disliked),
        reopened=_percent(demand.reopened),
        per_week=f"{trend.per_week:+.1f}" if trend else "—",
    )


def _percent(share: Share) -> str:
    return "—" if share.value is None else f"{share.value:.0%}"
