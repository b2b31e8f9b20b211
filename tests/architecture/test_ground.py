"""What the project is made of: its folders, its dependencies, and what its files may not say."""

from __future__ import annotations

import re
import tomllib

from tests.support.tree import ROOT, committed_texts

FOLDERS = [
    "foundation", "device_profiles", "gateway", "edge_agent", "cloud", "simulators", "dashboards", "demo",
    "benchmarks", "deploy", "docs", "docs/decisions", "cloud/core", "cloud/departments", "cloud/telemetry",
    "cloud/energy", "cloud/detectors", "cloud/adapters", "cloud/ingest", "cloud/api", "cloud/console", "cloud/jobs",
    "tests/architecture", "tests/unit", "tests/contract", "tests/golden", "tests/integration", "tests/e2e",
    "tests/browser", "tests/chaos", "tests/support",
]  # fmt: skip

MOST_BASE_DEPENDENCIES = 8

MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:home/\w+|Users/\w+|root|work)/")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")
# Written in parts, so that this file names none of them.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("tuna", "tsinghua"),
        ("mirrors", "aliyun"),
    )
]


def test_tree_has_every_folder_of_the_architecture() -> None:
    assert not [one for one in FOLDERS if not any(path.is_file() for path in (ROOT / one).rglob("*"))]


def test_links_between_the_documents_lead_somewhere() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {target}"
        for path, text in committed_texts()
        if path.suffix == ".md"
        for target in LINK.findall(text)
        if not (path.parent / target).exists()
    ]
    assert not found


def test_gateway_box_needs_few_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    edge = project["dependencies"] + project["optional-dependencies"]["edge"]
    assert len(edge) <= MOST_BASE_DEPENDENCIES


def test_wheel_holds_no_tests() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    packed = tool["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert "tests" not in packed
    assert {"cloud", "edge_agent", "gateway", "device_profiles", "foundation", "simulators", "demo"} <= set(packed)


def test_departments_are_data() -> None:
    code = [path.name for path in (ROOT / "cloud" / "departments").rglob("*") if path.suffix in (".py", ".pyc")]
    assert set(code) <= {"__init__.py"}


def test_no_file_names_a_machine_of_its_writers() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}" for path, text in committed_texts() if (hit := MACHINE_PATH.search(text))
    ]
    assert not found


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}" for path, text in committed_texts() for host in REGISTRIES if host in text
    ]
    assert not found
