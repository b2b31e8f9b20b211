"""The eight departments as data: who answers for which family of events. Read from `cloud/departments/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from cloud.core.access import Principal, Role
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from foundation.texts import Language

FOLDER = Path(__file__).parent.parent / "departments"

Family = Annotated[str, StringConstraints(pattern=r"^(?:[a-z_]+\.)+$")]
"""Start of event kinds up to and with a dot: `energy.` takes `energy.threshold_breach`."""


class Manifest(FrozenModel):
    """One department: its names, the role that owns it, and the event families it answers for.

    `answers_for_the_rest` marks the one department that takes kinds of no known family.
    """

    id: str = Field(pattern=r"^[a-z_]+$")
    name: dict[Language, str] = Field(min_length=2)
    owner: Role
    events: tuple[Family, ...] = Field(min_length=1)
    answers_for_the_rest: bool = False


class Departments:
    """All departments, and which of them answers for an event."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._manifests = {manifest.id: manifest for manifest in manifests}
        families = [(family, manifest.id) for manifest in self._manifests.values() for family in manifest.events]
        # The longest family that fits decides, so `device.smoke.` may be taken out of `device.`.
        self._families = sorted(families, key=lambda claim: -len(claim[0]))
        self._rest = next(manifest.id for manifest in self._manifests.values() if manifest.answers_for_the_rest)

    def all(self) -> tuple[Manifest, ...]:
        """Every department in the order of their ids."""
        return tuple(self._manifests[department] for department in sorted(self._manifests))

    def get(self, department: str) -> Manifest:
        """The department of that id; KeyError when there is none."""
        return self._manifests[department]

    def answering(self, kind: str) -> str:
        """Id of the department that answers for events of this kind, known or not."""
        for family, department in self._families:
            if kind.startswith(family):
                return department
        return self._rest

    def restricted_for(self, principal: Principal) -> frozenset[str]:
        """Departments whose restricted matters the principal may read: their head, or the role that owns them."""
        return frozenset(
            manifest.id
            for manifest in self._manifests.values()
            if (Role.DEPARTMENT_HEAD in principal.roles and principal.department == manifest.id)
            or (manifest.owner is not Role.DEPARTMENT_HEAD and manifest.owner in principal.roles)
        )


def load_departments(folder: Path = FOLDER) -> Departments:
    """Every manifest of the folder.

    Raises ConfigError when a file is not named after its id, a family is claimed twice, or when not exactly one
    department answers for the rest.
    """
    manifests: list[Manifest] = []
    claimed: dict[str, Path] = {}
    for path in sorted(folder.glob("*.yaml")):
        manifest = read_model(Manifest, path)
        if manifest.id != path.stem:
            raise ConfigError(path, "id", f"{manifest.id} belongs in a file named {manifest.id}.yaml")
        for family in manifest.events:
            if family in claimed:
                raise ConfigError(path, "events", f"{family} is already claimed in {claimed[family].name}")
            claimed[family] = path
        manifests.append(manifest)
    rest = [manifest.id for manifest in manifests if manifest.answers_for_the_rest]
    if len(rest) != 1:
        raise ConfigError(folder, "answers_for_the_rest", f"must be true in exactly one file, is in {rest or 'none'}")
    return Departments(manifests)
