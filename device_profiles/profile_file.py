"""From a YAML file to a checked Profile, or to every mistake in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from device_profiles.consistency import problems_of
from device_profiles.profile import Profile
from foundation.errors import ConfigError
from foundation.settings import read_yaml


def read_profile(path: Path) -> Profile:
    """The profile of one file; the first mistake raises ConfigError naming file, key and reason."""
    profile, mistakes = examine(path)
    if profile is None or mistakes:
        raise mistakes[0]
    return profile


def examine(path: Path) -> tuple[Profile | None, list[ConfigError]]:
    """The profile, None when its form is wrong, and every mistake found in the file."""
    try:
        content = read_yaml(path)
    except ConfigError as error:
        return None, [error]
    if not isinstance(content, dict):
        return None, [ConfigError(path, "file", "must be a mapping of keys")]
    try:
        profile = Profile.model_validate(content)
    except ValidationError as error:
        return None, [_mistake(path, content, detail) for detail in error.errors()]
    mistakes = [ConfigError(path, problem.key, problem.reason) for problem in problems_of(profile)]
    name = f"{profile.id.replace('.', '_')}.yaml"
    if path.name != name:
        mistakes.append(ConfigError(path, "id", f"{profile.id} belongs in a file named {name}"))
    return profile, mistakes


def _mistake(path: Path, content: dict[str, Any], detail: ErrorDetails) -> ConfigError:
    given = detail["input"]
    shown = f" (given: {given!r})" if isinstance(given, str | int | float) else ""
    return ConfigError(path, _key(content, detail["loc"]), detail["msg"].removeprefix("Value error, ") + shown)


def _key(content: Any, loc: tuple[int | str, ...]) -> str:
    """Dotted key; an entry of a list is called by its `name` where it has one, for nobody counts list entries."""
    parts: list[str] = []
    for part in loc:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            content = None
        name = content.get("name") if isinstance(part, int) and isinstance(content, dict) else None
        parts.append(name if isinstance(name, str) else str(part))
    return ".".join(parts) or "file"
