"""A public report as one page of HTML: no script, nothing loaded from anywhere, also readable on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from cloud.reporting.document import Document
from cloud.reporting.export.rendered import rendered
from foundation.texts import Language

_STYLE = """
body{margin:0;background:#f3f5f8;color:#1b2733;font:15px/1.6 -apple-system,"Segoe UI",Roboto,"PingFang SC",
"Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif}
main{max-width:860px;margin:0 auto;padding:24px 16px 48px}
header{background:#10253d;color:#fff;border-radius:6px;padding:20px 24px}
header h1{margin:0;font-size:24px}header p{margin:4px 0 0;color:#c9d8ea}
section{background:#fff;border:1px solid #e2e7ed;border-radius:6px;margin-top:16px;padding:8px 24px 20px}
h2{font-size:17px;color:#1f5fa8;margin:12px 0}h3{font-size:15px;margin:16px 0 6px}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 16px;margin:12px 4px;font-size:13px}
dt{color:#5d6d7e}dd{margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:10px}
.card{background:#eef3f9;border-radius:5px;padding:10px 14px}
.card b{display:block;font-size:22px;font-weight:600;color:#1f5fa8}.card .missing{font-size:16px;color:#5d6d7e}
.card span,.note,footer{font-size:12.5px;color:#5d6d7e}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px}
th{background:#eef3f9;border-bottom:2px solid #1f5fa8;text-align:left}td,th{padding:5px 8px}
td{border-bottom:1px solid #e2e7ed}.n{text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:16px;text-align:center}
"""


def html_bytes(document: Document, language: Language) -> bytes:
    """The whole page in one language; every text is escaped."""
    page = rendered(document, language)
    body = "".join(_section(section) for section in page["sections"])
    facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in page["facts"])
    notice = f"<footer>{escape(page['notice'])}</footer>" if page["notice"] else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page['title'])} {escape(page['subtitle'])}</title><style>{_STYLE}</style></head><body><main>"
        f"<header><h1>{escape(page['title'])}</h1><p>{escape(page['subtitle'])}</p></header><dl>{facts}</dl>"
        f"{body}{notice}</main></body></html>"
    ).encode()


def _section(section: dict[str, Any]) -> str:
    return f"<section><h2>{escape(section['title'])}</h2>{''.join(map(_block, section['blocks']))}</section>"


def _block(block: dict[str, Any]) -> str:
    if block["kind"] == "paragraph":
        return f"<p>{escape(block['text'])}</p>"
    if block["kind"] in ("headline", "figures"):
        return f'<div class="cards">{"".join(map(_card, block["items"]))}</div>{_notes(block["notes"])}'
    return "".join(_table(block)) if block["kind"] == "table" else ""


def _card(item: dict[str, Any]) -> str:
    kind = ' class="missing"' if item["is_missing"] else ""
    unit, trust = escape(item["unit"]), escape(item["trust"])
    return (
        f'<div class="card"><span>{escape(item["label"])}</span><b{kind}>{escape(item["value"])} '
        f"<span>{unit}</span></b><span>{trust}</span></div>"
    )


def _table(block: dict[str, Any]) -> Iterator[str]:
    yield f"<h3>{escape(block['title'])}</h3>"
    if not block["rows"]:
        yield f'<p class="note">{escape(block["empty"])}</p>'
        return
    kinds = [' class="n"' if column["is_number"] else "" for column in block["columns"]]
    yield '<div class="wide"><table><thead><tr>'
    for column, kind in zip(block["columns"], kinds, strict=True):
        yield f"<th{kind}>{escape(column['title'])}</th>"
    yield "</tr></thead><tbody>"
    for row in block["rows"]:
        yield (
            "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        )
    yield "</tbody></table></div>" + _notes(block["notes"])


def _notes(notes: list[str]) -> str:
    return "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
