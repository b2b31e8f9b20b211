"""Plug-ins without a list to edit: every module of a package exports one object under one well-known name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from typing import TypeVar

from foundation.errors import ConfigError

Plugin = TypeVar("Plugin")


def load_plugins(package: str, name: str, kind: type[Plugin], *, without: Collection[str] = ()) -> dict[str, Plugin]:
    """Object `name` of every module of `package`, by module name, in alphabetical order.

    `without` names the modules that hold the plug-ins' own contract. A module that lacks the object, or whose object
    is not a `kind`, raises ConfigError; so does a package without any.
    """
    found: dict[str, Plugin] = {}
    for module_info in sorted(
        pkgutil.iter_modules(importlib.import_module(package).__path__), key=lambda one: one.name
    ):
        if module_info.name in without:
            continue
        module = importlib.import_module(f"{package}.{module_info.name}")
        plugin = getattr(module, name, None)
        if not isinstance(plugin, kind):
            raise ConfigError(module.__file__ or module.__name__, name, f"must be a {kind.__name__}")
        found[module_info.name] = plugin
    if not found:
        raise ConfigError(package, name, "no plug-in in this package")
    return found
