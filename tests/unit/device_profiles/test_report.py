from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device_profiles.catalogue import load_catalogue, profile_files
from device_profiles.report import check, rows


def test_shipped_profiles_have_no_problem() -> None:
    assert check() == []


def test_a_shipped_file_checked_by_name_does_not_clash_with_itself() -> None:
    assert check(list(profile_files())) == []


def test_every_problem_is_one_line_with_file_key_and_reason(write_profile: Callable[..., Path]) -> None:
    path = write_profile(lambda content: [content["points"][0].update(unit="kw"), content.update(colour="red")])
    lines = check([path])
    assert len(lines) == 2
    assert lines[0].startswith(f"{path}: points.Power.unit: unknown unit 'kw'")
    assert lines[1].startswith(f"{path}: colour: ")
    assert not [line for line in lines if "\n" in line]


def test_the_id_of_a_shipped_profile_is_a_problem(write_profile: Callable[..., Path]) -> None:
    path = write_profile(lambda content: content.update(id="intesis.ac"), "intesis_ac.yaml")
    (line,) = check([path])
    assert "id: intesis.ac is already given in" in line


def test_the_same_id_in_two_files_is_a_problem(write_profile: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "meters").mkdir()
    first, second = write_profile(), write_profile(name="meters/acme_meter.yaml")
    assert check([first, second]) == [f"{second}: id: acme.meter is already given in {first}"]


def test_a_folder_stands_for_the_files_in_it(write_profile: Callable[..., Path]) -> None:
    path = write_profile(lambda content: content.update(colour="red"))
    assert check([path.parent]) == check([path])


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    (line,) = check([tmp_path / "gone.yaml"])
    assert line.startswith(f"{tmp_path / 'gone.yaml'}: file: ")


def test_a_file_ending_in_yml_inside_a_folder_is_a_problem(write_profile: Callable[..., Path]) -> None:
    path = write_profile(name="acme_meter.yml")
    assert check([path.parent]) == [f"{path}: file: profile files end in .yaml"]


def test_the_list_counts_points_and_shows_the_lowest_confidence() -> None:
    row = next(row for row in rows(load_catalogue()) if row.id == "intesis.ac")
    assert (row.vendor, row.points, row.writable, row.confidence) == ("Intesis", 5, 3, "C")
