"""Brings the office to life: its accounts, its year of books through the import, and its people at their doors."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import yaml

from demo.api import Api
from demo.commands import Commands, finish
from demo.layout import Layout
from demo.plan import DEPARTMENTS
from foundation.disk import replace_file

OFFICER, ADMINISTRATOR = "energy-officer", "administrator"
STAFF = 6
ACCOUNTS: dict[str, tuple[str, str]] = {
    **{f"staff-{number}": ("staff", "general") for number in range(1, STAFF + 1)},
    **{f"head-{department}": ("department_head", department) for department in DEPARTMENTS},
    OFFICER: ("energy_officer", "energy"),
    "dispatcher": ("dispatcher", "vehicle"),
    "auditor": ("auditor", "finance"),
    "superior": ("superior", ""),
    ADMINISTRATOR: ("administrator", ""),
}
"""Name -> role and department."""

MAPPING = ".mapping.yaml"


async def open_accounts(layout: Layout, commands: Commands) -> str:
    """Enter every account under one password of this demo, unless they are there; returns the password."""
    if not layout.password.exists():
        password = f"demo-{secrets.token_hex(4)}"
        people = [
            {"name": name, "role": role, "password": password} | ({"department": department} if department else {})
            for name, (role, department) in ACCOUNTS.items()
        ]
        content = yaml.safe_dump({"schema": "xietong.accounts/1", "accounts": people}, sort_keys=False)
        replace_file(layout.accounts, content.encode(), private=True)
        await commands.enter_accounts()
        replace_file(layout.password, password.encode(), private=True)
    return layout.password.read_text(encoding="utf-8")


async def sign_in_everybody(api: Api, layout: Layout, password: str) -> None:
    """A token for each account, for the pretend people."""
    tokens = {name: await api.sign_in(name, password) for name in ACCOUNTS}
    replace_file(layout.tokens, json.dumps(tokens).encode(), private=True)


async def import_books(layout: Layout, commands: Commands, api: Api) -> int:
    """Let the office hand in its year; returns the rows entered. A continued folder has them already."""
    if layout.books_imported.exists():
        return 0
    if not layout.books.exists():
        unfinished = layout.books.with_suffix(".part")
        await finish(commands.write_books(unfinished))
        unfinished.rename(layout.books)
    rows = 0
    for file in sorted(one for one in layout.books.iterdir() if one.suffix in (".csv", ".xlsx")):
        rows += await _import_file(api, file)
    layout.books_imported.touch()
    return rows


async def _import_file(api: Api, file: Path) -> int:
    """One file, named after its kind, with the mapping beside it if there is one."""
    mapping = file.with_name(file.stem + MAPPING)
    parts = {"file": file} | ({"mapping": mapping} if mapping.exists() else {})
    entered = await api.upload(f"/records/imports?kind={file.stem}", parts)
    return int(entered["new"]) + int(entered["changed"])
