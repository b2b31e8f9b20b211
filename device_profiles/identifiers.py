"""The grammar of names that appear in topics, tags and files."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import StringConstraints

ID_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$"
PROFILE_ID_PATTERN = r"^[a-z0-9_]+(?:\.[a-z0-9_]+)+$"
POINT_PATTERN = r"^[A-Z][A-Za-z0-9]*(?:/[A-Z0-9][A-Za-z0-9]*)*$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""Compound, edge node, device, building: lower case, digits, inner hyphens, at most 40 (no MQTT wildcard fits)."""

ProfileId = Annotated[str, StringConstraints(pattern=PROFILE_ID_PATTERN)]
"""`vendor.model`, lower case."""

PointName = Annotated[str, StringConstraints(pattern=POINT_PATTERN, max_length=60)]
"""Folders in capitals joined by `/`, such as `Power/Active/Total`."""


def is_id(text: str) -> bool:
    """Whether `text` may name a compound, node, device or building."""
    return re.fullmatch(ID_PATTERN, text) is not None
