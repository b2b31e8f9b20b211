"""Records from the command line: the check of a file without a server, the import with the desk's own rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cloud.app import open_cloud
from cloud.core.access import Principal, Role
from cloud.core.department import load_departments
from cloud.core.institution_entry import read_sources
from cloud.core.institution_workbook import HEAD, write_institution
from cloud.desks.accounts import OPERATOR
from cloud.desks.records import HandedIn, ImportAnswer, check_import, import_records
from cloud.records.check import Checked, Target, check_file
from cloud.records.entry import Comparison
from cloud.records.kind import RecordKind, load_kinds
from cloud.records.mapping import parse_mapping
from cloud.records.reference import known_of
from cloud.records.template import record_template
from foundation.disk import replace_file
from foundation.errors import ConfigError, DomainError
from foundation.texts import LANGUAGES, Language, load_texts

KindOption = Annotated[str, typer.Option("--kind", help="One of `xietong record kinds`.")]
MappingOption = Annotated[Path | None, typer.Option(help="YAML that says how the office's own file is read.")]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Books that people keep: bills, assets, orders, contracts ...",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command tells: the counts, and a sentence for each mistake."""

    summary: dict[str, Any]
    mistakes: tuple[str, ...]


@app.command("kinds")
def kinds() -> None:
    """List the kinds of records: id, department, names, columns."""
    for kind in load_kinds().values():
        names = " / ".join(kind.name[language] for language in LANGUAGES)
        print(f"{kind.id:<16} {kind.department:<12} {names:<36} {', '.join(kind.fields)}")


@app.command("template")
def template(kind: str, out: Path, language: str = "zh-CN") -> None:
    """Write the workbook to fill in for a kind; for `institution` that of the institution model."""
    wanted = _language(language)
    content = write_institution(None, wanted) if kind == HEAD else record_template(_kind(kind), wanted)
    replace_file(out, content)


@app.command("check")
def check(
    file: Path,
    kind: KindOption,
    mapping: MappingOption = None,
    institution: Annotated[Path | None, typer.Option(help="Check references against this institution file.")] = None,
    language: str = "zh-CN",
) -> None:
    """Tell every mistake of a file with its place; reads no database, exit code 1 when there is any."""
    _tell(check_records(file, kind, mapping, institution, language))


@app.command("import")
def import_file(
    file: Path,
    kind: KindOption,
    settings: Annotated[Path, typer.Option(help="The settings file of the cloud program.")],
    institution: Annotated[str, typer.Option(help="Id of the institution whose book it is.")],
    mapping: MappingOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and enter nothing.")] = False,
) -> None:
    """Enter a file, everything or nothing; exit code 1 when it has mistakes."""
    _tell(enter_records(file, kind, mapping, settings, institution, dry_run=dry_run))


def check_records(
    file: Path, kind_name: str, mapping: Path | None, institution_file: Path | None, language: str
) -> Outcome:
    """All mistakes of a file; with an institution file also its references. Reads no database."""
    kind, wanted = _kind(kind_name), _language(language)
    read = parse_mapping(_content(mapping), str(mapping), kind) if mapping else None
    known = None
    if institution_file is not None:
        known = known_of(read_sources([institution_file])[0].model, load_departments())
    checked = check_file(file.name, _content(file), Target(kind, "-", known, read))
    return _outcome(checked, Comparison(0, 0, 0), wanted, {})


def enter_records(
    file: Path, kind_name: str, mapping: Path | None, settings: Path, institution_id: str, *, dry_run: bool
) -> Outcome:
    """Import a file into the cloud of these settings, everything or nothing; the audit trail names the operator."""
    services = open_cloud(settings).door_services()
    _kind(kind_name)
    operator = Principal(OPERATOR, frozenset({Role.ADMINISTRATOR}), frozenset({institution_id}))
    content = _content(mapping) if mapping else None
    handed_in = HandedIn(institution_id, kind_name, file.name, _content(file), content, str(mapping or ""))
    try:
        answer: ImportAnswer = (check_import if dry_run else import_records)(services, operator, handed_in)
    except DomainError as error:
        reason = load_texts()(error.code, services.language, **error.facts)
        raise ConfigError("command line", "record import", reason) from error
    entered = {"import_id": answer.entered.import_id} if answer.entered else {}
    return _outcome(answer.checked, answer.comparison, services.language, entered)


def _tell(outcome: Outcome) -> None:
    for mistake in outcome.mistakes:
        print(mistake)
    print(json.dumps(outcome.summary, ensure_ascii=False))
    if outcome.mistakes:
        raise typer.Exit(1)


def _outcome(checked: Checked, comparison: Comparison, language: Language, more: dict[str, Any]) -> Outcome:
    summary = {
        "file": checked.file,
        "rows": checked.rows,
        "mistakes": checked.mistake_count,
        "ignored": list(checked.ignored),
        "new": comparison.new,
        "changed": comparison.changed,
        "same": comparison.same,
        **more,
    }
    return Outcome(summary, tuple(one.sentence(language) for one in checked.mistakes))


def _kind(name: str) -> RecordKind:
    if name not in load_kinds():
        raise ConfigError("command line", "kind", f"{name!r} is not one of {', '.join(load_kinds())}")
    return load_kinds()[name]


def _language(given: str) -> Language:
    for language in LANGUAGES:
        if given == language:
            return language
    raise ConfigError("command line", "language", f"{given!r} is not one of {', '.join(LANGUAGES)}")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(file, "file", str(error)) from error
