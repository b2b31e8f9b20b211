"""Bad input at the front door: one line that names file, key and reason, exit code 2, and nothing started."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from cloud.adapters.sql.database import open_database
from cloud.adapters.sql.sql_ports import sql_ports
from demo.layout import Layout, prepare
from demo.plan import write_cloud, write_institution, write_site
from foundation.clock import SystemClock
from foundation.texts import load_texts
from simulators.compound import load_compound
from tests.support.process import xietong

PROFILE = """
schema: xietong.device-profile/1
id: acme.m1
vendor: Acme
models: [M1]
carrier: electricity
role: meter
provenance: [{source: a manual, checked: manual, confidence: A}]
points:
  - {name: Power/Active/Total, table: holding, address: 0, type: int32, unit: kWat}
"""


def answer(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(part) for part in xietong(*arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def refusal(*arguments: str | Path) -> str:
    """The one line on standard error of a command that must refuse to start."""
    found = answer(*arguments)
    assert found.returncode == 2, found
    (line,) = found.stderr.strip().splitlines()
    assert line.startswith("xietong: ")
    return line


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made, compound = prepare(tmp_path / "county"), load_compound()
    write_cloud(made, 1, 1)
    write_institution(made, compound, load_texts())
    ports = {bus.id: 15_020 + place for place, bus in enumerate(compound.buses)}
    write_site(made, compound, broker_port=1, bus_ports=ports, public_key="ed25519:" + "A" * 43 + "=")
    return made


def change(file: Path, *path: str | int, value: object) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_a_wrong_profile_is_named_with_file_key_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "acme_m1.yaml"
    file.write_text(PROFILE, encoding="utf-8")
    found = answer("profile", "check", file)
    assert found.returncode == 1
    assert str(file) in found.stdout
    assert "points.Power/Active/Total.unit" in found.stdout
    assert "unknown unit 'kWat'" in found.stdout


def test_the_shipped_profiles_are_right_and_listed() -> None:
    assert answer("profile", "check").stdout == "ok\n"
    listed = answer("profile", "list").stdout
    assert all(name in listed for name in ("eastron.sdm630", "acrel.adl400", "tuf.tuf2000m_water", "intesis.ac"))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("devices", 0, "profile"), "acme.nothing", "unknown profile 'acme.nothing'"),
        (("devices", 0, "bus"), "bus-z", "unknown bus bus-z"),
        (("devices", 0, "params"), {"ct": -1}, "ct"),
        (("poll", "fast_s"), 0, "poll.fast_s"),
        (("grup",), "x", "grup"),
        (("command_keys",), ["ed25519:zzz"], "command_keys"),
        (("group",), "a/+", "group"),
    ],
)
def test_a_wrong_site_file_stops_the_edge(
    layout: Layout, path: tuple[str | int, ...], value: object, expected: str
) -> None:
    change(layout.site, *path, value=value)
    line = refusal("edge", "run", "--site", layout.site)
    assert str(layout.site) in line
    assert expected in line


def test_a_missing_or_unreadable_site_file_stops_the_edge(tmp_path: Path) -> None:
    assert "file" in refusal("edge", "run", "--site", tmp_path / "nowhere.yaml")
    broken = tmp_path / "site.yaml"
    broken.write_text("a: [1\nb: 2\n", encoding="utf-8")
    assert "line" in refusal("edge", "status", "--site", broken)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("http", "port"), 99_999, "http.port"),
        (("database",), "mysql://x", "database"),
        (("institution_files",), ["missing.yaml"], "missing.yaml"),
    ],
)
def test_a_wrong_setting_stops_the_cloud(
    layout: Layout, path: tuple[str | int, ...], value: object, expected: str
) -> None:
    change(layout.cloud, *path, value=value)
    assert expected in refusal("cloud", "run", "--settings", layout.cloud)


def test_an_unknown_role_or_person_is_refused(layout: Layout) -> None:
    assert "role" in refusal("cloud", "run", "--settings", layout.cloud, "--role", "everything")
    assert "role" in refusal("cloud", "token", "--settings", layout.cloud, "--name", "x", "--role", "king")


def test_a_wrong_line_of_a_history_file_is_named_and_nothing_is_imported(layout: Layout, tmp_path: Path) -> None:
    file = tmp_path / "logger.csv"
    file.write_text("device,time_utc,point,value,unit\na-main,now,Energy/Active/Total,1,kWh\n", encoding="utf-8")
    line = refusal("edge", "import", file, "--site", layout.site)
    assert f"{file}: line 2" in line


def test_a_simulator_refuses_what_it_does_not_know() -> None:
    assert "acme.nothing" in refusal("simulate", "--profile", "acme.nothing")
    assert "HOST:PORT" in refusal("simulate", "--broker", "nowhere")


def test_a_customers_own_profile_is_one_file_beside_the_site(layout: Layout) -> None:
    folder = layout.folder / "profiles"
    folder.mkdir()
    (folder / "acme_m1.yaml").write_text(PROFILE.replace("kWat", "kW"), encoding="utf-8")
    change(layout.site, "devices", 0, "profile", value="acme.m1")
    change(layout.site, "devices", 0, "params", value={})
    assert "unknown profile" in refusal("edge", "status", "--site", layout.site)
    change(layout.site, "profiles", value="profiles")
    assert answer("edge", "status", "--site", layout.site).returncode == 0


def test_a_token_is_granted_for_a_time_withdrawn_and_audited(layout: Layout) -> None:
    settings = ("--settings", layout.cloud, "--name", "li")
    assert "days" in refusal("cloud", "token", *settings, "--days", "0")
    token = answer("cloud", "token", *settings, "--role", "auditor").stdout.strip()
    clock = SystemClock()
    ports = sql_ports(open_database(f"sqlite:///{layout.folder / 'cloud' / 'cloud.db'}"), clock)
    now = clock.now_ms()
    principal = ports.accounts.principal_of(token, now)
    assert principal is not None
    assert principal.name == "li"
    assert ports.accounts.principal_of(token, now + 91 * 86_400_000) is None
    assert answer("cloud", "withdraw", *settings).returncode == 0
    assert ports.accounts.principal_of(token, clock.now_ms()) is None
    actions = [entry.action for entry in ports.audit.recent(principal.institution_ids)]
    assert actions == ["token.withdraw", "token.grant"]


def test_the_accounts_of_a_file_are_entered_with_passwords_that_sign_in(layout: Layout, tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    people = [
        {"name": "li", "role": "auditor"},
        {"name": "wang", "role": "department_head", "department": "vehicle", "password": "correct horse battery"},
    ]
    file.write_text(yaml.safe_dump({"schema": "xietong.accounts/1", "accounts": people}), encoding="utf-8")
    passwords = json.loads(answer("cloud", "accounts", file, "--settings", layout.cloud).stdout)
    assert passwords["wang"] == "correct horse battery"
    ports = sql_ports(open_database(f"sqlite:///{layout.folder / 'cloud' / 'cloud.db'}"), SystemClock())
    principals = [ports.accounts.sign_in(name, passwords[name], f"xt_{name}", now_ms=0) for name in ("li", "wang")]
    assert [one.department if one else "?" for one in principals] == [None, "vehicle"]
    people[0]["role"] = "department_head"
    file.write_text(yaml.safe_dump({"schema": "xietong.accounts/1", "accounts": people}), encoding="utf-8")
    assert "accounts.0: a department head needs a department" in refusal(
        "cloud", "accounts", file, "--settings", layout.cloud
    )
