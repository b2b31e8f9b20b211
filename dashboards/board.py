"""What a board is: its stable uid, its variables, and its panels in one language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, VariableRefresh, VariableSort

from dashboards.target import RAW, source_ref
from foundation.texts import Language, load_texts

TAG = "xietong"
TIMEZONE = "Asia/Shanghai"

Say = Callable[[str], str]
"""A text of the catalogue in the board's language."""


@dataclass(frozen=True)
class Variable:
    """A choice on top of the board, filled by an InfluxQL query of the raw data."""

    name: str
    label_key: str
    query: str


@dataclass(frozen=True)
class Board:
    """`uid` is the same for ever: links lead to it. `panels` builds them with the texts of one language."""

    uid: str
    title_key: str
    span: str
    refresh: str
    variables: tuple[Variable, ...]
    panels: Callable[[Say], Sequence[Any]]

    def build(self, language: Language) -> Any:
        """The dashboard model of Grafana, classic schema 42."""

        def say(key: str) -> str:
            return load_texts()(key, language)

        link = DashboardLink(say("board.others")).type(DashboardLinkType.DASHBOARDS).tags([TAG, language])
        built = Dashboard(say(self.title_key)).uid(f"{self.uid}-{language.lower()}").tags([TAG, language]).readonly()
        built = built.timezone(TIMEZONE).time(f"now-{self.span}", "now").refresh(self.refresh)
        built = built.link(link.keep_time(True).include_vars(True))
        for variable in self.variables:
            built = built.with_variable(_variable(variable, say))
        for panel in self.panels(say):
            built = built.with_panel(panel)
        return built.build()


def _variable(variable: Variable, say: Say) -> QueryVariable:
    query = QueryVariable(variable.name).label(say(variable.label_key)).datasource(source_ref(RAW))
    query = query.query(variable.query).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    return query.sort(VariableSort.ALPHABETICAL_ASC).multi(False).include_all(False)
