"""The workbook of one kind of record, ready to be filled in; what comes back is read without a mapping."""

from __future__ import annotations

from cloud.core.form_workbook import Form, FormColumn, FormSheet, write_form
from cloud.records.convert import choice_label
from cloud.records.kind import FieldType, RecordField, RecordKind
from foundation.texts import Language, load_texts

_FORMS: dict[FieldType, Form] = {
    "text": "text",
    "choice": "text",
    "integer": "number",
    "number": "number",
    "money": "money",
    "day": "day",
    "time": "time",
    "flag": "text",
}


def record_template(kind: RecordKind, language: Language) -> bytes:
    """An XLSX file with one sheet; the same kind and language give the same bytes."""
    columns = tuple(_column(field, language) for field in kind.fields.values())
    return write_form([FormSheet(kind.name[language], kind.name[language], columns)])


def _column(field: RecordField, language: Language) -> FormColumn:
    texts = load_texts()
    choices = tuple(choice_label(choice, language) for choice in field.choices)
    if field.type == "flag":
        choices = (texts("record.flag.yes", language), texts("record.flag.no", language))
    parts = [
        texts("record.hint.required" if field.required else "record.hint.optional", language),
        texts(f"record.hint.{field.type}", language, choices=" / ".join(choices)),
        texts(f"record.hint.refers_to.{field.refers_to}", language) if field.refers_to else "",
        field.unit,
    ]
    hint = texts("record.hint.between", language).join(part for part in parts if part)
    return FormColumn(field.label[language], hint, _FORMS[field.type], field.required, choices)
