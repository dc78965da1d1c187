"""Errors: each has its sentence and its exit code, as text or as JSON, and none tells a customer's data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from domain.errors import GateClosed, OnefoldError
from pipelines.cli.app import Commands

WRONG = [
    # command, exit code, what the sentence says
    (["show", "C-00000001-7"], 1, "The check digit of 'C-00000001-7' is wrong"),
    (["show", "C-99999999-8"], 1, "no golden customer has or had the id 'C-99999999-8'"),
    (["show", "C-1"], 1, "one looks like C-00001234-4"),
    (["show", "Ann"], 1, "'Ann' is neither a golden id such as C-00001234-4 nor a record key such as billing:1042."),
    (["show", "billing:none"], 1, "no source record billing:none is live"),
    (["show", "billin:1"], 1, "'billin' is not a source; did you mean 'billing'?"),
    (["explain", "billing:none", "web_shop:none"], 1, "no source record billing:none is live"),
    (["explain", "billing", "web_shop:1"], 1, "'billing' is not a record key; write it as source:key"),
    (["explain", "billing:1", "billing:1"], 1, "billing:1 is named twice"),
    (["export", "golden", "--out", "/nowhere/golden.csv"], 1, "/nowhere/golden.csv cannot be written: no such file or directory"),
    (["export", "golden", "--out", "golden.txt"], 2, "'golden.txt' does not end in .csv, .parquet, .jsonl"),
    (["export", "golden", "--out", "golden.csv", "--format", "xls"], 2, "'xls' is not one of 'csv', 'parquet', 'jsonl'"),
    (["export", "silver", "--out", "silver.csv"], 2, "'silver' is not one of 'golden', 'crosswalk'"),
    (["export", "golden", "--out", "golden.parquet", "--safe-for-spreadsheets"], 2, "is for CSV, which spreadsheets open"),
    (["check", "--source", "billin"], 2, "'billin' is not a source; did you mean 'billing'?"),
    (["check", "--rows", "0"], 2, "--rows"),
    (["ui", "--port", "0"], 2, "--port"),  # the last: it has no --json
]
NAMES = [" ".join(arguments) for arguments, _, _ in WRONG]


@pytest.mark.parametrize(("arguments", "code", "sentence"), WRONG, ids=NAMES)
def test_each_wrong_usage_has_its_sentence(onefold, published_folder, arguments, code, sentence):
    """On stderr, in one line, with nothing on stdout and no traceback."""
    told = onefold(*arguments, "--project", published_folder)
    assert told.exit_code == code
    assert sentence in " ".join(told.stderr.split())
    assert told.stdout == ""
    assert "Traceback" not in told.stderr
    if code == 1:
        assert told.stderr.startswith("Error: ")
        assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "code", "sentence"), WRONG[:-1], ids=NAMES[:-1])
def test_with_json_an_error_is_an_object(onefold, published_folder, arguments, code, sentence):
    """Exactly one, on stdout, with the same exit code."""
    told = onefold(*arguments, "--json", "--project", published_folder)
    assert told.exit_code == code
    error = json.loads(told.stdout)
    assert error["status"] == "failed"
    assert sentence in error["error"]
    assert told.stderr == ""


def test_an_unknown_option_is_an_object_too(onefold):
    """Even where the command could not read its own options."""
    told = onefold("status", "--jsonn", "--json")
    assert told.exit_code == 2
    assert "--jsonn" in json.loads(told.stdout)["error"]


def test_a_project_that_is_not_there(onefold, tmp_path, monkeypatch):
    """The sentence says how to name one, or to make the demo."""
    monkeypatch.chdir(tmp_path)
    for arguments in (["status"], ["run"], ["check"], ["report"], ["ui"], ["show", "C-00000001-8"]):
        told = onefold(*arguments)
        assert told.exit_code == 1
        assert "--project or ONEFOLD_PROJECT" in told.stderr
    assert "there is no such folder" in onefold("status", "--project", "nowhere").stderr
    assert "it holds no onefold.yaml" in onefold("status", ONEFOLD_PROJECT=str(tmp_path)).stderr


def test_a_broken_project_file_tells_all_its_problems_with_their_lines(onefold, unrun_copy):
    """Two mistakes, two lines; as JSON each with its line."""
    file = unrun_copy / "onefold.yaml"
    file.write_text(file.read_text().replace("survive: most_recent", "survive: newest").replace("trust: 0.6", "trust: many", 1))
    told = onefold("check", "--project", unrun_copy)
    assert told.exit_code == 1
    assert "2 problems in" in told.stderr
    assert "'newest' is not a rule" in told.stderr
    problems = json.loads(onefold("check", "--project", unrun_copy, "--json").stdout)["problems"]
    assert [type(problem["line"]) for problem in problems] == [int, int]


def test_yaml_that_is_none(onefold, tmp_path):
    """The line where it breaks is told."""
    (tmp_path / "onefold.yaml").write_text("name: x\nattributes: {a: [\n")
    told = onefold("run", "--project", tmp_path)
    assert told.exit_code == 1
    assert "line 3" in told.stderr


def test_hostile_arguments_do_not_drive_the_terminal(onefold, published_folder):
    """An escape sequence in what was typed is spelled out in the sentence about it."""
    told = onefold("show", "billing:\x1b[2J", "--project", published_folder)
    assert told.exit_code == 1
    assert "\x1b" not in told.stderr
    assert "\\x1b[2J" in told.stderr


@pytest.mark.parametrize("command", ["status", "show C-00000001-8", "explain billing:1 crm:2", "export golden --out x.csv", "report"])
def test_before_the_first_run_there_is_nothing_to_ask(onefold, unrun_copy, command):
    """Whoever asks is told to run first."""
    told = onefold(*command.split(), "--project", unrun_copy)
    assert "onefold run" in told.stdout + told.stderr or "no golden customer" in told.stderr
    assert told.exit_code == (0 if command == "status" else 1)


SECRET = "ann@example.com"
faulty = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)


@faulty.callback()
def group() -> None:
    """Commands that fail as no command should."""


@faulty.command()
def bug(debug: bool = typer.Option(False, "--debug"), as_json: bool = typer.Option(False, "--json")) -> None:
    raise ValueError(f"{SECRET} is no number")


@faulty.command()
def closed(as_json: bool = typer.Option(False, "--json")) -> None:
    raise GateClosed("the publication gate is closed: 3 ids are not unique.")


@faulty.command()
def interrupted() -> None:
    raise KeyboardInterrupt


@faulty.command()
def explained(debug: bool = typer.Option(False, "--debug")) -> None:
    raise OnefoldError("first line\nsecond [red]line[/red]")


def test_a_fault_says_what_to_report_and_no_customers_data():
    """The kind of the error, and not its text, which quotes a customer. (Invariant 11)"""
    told = CliRunner().invoke(faulty, ["bug"])
    assert told.exit_code == 70
    assert "ValueError" in told.stderr
    assert "report this line" in told.stderr
    assert SECRET not in told.stdout + told.stderr
    as_object = CliRunner().invoke(faulty, ["bug", "--json"])
    assert as_object.exit_code == 70
    assert SECRET not in as_object.stdout
    assert json.loads(as_object.stdout)["status"] == "failed"


def test_debug_shows_the_traceback():
    """Of a fault and of an error that is explained alike."""
    for command, error in (("bug", "ValueError"), ("explained", "OnefoldError")):
        told = CliRunner().invoke(faulty, [command, "--debug"])
        assert "Traceback (most recent call last)" in told.stderr
        assert error in told.stderr


def test_a_closed_gate_has_an_exit_code_of_its_own():
    """3, with its sentence."""
    told = CliRunner().invoke(faulty, ["closed"])
    assert told.exit_code == 3
    assert told.stderr == "Error: the publication gate is closed: 3 ids are not unique.\n"
    assert CliRunner().invoke(faulty, ["closed", "--json"]).exit_code == 3


def test_stopping_by_hand_says_that_nothing_is_lost():
    """130, as shells do, and what is published is in place. (Invariant 9)"""
    told = CliRunner().invoke(faulty, ["interrupted"])
    assert told.exit_code == 130
    assert "The last publication is in place" in told.stderr


def test_an_error_of_several_lines_keeps_them_and_is_not_markup():
    """As a project file's problems have one each."""
    assert CliRunner().invoke(faulty, ["explained"]).stderr == "Error: first line\nsecond [red]line[/red]\n"


def test_a_reader_that_goes_away_is_no_error(published_folder):
    """`onefold status | head -1` ends quietly."""
    command = f"{Path(sys.executable).with_name('onefold')} export crosswalk --out - --format csv --project {published_folder} | head -1"
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert told.stdout == '"source","record_key","golden_id"\n'
    assert "Error" not in told.stderr
