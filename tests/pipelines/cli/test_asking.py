"""Asking: what show, explain, status, export, report, check, schema and demo print, to people and to scripts."""

from __future__ import annotations

import csv
import json
import socket
from pathlib import Path

import pytest

from pipelines.cli import demo
from pipelines.demo import make
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.lookup import example
from pipelines.steps.session import open_project_warehouse, open_session


@pytest.fixture(scope="module")
def customer(published_folder) -> tuple[str, list[str]]:
    """A golden id with several records, and their keys."""
    with open_project_warehouse(load_project(published_folder)) as warehouse:
        golden_id, keys = example(warehouse)
    return golden_id, [str(key) for key in keys]


def test_show_tells_values_cells_and_records(onefold, published_folder, customer):
    """The golden id, a cell for each value, why it won, and every record."""
    golden_id, keys = customer
    told = onefold("show", golden_id, "--project", published_folder)
    assert told.exit_code == 0
    assert told.stdout.startswith(f"{golden_id}\n{len(keys)} records in ")
    assert told.stdout.count("from ") >= 5
    assert all(key in told.stdout for key in keys)


def test_show_gives_scripts_all_of_it(onefold, published_folder, customer):
    """What the terminal cuts short is whole in JSON."""
    golden_id, keys = customer
    found = json.loads(onefold("show", keys[0], "--project", published_folder, "--json").stdout)
    assert found["golden_id"] == golden_id
    assert [member["record"] for member in found["members"]] == keys
    assert {"record", "column", "raw"} == set(found["values"][0]["origin"])


def test_hostile_data_are_shown_and_do_nothing(onefold, published_copy):
    """A name that would colour the terminal, and be markup, is spelled out; JSON is ASCII."""
    file = published_copy / "call_centre.csv"
    content = file.read_bytes()
    header = next(csv.reader([content.decode("cp1252").splitlines()[0]], delimiter=";"))
    row = dict.fromkeys(header, "") | {"Nr": "987655", "Name": "\x1b[31mZyx, [red]Bobby[/red]\u0085", "Geburtstag": "09.01.1951"}
    file.write_bytes(content.rstrip(b"\n") + b"\n" + ";".join(f'"{cell}"' for cell in row.values()).encode("cp1252", "replace") + b"\n")
    with open_session(load_project(published_copy)) as session:
        consolidate(session)
    told = onefold("show", "call_centre:987655", "--project", published_copy)
    assert told.exit_code == 0
    assert "\x1b" not in told.stdout
    assert "\\x1b[31mZyx, [red]Bobby[/red]" in told.stdout.replace("\n", "")
    assert onefold("show", "call_centre:987655", "--project", published_copy, "--json").stdout.isascii()


def test_explain_tells_a_sentence_a_table_and_probabilities(onefold, published_folder, customer):
    """Prior, levels with their bits, total."""
    golden_id, keys = customer
    told = onefold("explain", keys[0], keys[-1], "--project", published_folder)
    assert told.exit_code == 0
    sentence, outcome = told.stdout.splitlines()[:2]
    assert sentence.endswith(".")
    assert outcome.startswith(f"Both belong to {golden_id}")
    assert all(word in told.stdout for word in ("prior", "total", "same", "related", "Probability: ", " bits."))


def test_explain_gives_scripts_numbers_that_add_up(onefold, published_folder, customer):
    """The total is the prior and the weights together."""
    _, keys = customer
    found = json.loads(onefold("explain", keys[0], keys[1], "--project", published_folder, "--json").stdout)
    assert (found["left"], found["right"]) == (keys[0], keys[1])
    for side, weight in (("same", "weight"), ("related", "related_weight")):
        assert found["total"][side] == pytest.approx(found["prior"][side] + sum(one[weight] for one in found["evidence"]))
    assert 0 <= found["match_probability"] <= 1


