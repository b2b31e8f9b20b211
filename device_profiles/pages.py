"""The catalogue of device models as a Markdown page, in each language, for readers of `docs/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point, Profile, WritablePoint
from foundation.texts import Language, load_texts

ROLES: tuple[str, ...] = get_args(Profile.model_fields["role"].annotation)


def devices_page(catalogue: Catalogue, language: Language) -> str:
    """The whole page; the same bytes for the same profiles."""
    page = _Page(language)
    lines = [f"# {page.word('title')}", "", page.word("intro"), "", page.word("confidence"), "", page.word("own"), ""]
    for role in ROLES:
        profiles = [profile for profile in catalogue.all() if profile.role == role]
        lines += [f"## {page.word(f'role.{role}')}", "", *page.overview(profiles), ""]
        for profile in profiles:
            lines += [*page.section(profile), ""]
    return "\n".join(lines).rstrip() + "\n"


class _Page:
    """Parts of the page in one language."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._texts = load_texts()

    def word(self, key: str) -> str:
        return self._texts(f"devices.{key}", self._language)

    def overview(self, profiles: list[Profile]) -> Iterator[str]:
        yield from self._head("model", "models", "language", "carrier", "points", "writable", "grade")
        for profile in profiles:
            yield _row(
                f"[{profile.id}](#{_anchor(profile)})",
                f"{profile.vendor}: {', '.join(profile.models)}",
                profile.driver,
                self.word(f"carrier.{profile.carrier}"),
                str(len(profile.all_points)),
                str(len(profile.writable) or ""),
                max(source.confidence for source in profile.provenance),
            )

    def section(self, profile: Profile) -> Iterator[str]:
        yield f"### {profile.id}"
        yield ""
        for source in profile.provenance:
            how = f"{self.word(f'checked.{source.checked}')}, {source.confidence}"
            yield f"- {self.word('source')}: {source.source} ({how})"
        for line in self._facts(profile):
            yield f"- {line}"
        yield ""
        if profile.all_points:
            yield from self._head("point", "name", "place", "coding", "unit", "poll", "range")
            for point in profile.all_points:
                yield self._point(point)
        if profile.writable:
            yield ""
            yield from self._head("written", "limits", "step", "rate", "read_back", "safe")
            for point in profile.writable:
                yield self._written(point)

    def _facts(self, profile: Profile) -> Iterator[str]:
        if profile.driver == "modbus":
            serial = profile.link.serial
            yield f"{self.word('serial')}: {serial.baud} {serial.format}, {profile.link.byte_order}"
        if profile.params:
            params = (
                f"`{name}` = {param.default} ({param.min}..{param.max})" for name, param in profile.params.items()
            )
            yield f"{self.word('params')}: {', '.join(params)}"
        for probe in profile.probe:
            place = (
                f"{probe.read.table} {probe.read.address:#06x} {probe.read.type}" if probe.read else _data(probe.data)
            )
            unit = "" if probe.unit == "1" else f" {probe.unit}"
            yield f"{self.word('probe')}: {place} × {probe.scale} = {probe.range[0]}..{probe.range[1]}{unit}"
        if profile.sunspec is not None:
            models = ", ".join(map(str, profile.sunspec.models))
            yield f"{self.word('probe')}: SunSpec {models} ({', '.join(map(str, profile.sunspec.bases))})"
        if profile.events:
            yield f"{self.word('events')}: {', '.join(f'`{event}`' for event in profile.events)}"

    def _point(self, point: Point) -> str:
        return _row(
            f"`{point.name}`",
            self._name(point.name),
            _place(point),
            _coding(point),
            "" if point.unit == "1" else point.unit,
            self.word(f"poll.{point.poll}"),
            f"{point.range[0]}..{point.range[1]}" if point.range else "",
        )

    def _written(self, point: WritablePoint) -> str:
        rate = f"{point.max_writes_per_h}/h, ≥ {point.min_interval_s:g} s"
        back = f"{point.verify.after_ms} ms" + (f", ± {point.verify.tol}" if point.verify.tol else "")
        reverts = f" ({self.word('reverts')} {point.reverts_after_s} s)" if point.reverts_after_s else ""
        limits = f"{point.limits[0]}..{point.limits[1]}"
        return _row(
            f"`{point.name}`", limits, str(point.step or ""), rate, back, f"{point.safe_value}{reverts}"
        )  # fmt: skip

    def _name(self, name: str) -> str:
        folder, _, last = name.rpartition("/")
        if f"console.point.{name}" in self._texts:
            return self._texts(f"console.point.{name}", self._language)
        if f"console.point.{folder}" in self._texts:
            return f"{self._texts(f'console.point.{folder}', self._language)} {last}"
        return ""

    def _head(self, *columns: str) -> Iterator[str]:
        yield _row(*(self.word(f"column.{column}") for column in columns))
        yield "|" + " --- |" * len(columns)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _anchor(profile: Profile) -> str:
    """As Markdown viewers make it: without dots."""
    return profile.id.replace(".", "")


def _place(point: Point) -> str:
    if point.sunspec is not None:
        return f"SunSpec {'/'.join(map(str, point.sunspec.models))} + {point.sunspec.offset}"
    if point.register_place is not None:
        return f"{point.table} {point.address:#06x}"
    if point.data is not None:
        return _data(point.data)
    return f"`{point.field}`" if point.field else ""


def _data(field: object) -> str:
    identifier, at = getattr(field, "id", 0), getattr(field, "at", 0)
    return f"{identifier:#010x} + {at}" if identifier > 0xFFFF else f"{identifier:#06x} + {at}"


def _coding(point: Point) -> str:
    parts = [point.type or (f"{point.data.coding} {point.data.bytes}" if point.data else "")]
    if point.fraction is not None:
        parts.append(f"+ {point.fraction.type}")
    if point.mask is not None:
        parts.append(f"& {point.mask:#06x}")
    if point.scale_ref is not None:
        parts.append("× 10^sf")
    if point.scale != 1:
        parts.append(f"× {point.scale}")
    if point.offset:
        parts.append(f"+ {point.offset}")
    parts += [f"× {name}" for name in point.ratio]
    if point.pf_4q:
        parts.append("4Q")
    return " ".join(part for part in parts if part)
