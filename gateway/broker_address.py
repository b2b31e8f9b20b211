"""The broker as site and settings files name it: address, login, TLS."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Self

from pydantic import Field

from foundation.settings import FrozenModel
from foundation.tls import TlsFiles
from gateway.mqtt_link import Endpoint, read_password


class Broker(FrozenModel):
    """Where the broker is; the password stands in a file of its own, mode 0600.

    With `tls` (usually port 8883) the broker's certificate must be signed by `ca_file` and name `server_name`, or else
    `host`.
    """

    host: str = "127.0.0.1"
    port: int = Field(1883, ge=1, le=65_535)
    username: str | None = None
    password_file: Path | None = None
    keepalive_s: int = Field(15, ge=5, le=600)
    tls: TlsFiles | None = None

    def beside(self, folder: Path) -> Self:
        """With relative paths taken from `folder`."""
        password_file = (folder / self.password_file).resolve() if self.password_file else None
        tls = self.tls.beside(folder) if self.tls else None
        return self.model_copy(update={"password_file": password_file, "tls": tls})

    def endpoint(self) -> Endpoint:
        """Ready to connect; a file that cannot be read raises ConfigError."""
        tls = partial(self.tls.tls, "broker.tls") if self.tls else None
        if tls is not None:
            tls()
        password = read_password(self.password_file)
        return Endpoint(self.host, self.port, self.username, password, self.keepalive_s, tls)
