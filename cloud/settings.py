"""The settings file of the cloud program: where its data, broker, database and keys are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from device_profiles.identifiers import Id
from foundation.disk import create_file
from foundation.errors import ConfigError
from foundation.rng import Rng
from foundation.settings import FrozenModel, read_model
from foundation.texts import Language
from gateway.broker_address import Broker

SHORTEST_SECRET = 16


def _supported(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+")):
        raise ValueError("must be sqlite:///PATH or postgresql://...")
    return url


class HttpSettings(FrozenModel):
    """Where people's doors listen; the loopback address until somebody decides otherwise."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)


class StoreSettings(FrozenModel):
    """Where readings are kept: in a file of `data_dir`, or in an InfluxDB 1.x or 2.x.

    `bucket` is the first part of the names of the buckets (databases): `iot` stands for iot_raw, iot_15m, iot_event.
    The file holds the token of 2.x, or `user:password` for 1.x, mode 0600.

    Readings are kept as they came for `raw_days`. After that counters keep what decides their quarter hours, gauges the
    means of quarter hours for `quarter_days` and those of days for ever.
    """

    kind: Literal["embedded", "influx1", "influx2"] = "embedded"
    url: str = Field("http://127.0.0.1:8086", pattern=r"^https?://[^/\s]+$")
    bucket: Id = "iot"
    org: str = ""
    token_file: Path | None = None
    raw_days: int = Field(90, ge=60)
    quarter_days: int = Field(1_095, ge=90)


class IngestSettings(FrozenModel):
    """Who ingests: see docs/decisions/0016.

    `groups` are the compounds that this process serves, all if none is named; processes that serve different groups
    need a `host_id` each. Several processes of one host id stand in for each other: `lease_s` after the last sign of
    life of the primary another one takes over. `process` names this one in status and log; by default machine and
    process number.
    """

    groups: tuple[Id, ...] = ()
    lease_s: float = Field(5, ge=1, le=60)
    process: str = ""


class CloudSettings(FrozenModel):
    """The whole file. After `read_settings` every path is absolute."""

    schema_: Literal["xietong.cloud/1"] = Field(alias="schema")
    data_dir: Path
    broker: Broker = Broker()
    host_id: Id = "xietong"
    http: HttpSettings = HttpSettings()
    ingest: IngestSettings = IngestSettings()
    store: StoreSettings = StoreSettings()
    database: Annotated[str, AfterValidator(_supported)] | None = None
    institution_files: tuple[Path, ...] = Field(min_length=1)
    signing_key_file: Path = Path("command-key.pem")
    sealing_key_file: Path = Path("sealing-key.pem")
    storage_secret_file: Path = Path("storage-secret")
    language: Language = "zh-CN"

    @property
    def database_url(self) -> str:
        """The relational database: the given URL, or a SQLite file in `data_dir`."""
        return self.database or f"sqlite:///{self.data_dir / 'cloud.db'}"


def read_settings(path: Path) -> CloudSettings:
    """Checked settings; `XIETONG_CLOUD_HTTP__PORT=8081` in the environment replaces `http.port`.

    Relative paths are taken from the file's folder, except the keys and the secret, which lie in `data_dir`.
    A wrong setting raises ConfigError.
    """
    settings = read_model(CloudSettings, path, env_prefix="XIETONG_CLOUD")
    folder = path.resolve().parent
    data_dir = (folder / settings.data_dir).resolve()

    def beside(path: Path | None) -> Path | None:
        return (folder / path).resolve() if path else None

    return settings.model_copy(
        update={
            "data_dir": data_dir,
            "broker": settings.broker.beside(folder),
            "store": settings.store.model_copy(update={"token_file": beside(settings.store.token_file)}),
            "database": _absolute_sqlite(settings.database, folder),
            "institution_files": tuple((folder / file).resolve() for file in settings.institution_files),
            "signing_key_file": (data_dir / settings.signing_key_file).resolve(),
            "sealing_key_file": (data_dir / settings.sealing_key_file).resolve(),
            "storage_secret_file": (data_dir / settings.storage_secret_file).resolve(),
        }
    )


def read_secret(path: Path, key: str) -> str:
    """The secret in a file; ConfigError when it can't be read, is too short or others may read it."""
    try:
        text, mode = path.read_text(encoding="utf-8").strip(), path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, key, str(error)) from error
    if len(text) < SHORTEST_SECRET:
        raise ConfigError(path, key, f"a secret needs at least {SHORTEST_SECRET} characters")
    if mode & 0o077:
        raise ConfigError(path, key, "others may read this file; its mode must be 0600")
    return text


def storage_secret(settings: CloudSettings, rng: Rng) -> str:
    """The secret that seals browser sessions; made on first use."""
    path = settings.storage_secret_file
    create_file(path, lambda: rng.token(32).hex().encode(), private=True)
    return read_secret(path, "storage_secret_file")


def _absolute_sqlite(url: str | None, folder: Path) -> str | None:
    if url is None or not url.startswith("sqlite:///"):
        return url
    return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).resolve()}"
