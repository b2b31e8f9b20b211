"""The composition as far as it can be known without Docker: its shape, its files, its settings, its secrets."""

from __future__ import annotations

import getpass
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from cloud.core.institution_file import read_institution
from cloud.settings import CloudSettings, read_settings
from deploy.prepare import main as prepare
from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.servers import require
from tests.support.tree import ROOT

DEPLOY = ROOT / "deploy"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::[-?][^}]*)?\}")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HealthCheck(Strict):
    test: list[str]
    interval: str
    timeout: str
    retries: int


class Condition(Strict):
    condition: str = Field(pattern="^service_(started|healthy)$")


class Build(Strict):
    context: str
    dockerfile: str


class Service(Strict):
    """The keys of the Compose specification that we use."""

    image: str | None = Field(None, pattern=r"^[a-z0-9./-]+:[0-9][0-9.]*$")
    build: Build | None = None
    restart: str
    user: str | None = None
    command: list[str] = []
    environment: dict[str, str] = {}
    ports: list[str] = []
    volumes: list[str] = []
    healthcheck: HealthCheck | None = None
    depends_on: dict[str, Condition] = {}


class Composition(Strict):
    name: str
    services: dict[str, Service]
    volumes: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def composition() -> Composition:
    return Composition.model_validate(yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy")
    prepare(folder)
    return folder


def test_every_service_has_one_origin_and_waits_for_known_ones(composition: Composition) -> None:
    for service in composition.services.values():
        assert (service.image is None) != (service.build is None)
        assert set(service.depends_on) <= set(composition.services)
        healthy = [name for name, one in service.depends_on.items() if one.condition == "service_healthy"]
        assert all(composition.services[name].healthcheck for name in healthy)


def test_every_mounted_file_is_there_or_made_by_prepare(composition: Composition, prepared: Path) -> None:
    for service in composition.services.values():
        for source in (one.split(":")[0] for one in service.volumes):
            if source.startswith("."):
                assert (DEPLOY / source).exists() or (prepared / source).exists(), source
            else:
                assert source in composition.volumes


def test_every_variable_is_made_by_prepare_or_has_a_default(composition: Composition, prepared: Path) -> None:
    made = {line.split("=")[0] for line in (prepared / ".env").read_text(encoding="utf-8").splitlines()}
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    without_default = {name for name in VARIABLE.findall(text) if f"${{{name}:-" not in text}
    assert without_default == made


def test_every_variable_of_the_cloud_is_a_setting_that_it_reads(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = composition.services["cloud"].environment
    for name in environment:
        key = name.removeprefix("XIETONG_CLOUD_").lower().split("__")[0]
        assert key in CloudSettings.model_fields
    monkeypatch.setenv("XIETONG_CLOUD_DATABASE", environment["XIETONG_CLOUD_DATABASE"])
    settings = read_settings(DEPLOY / "compose" / "cloud.yaml")
    assert settings.database_url.startswith("postgresql+psycopg://xietong:")
    assert (settings.store.kind, settings.http.port) == ("influx2", 8080)


def test_the_settings_find_their_files_where_they_are_mounted(composition: Composition) -> None:
    mounted = {one.split(":")[1] for one in composition.services["cloud"].volumes}
    settings = yaml.safe_load((DEPLOY / "compose" / "cloud.yaml").read_text(encoding="utf-8"))
    named = [settings["broker"]["password_file"], settings["store"]["token_file"], *settings["institution_files"]]
    assert {f"/etc/xietong/{name}" for name in named} <= mounted
    assert settings["data_dir"] in mounted
    assert read_institution(DEPLOY / "compose" / "institution.yaml").buildings


def test_grafana_is_given_every_variable_that_its_provisioning_names(composition: Composition) -> None:
    text = (ROOT / "dashboards" / "provisioning" / "datasources" / "influxdb.yaml").read_text(encoding="utf-8")
    assert set(VARIABLE.findall(text)) <= set(composition.services["grafana"].environment)
    boards = yaml.safe_load(
        (ROOT / "dashboards" / "provisioning" / "dashboards" / "xietong.yaml").read_text(encoding="utf-8")
    )
    mounts = dict(reversed(one.split(":")[:2]) for one in composition.services["grafana"].volumes)
    for provider in boards["providers"]:
        mount, _, language = provider["options"]["path"].rpartition("/")
        assert list((DEPLOY / mounts[mount] / language).glob("*.json"))


def test_secrets_are_closed_to_others_and_stay_the_same(prepared: Path) -> None:
    before = {path: path.read_bytes() for path in prepared.rglob("*") if path.is_file()}
    prepare(prepared)
    changed = {path.name for path, content in before.items() if path.read_bytes() != content}
    assert changed <= {"mosquitto.passwd"}
    closed = [path for path in before if path.name != "mosquitto.passwd"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in closed)


def test_a_real_broker_takes_the_composition_s_accounts(prepared: Path, tmp_path: Path) -> None:
    program, port = require("mosquitto"), free_port()
    text = (DEPLOY / "compose" / "mosquitto.conf").read_text(encoding="utf-8")
    text = text.replace("listener 1883", f"listener {port} 127.0.0.1").replace("log_type warning", "log_type all")
    text = text.replace("/mosquitto/config/xietong.passwd", str(prepared / "secrets" / "mosquitto.passwd"))
    text = text.replace("/mosquitto/config/xietong.acl", str(DEPLOY / "mosquitto" / "xietong.acl"))
    # Else root's broker becomes somebody who may not enter the test's folder.
    owner = f"user {getpass.getuser()}\n"
    (tmp_path / "mosquitto.conf").write_text(owner + text, encoding="utf-8")
    broker = ChildProcess("mosquitto", [program, "-c", tmp_path / "mosquitto.conf"], tmp_path / "broker.log")
    try:
        broker.start()
        broker.wait_for_port(port)
        right = (prepared / "secrets" / "mqtt-password").read_text(encoding="utf-8")
        assert [_signs_in(port, password) for password in (right, "wrong")] == [True, False]
    finally:
        broker.clean_up()


def _signs_in(port: int, password: str) -> bool:
    code = (
        "import sys, threading, paho.mqtt.client as mqtt\n"
        "c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2); c.username_pw_set('xietong', sys.argv[2])\n"
        "known = []; seen = threading.Event()\n"
        "c.on_connect = lambda *a: (known.append(a[3]), seen.set())\n"
        "c.connect('127.0.0.1', int(sys.argv[1])); c.loop_start(); seen.wait(10); sys.exit(known[0].is_failure)"
    )
    return subprocess.run([sys.executable, "-c", code, str(port), password], check=False, timeout=30).returncode == 0