def documented(command: str) -> str:
    """What docs/commands.md says of a command."""
    text = (Path(__file__).parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")
    return text.partition(f"## onefold {command}")[2].partition("\n## ")[0]


def every_key(value: object) -> set[str]:
    """The keys of all objects in a JSON value."""
    if isinstance(value, dict):
        return {*value, *(key for part in value.values() for key in every_key(part))}
    return {key for part in value for key in every_key(part)} if isinstance(value, list) else set()


def test_every_key_that_explain_gives_scripts_is_documented(onefold, published_folder, customer):
    """Of two records of one customer, and of two customers."""
    _, keys = customer
    crosswalk = onefold("export", "crosswalk", "--out", "-", "--format", "jsonl", "--project", published_folder).stdout.splitlines()
    stranger = next(
        f"{row['source']}:{row['record_key']}" for row in map(json.loads, crosswalk) if f"{row['source']}:{row['record_key']}" not in keys
    )
    for other in (keys[-1], stranger):
        found = json.loads(onefold("explain", keys[0], other, "--project", published_folder, "--json").stdout)
        assert not [key for key in every_key(found) if f"`{key}`" not in documented("explain")]
        assert (found["held_by"] is None, found["between"] is None) == (not found["together"], found["together"])


def test_explain_draws_a_picture(onefold, published_folder, customer, tmp_path):
    """An SVG file beside what is printed; a folder that is not there is explained."""
    _, keys = customer
    file = tmp_path / "pair.svg"
    told = onefold("explain", keys[0], keys[-1], "--svg", file, "--project", published_folder)
    assert told.stdout.endswith(f"Wrote {file}\n")
    assert file.read_text(encoding="utf-8").startswith("<svg ")
    assert json.loads(onefold("explain", keys[0], keys[-1], "--svg", file, "--project", published_folder, "--json").stdout)["svg"] == str(
        file
    )
    assert onefold("explain", keys[0], keys[-1], "--svg", tmp_path / "not" / "there.svg", "--project", published_folder).exit_code == 1


def test_show_and_export_tell_who_lives_together(onefold, published_folder, tmp_path):
    """A line for each relative, and a row for each relationship."""
    out = tmp_path / "relationships.csv"
    onefold("export", "relationships", "--out", out, "--project", published_folder)
    with out.open(encoding="utf-8") as file:
        home = [row for row in csv.DictReader(file) if row["kind"] == "household"]
    told = onefold("show", home[0]["left_id"], "--project", published_folder).stdout
    assert f"household: {home[0]['right_id']} " in told
    found = json.loads(onefold("show", home[0]["left_id"], "--project", published_folder, "--json").stdout)
    assert home[0]["right_id"] in [relative["golden_id"] for relative in found["relatives"]]


def test_status_for_scripts(onefold, published_folder):
    """Publication, sources and tasks."""
    found = json.loads(onefold("status", "--project", published_folder, "--json").stdout)
    assert found["publication"]["run"] == 1
    assert len(found["sources"]) == 18
    assert {source["state"] for source in found["sources"]} == {"live"}
    assert found["last_run"]["status"] == "published"


def test_the_project_is_found_without_being_named(onefold, published_folder, monkeypatch):
    """By ONEFOLD_PROJECT, in this folder, or in its folder demo."""
    named = onefold("status", "--project", published_folder / "onefold.yaml")
    assert named.exit_code == 0
    assert onefold("status", ONEFOLD_PROJECT=str(published_folder)).stdout == named.stdout
    for folder in (published_folder, published_folder.parent):
        monkeypatch.chdir(folder)
        assert onefold("status").stdout == named.stdout


@pytest.mark.parametrize(
    ("name", "rows"), [("golden.csv", 1), ("golden.jsonl", 0), ("crosswalk.csv", 1), ("crosswalk.parquet", None), ("relationships.csv", 1)]
)
def test_export_writes_a_file_and_says_how_many_rows(onefold, published_folder, tmp_path, name, rows):
    """The ending decides the format; `rows` lines are a header."""
    out = tmp_path / name
    table = name.partition(".")[0]
    told = json.loads(onefold("export", table, "--out", out, "--project", published_folder, "--json").stdout)
    assert (told["table"], told["format"], told["file"]) == (table, out.suffix[1:], str(out))
    if rows is not None:
        assert len(out.read_text().splitlines()) == told["rows"] + rows
    assert onefold("export", table, "--out", out, "--project", published_folder).stdout == f"Wrote {told['rows']:,} rows to {out}\n"


def test_export_to_stdout_is_nothing_but_rows(onefold, published_folder):
    """`--out -` needs --format, and cannot tell an object beside."""
    told = onefold("export", "crosswalk", "--out", "-", "--format", "jsonl", "--project", published_folder)
    assert all(json.loads(line)["golden_id"].startswith("C-") for line in told.stdout.splitlines())
    assert onefold("export", "crosswalk", "--out", "-", "--project", published_folder).exit_code == 2
    assert onefold("export", "crosswalk", "--out", "-", "--format", "csv", "--json", "--project", published_folder).exit_code == 2


def test_report_writes_the_page(onefold, published_copy, tmp_path):
    """Into the project's folder, or where it is told to."""
    told = json.loads(onefold("report", "--project", published_copy, "--json").stdout)
    assert Path(told["file"]) == published_copy / "reports" / "duplication.html"
    assert "<svg" in Path(told["file"]).read_text()
    out = tmp_path / "page.html"
    assert onefold("report", "--project", published_copy, "--out", out).stdout == f"Wrote {out}\n"
    assert out.read_text() == Path(told["file"]).read_text()


def test_check_finds_nothing_wrong_with_the_demo(onefold, demo_folder):
    """Every source is fine, and the shares of each attribute are told."""
    told = onefold("check", "--project", demo_folder)
    assert told.exit_code == 0
    assert "18 sources, 13 attributes" in told.stdout
    assert "No problem was found." in told.stdout
    found = json.loads(onefold("check", "--project", demo_folder, "--source", "billing", "--rows", "5", "--json").stdout)
    assert (found["status"], [source["rows"] for source in found["sources"]]) == ("fine", [5])
    assert set(found["attributes"][0]) == {"attribute", "valid", "invalid", "placeholder", "missing"}


def test_check_tells_all_problems_and_fails(onefold, unrun_copy):
    """Two sources are gone: both are named, in words and as JSON."""
    for name in ("leasing.db", "call_centre.csv"):
        (unrun_copy / name).unlink()
    told = onefold("check", "--project", unrun_copy)
    assert told.exit_code == 1
    assert "2 problems:" in told.stderr
    assert "source 'leasing'" in told.stderr
    as_object = onefold("check", "--project", unrun_copy, "--json")
    assert as_object.exit_code == 1
    found = json.loads(as_object.stdout)
    assert (found["status"], len(found["problems"])) == ("failed", 2)


def test_the_schema_is_a_json_schema(onefold):
    """With the keys of a project file."""
    found = json.loads(onefold("schema").stdout)
    assert found["$schema"].startswith("https://json-schema.org/")
    assert {"attributes", "sources", "match"} <= set(found["properties"])


def test_the_demo_is_made_and_says_what_to_do_next(onefold, tmp_path):
    """In a folder with a blank, which is quoted in the commands that follow."""
    folder = tmp_path / "my demo"
    told = onefold("demo", folder, "--records", 500, "--seed", 7)
    assert told.exit_code == 0
    assert f"onefold run --project '{folder}'" in told.stdout
    assert (folder / "onefold.yaml").exists()
    again = json.loads(onefold("demo", folder, "--records", 500, "--seed", 7, "--json").stdout)
    assert (again["records"], again["folder"]) == (500, str(folder))


def test_the_demo_spares_what_is_not_a_demo(onefold, tmp_path):
    """A folder with something else in it is refused, and so is a demo of a size that there is none of, which is wrong usage."""
    (tmp_path / "mine.txt").write_text("precious")
    assert onefold("demo", tmp_path).exit_code == 1
    assert (demo.FEWEST, demo.MOST) == (make.FEWEST, make.MOST)
    for option, value in (("--records", make.FEWEST - 1), ("--records", make.MOST + 1), ("--seed", -1)):
        assert onefold("demo", tmp_path / "new", option, value).exit_code == 2
        told = onefold("demo", tmp_path / "new", option, value, "--json")
        assert (told.exit_code, json.loads(told.stdout)["status"]) == (2, "failed")
        assert f"'{option}'" in json.loads(told.stdout)["error"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_port_that_is_taken_is_explained(onefold, published_folder):
    """The web UI is not served, and the sentence says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = onefold("ui", "--port", port, "--project", published_folder)
    assert told.exit_code == 1
    assert f"port {port} of 127.0.0.1 cannot be served" in told.stderr
