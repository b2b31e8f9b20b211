"""The client's side of TLS, from PEM files named in a site or settings file."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Self

from pydantic import model_validator

from foundation.errors import ConfigError
from foundation.link import Tls
from foundation.settings import FrozenModel


class TlsFiles(FrozenModel):
    """PEM files; `cert_file` is our own certificate, shown to a server that asks for one.

    `server_name` is whom the server's certificate names, when that is not the host it is reached by.
    """

    ca_file: Path
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("a key_file needs its cert_file")
        return self

    def beside(self, folder: Path) -> Self:
        """With relative paths taken from `folder`."""
        files = {name: getattr(self, name) for name in ("ca_file", "cert_file", "key_file")}
        return self.model_copy(update={name: (folder / file).resolve() for name, file in files.items() if file})

    def tls(self, key: str) -> Tls:
        """Ready to dial; `key` is where the files are named, for errors. A missing or wrong file: ConfigError."""
        return Tls(client_context(key, self.ca_file, self.cert_file, self.key_file), self.server_name)


def client_context(
    key: str, ca_file: Path, cert_file: Path | None = None, key_file: Path | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or newer that trusts `ca_file` only, and shows a certificate of its own when one is given.

    `key` is where the files are named in the site file, for errors. A missing or wrong file raises ConfigError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(ca_file, f"{key}.ca_file", _reason(error)) from error
    if cert_file is not None:
        _require(key_file, f"{key}.key_file")
        try:
            # A password is never asked for: nobody sits before the box.
            context.load_cert_chain(cert_file, key_file, password="")
        except (OSError, ssl.SSLError) as error:
            wrong = cert_file if not cert_file.is_file() else key_file or cert_file
            raise ConfigError(wrong, f"{key}.cert_file", _reason(error)) from error
    return context


def _require(file: Path | None, key: str) -> None:
    if file is not None and not file.is_file():
        raise ConfigError(file, key, "no such file")


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"not the expected PEM: {error.reason or error}"
    return error.strerror or str(error)
