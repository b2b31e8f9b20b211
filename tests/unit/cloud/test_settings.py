"""The settings file of the cloud program."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.settings import read_secret, read_settings, storage_secret
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from foundation.tls import TlsFiles

SMALLEST = "schema: xietong.cloud/1\ndata_dir: data\ninstitution_files: [institution.yaml]\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "cloud.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    broker = "broker: {password_file: ../password, tls: {ca_file: ca.pem, key_file: /k/me.key, cert_file: me.pem}}\n"
    text = f"{SMALLEST}{broker}signing_key_file: keys/command.pem\n"
    folder = tmp_path / "etc"
    folder.mkdir()
    settings = read_settings(written(folder, text))
    assert settings.data_dir == folder / "data"
    assert settings.institution_files == (folder / "institution.yaml",)
    assert settings.broker.password_file == tmp_path / "password"
    assert settings.broker.tls == TlsFiles(
        ca_file=folder / "ca.pem", cert_file=folder / "me.pem", key_file=Path("/k/me.key")
    )
    assert settings.signing_key_file == folder / "data" / "keys" / "command.pem"
    assert settings.storage_secret_file == folder / "data" / "storage-secret"
    assert settings.database_url == f"sqlite:///{folder / 'data' / 'cloud.db'}"


def test_defaults_serve_this_machine_only(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, SMALLEST))
    assert (settings.broker.host, settings.http.host, settings.language) == ("127.0.0.1", "127.0.0.1", "zh-CN")


def test_database_is_given_by_url(tmp_path: Path) -> None:
    url = "postgresql://xietong@db/xietong"
    assert read_settings(written(tmp_path, SMALLEST + f"database: {url}\n")).database_url == url
    relative = read_settings(written(tmp_path, SMALLEST + "database: sqlite:///other.db\n"))
    assert relative.database_url == f"sqlite:///{tmp_path / 'other.db'}"


def test_environment_replaces_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIETONG_CLOUD_HTTP__PORT", "8123")
    assert read_settings(written(tmp_path, SMALLEST)).http.port == 8123


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (SMALLEST + "http: {port: 70000}\n", "http.port"),
        (SMALLEST + "databse: x\n", "databse"),
        (SMALLEST + "database: mysql://x\n", "database"),
        (SMALLEST + "language: fr\n", "language"),
        (SMALLEST.replace("[institution.yaml]", "[]"), "institution_files"),
        ("schema: xietong.cloud/2\n", "schema"),
    ],
)
def test_wrong_setting_names_file_key_and_reason(tmp_path: Path, text: str, key: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as mistake:
        read_settings(path)
    assert (mistake.value.file, mistake.value.key) == (str(path), key)
    assert mistake.value.reason


def test_storage_secret_is_made_once_and_private(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, SMALLEST))
    first = storage_secret(settings, SeededRng(1))
    assert storage_secret(settings, SeededRng(2)) == first
    assert len(first) == 64
    assert settings.storage_secret_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("text", "mode", "reason"), [("short", 0o600, "at least"), ("x" * 20, 0o644, "0600")])
def test_weak_secret_stops_the_start(tmp_path: Path, text: str, mode: int, reason: str) -> None:
    path = tmp_path / "password"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(ConfigError, match=reason):
        read_secret(path, "broker.password_file")
    with pytest.raises(ConfigError):
        read_secret(tmp_path / "missing", "broker.password_file")
