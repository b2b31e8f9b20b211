"""`xietong edge doctor`: everything that can be wrong with an edge node, looked at in one go, one line each."""

from __future__ import annotations

import locale
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from edge_agent.local.checks.databases import check_databases, check_outbox
from edge_agent.local.checks.files import check_agent, check_command_keys, check_folder, check_secrets
from edge_agent.local.checks.finding import Finding, Patient, State, fail, ok
from edge_agent.local.checks.links import check_broker, check_buses
from edge_agent.local.checks.time_and_certificates import check_certificates, check_clock
from edge_agent.local.reload import prove
from edge_agent.site import open_site
from foundation.clock import Clock
from foundation.errors import ConfigError
from foundation.rng import Rng
from foundation.texts.catalogue import Language, load_texts

CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    check_agent, check_folder, check_databases, check_outbox, check_clock, check_certificates, check_secrets,
    check_command_keys,
)  # fmt: skip
LINK_CHECKS: tuple[Callable[[Patient], AsyncIterator[Finding]], ...] = (check_broker, check_buses)


async def examine(site_file: Path, clock: Clock, rng: Rng) -> list[Finding]:
    """All findings; with a wrong site file only that one, since nothing else can be known."""
    try:
        site, catalogue = open_site(site_file)
        await prove(site, catalogue, clock, rng)
    except ConfigError as error:
        return [fail("site.wrong", file=error.file, setting=error.key, reason=error.reason)]
    patient = Patient(site_file, site, catalogue, clock, rng)
    findings = [ok("site.good", devices=len(site.devices), buses=len(site.buses))]
    for check in CHECKS:
        findings += check(patient)
    for link_check in LINK_CHECKS:
        findings += [one async for one in link_check(patient)]
    return findings


def worst(findings: list[Finding]) -> State:
    """The state of the node, also the exit code."""
    return max((one.state for one in findings), default=State.OK)


def line_of(finding: Finding, language: Language) -> str:
    """One finding for people: its state, what is so, and what to do."""
    texts = load_texts()
    return f"{texts(f'doctor.state.{finding.state.name.lower()}', language)}  {_sentence(finding, language)}"


def answer_of(finding: Finding, language: Language) -> dict[str, object]:
    """One finding for programs."""
    facts = {name: value if isinstance(value, int | float) else str(value) for name, value in finding.facts.items()}
    return {
        "check": finding.code,
        "state": finding.state.name.lower(),
        "text": _sentence(finding, language),
        "facts": facts,
    }


def language_of(wanted: str | None, environment: Mapping[str, str] = os.environ) -> Language:
    """The language asked for, else that of the terminal."""
    spoken = wanted or environment.get("LC_ALL") or environment.get("LANG") or locale.getlocale()[0] or ""
    return "zh-CN" if spoken.lower().startswith("zh") else "en"


def _sentence(finding: Finding, language: Language) -> str:
    return load_texts()(f"doctor.{finding.code}", language, **finding.facts)
