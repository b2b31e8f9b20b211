"""Reads files that people write (YAML) and turns every mistake into one ConfigError with file, key and reason."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.errors import ConfigError

try:
    from yaml import CSafeLoader
except ImportError:
    from yaml import SafeLoader as CSafeLoader  # type: ignore[assignment]


class FrozenModel(BaseModel):
    """Base of every model that a person's file is read into: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Model = TypeVar("Model", bound=BaseModel)


_NO_VALUE = (ValueError, LookupError, RecursionError)
"""What YAML raises beside its own errors, for text that looks like a value and is none, such as the date 2024-13-45."""


class _UniqueKeyLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice instead of silently taking the last."""


class _FastLoader(CSafeLoader):
    """The same in C: some seven times as fast, which a small box feels at every start."""


def _unique_mapping(loader: _UniqueKeyLoader | _FastLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if not isinstance(key, str | int | float | bool):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", node.start_mark)
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is written twice", node.start_mark)
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


for _loader in (_UniqueKeyLoader, _FastLoader):
    _loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; unreadable or ill-formed text raises ConfigError with the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, "file", str(error)) from error
    return parse_yaml(text, path)


def parse_yaml(text: str, source: str | Path) -> Any:
    """The content of YAML text; ill-formed text raises ConfigError with the line."""
    try:
        return yaml.load(text, Loader=_FastLoader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, *_NO_VALUE):
        pass  # read again by the loader that tells better where the mistake is
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "text"
        raise ConfigError(source, line, error.problem or "not YAML") from error
    except (yaml.YAMLError, *_NO_VALUE) as error:
        raise ConfigError(source, "text", str(error)) from error


def read_model(model: type[Model], path: Path, *, env_prefix: str | None = None) -> Model:
    """A model read from a YAML file; with `env_prefix`, `PREFIX_A__B=x` in the environment replaces key a.b."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(path, "file", "must be a mapping of keys")
    if env_prefix:
        _override(content, env_prefix)
    return parse_model(model, content, path)


def parse_model(model: type[Model], content: Any, source: str | Path) -> Model:
    """Validate already loaded content; the first mistake becomes a ConfigError naming its key."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigError(source, key, _reason(first)) from error


def _reason(first: Any) -> str:
    given = first.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{message}{shown}"


def _override(content: dict[str, Any], prefix: str) -> None:
    for name, value in sorted(os.environ.items()):
        if not name.startswith(f"{prefix}_"):
            continue
        *parents, last = name.removeprefix(f"{prefix}_").lower().split("__")
        place = content
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise ConfigError("environment", name, f"key {parent!r} is not a group of settings")
        place[last] = value
