"""`xietong record`: a whole pretend year of an office's books goes in, wrong files do not, everything is told."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cloud.adapters.sql.database import open_database
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.desks.books import Books
from cloud.record_commands import app, enter_records
from demo.layout import Layout, prepare
from demo.plan import write_cloud, write_institution
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.texts import load_texts
from simulators.compound import load_compound
from simulators.year.writer import write_year
from tests.support.office_year import PRETENDED
from tests.support.process import xietong

OFFICE = "demo-county-office"
READINGS = "表号,能源种类,建筑,抄表日,示数,单位\nw-1,水,building-a,2026-09-01,12.5,m3\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = prepare(tmp_path / "county")
    write_cloud(made, 1, 1)
    write_institution(made, load_compound(), load_texts())
    return made


@pytest.fixture
def ports(layout: Layout) -> Books:
    return sql_ports(open_database(f"sqlite:///{layout.folder / 'cloud' / 'cloud.db'}"), SystemClock())


def answer(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_year_of_books_goes_in_whole_and_a_second_time_says_the_same(
    layout: Layout, ports: Books, tmp_path: Path
) -> None:
    books = tmp_path / "books"
    written = write_year(load_compound(), books, until=date(2026, 10, 1))
    for name, rows in [*written.items(), ("asset.xlsx", 0)]:
        kind, mapping = name.partition(".")[0], books / f"{name.partition('.')[0]}.mapping.yaml"
        given = mapping if mapping.exists() else None
        outcome = enter_records(books / name, kind, given, layout.cloud, OFFICE, dry_run=False)
        assert outcome.mistakes == ()
        assert outcome.summary["new"] == rows
        assert outcome.summary["same"] == outcome.summary["rows"] - rows
    counts = ports.records.counts({OFFICE})
    assert counts == {name.partition(".")[0]: rows for name, rows in written.items()}
    assert set(counts) == set(PRETENDED)
    assert ports.audit.recent({OFFICE}, limit=1)[0].actor == "operator"


def test_command_enters_a_file_and_refuses_a_wrong_one_whole(layout: Layout, ports: Books, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_text(READINGS, encoding="utf-8")
    asked = ("--kind", "hand_reading", "--settings", layout.cloud, "--institution", OFFICE)
    dry = json.loads(answer("import", file, *asked, "--dry-run").stdout)
    assert (dry["rows"], dry["new"], "import_id" in dry) == (1, 1, False)
    entered = json.loads(answer("import", file, *asked).stdout)
    assert (entered["new"], "import_id" in entered) == (1, True)
    file.write_text(READINGS + "w-2,水,house-9,2026-09-01,1,m3\n", encoding="utf-8")
    refused = answer("import", file, *asked)
    assert refused.exit_code == 1
    assert refused.stdout.splitlines()[0].startswith("readings.csv，第 3 行，“建筑”列：")
    assert ports.records.counts({OFFICE}) == {"hand_reading": 1}


def test_check_reads_no_database_and_the_template_comes_empty(layout: Layout, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_text(READINGS.replace("building-a", "house-9"), encoding="utf-8")
    asked = ("check", file, "--kind", "hand_reading", "--language", "en")
    assert answer(*asked).exit_code == 0
    told = answer(*asked, "--institution", layout.institution)
    assert told.exit_code == 1
    assert "row 2, column 建筑: Building house-9 is not entered" in told.stdout
    workbook = tmp_path / "bills.xlsx"
    assert answer("template", "energy_bill", workbook).exit_code == 0
    assert "文件中没有数据行" in answer("check", workbook, "--kind", "energy_bill").stdout
    assert not (layout.folder / "cloud" / "cloud.db").exists()


def test_wrong_words_on_the_command_line_are_named(layout: Layout, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_text(READINGS, encoding="utf-8")
    command = [str(part) for part in xietong("record", "check", file, "--kind", "diary")]
    unknown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (unknown.returncode, "energy_bill" in unknown.stderr) == (2, True)
    assert isinstance(answer("template", "asset", tmp_path / "t.xlsx", "--language", "fr").exception, ConfigError)
    with pytest.raises(ConfigError, match="nowhere"):
        enter_records(tmp_path / "nowhere.csv", "hand_reading", None, layout.cloud, OFFICE, dry_run=True)
    with pytest.raises(ConfigError, match="record import"):
        enter_records(file, "hand_reading", None, layout.cloud, "another-office", dry_run=True)
