"""Help: every command explains itself, the documentation explains every command, and asking costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from pipelines.cli.app import EXIT_CODES, app

DOCUMENTATION = (Path(__file__).parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")
GROUP = typer.main.get_command(app)
PARTS = {f"{name} {part}": found for name, one in GROUP.commands.items() for part, found in getattr(one, "commands", {}).items()}
"""The commands of commands: `events deliver`."""
BY_NAME = {**GROUP.commands, **PARTS}
COMMANDS = sorted(BY_NAME)


def section(command: str) -> str:
    """What the documentation says of one command, and of all."""
    own = re.search(rf"^## onefold {command}(?! [a-z])\b.*?(?=^## |\Z)", DOCUMENTATION, re.M | re.S)
    common = re.search(r"^## Options of every command.*?(?=^## )", DOCUMENTATION, re.M | re.S)
    return (own[0] if own else "") + (common[0] if own and common else "")


def options(command: str) -> list[str]:
    return [name for parameter in BY_NAME[command].params for name in parameter.opts if name.startswith("--")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself(onefold, command):
    """Its help names each of its options with a sentence."""
    told = onefold(*command.split(), "--help")
    assert told.exit_code == 0
    assert "Usage: onefold" in told.stdout
    for parameter in BY_NAME[command].params:
        assert parameter.help, f"{command} {parameter.name} has no help"
    assert all(option in told.stdout for option in options(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command):
    """docs/commands.md has a section for each command, which names each of its options."""
    assert section(command), f"docs/commands.md has no section '## onefold {command}'"
    missing = [option for option in options(command) if f"`{option}" not in section(command)]
    assert not missing, f"docs/commands.md does not document {missing} of onefold {command}"


def test_the_documentation_names_no_command_that_is_not():
    """A section of a command that was taken away goes with it."""
    assert sorted(re.findall(r"^## onefold ([a-z]+(?: [a-z]+)*)", DOCUMENTATION, re.M)) == COMMANDS


def test_exit_codes_are_told_in_the_help_and_documented(onefold):
    """Both name the same codes."""
    told = re.findall(r"^  (\d+) ", EXIT_CODES, re.M)
    assert told == ["0", "1", "2", "3", "4", "70", "130"]
    assert re.findall(r"^\| (\d+) \|", DOCUMENTATION, re.M) == told
    helped = onefold("--help").stdout
    assert all(line.strip() in helped for line in EXIT_CODES.splitlines()[1:])


def test_the_short_help_of_every_command_is_a_whole_sentence(onefold):
    """None is cut off in the list of commands."""
    listed = onefold("--help").stdout.partition("Commands:")[2]
    assert all(command in listed for command in GROUP.commands)
    assert "..." not in listed


def test_the_version_is_printed(onefold):
    """It is that of the installed package."""
    told = onefold("--version")
    assert told.exit_code == 0
    assert re.fullmatch(r"onefold \d+\.\d+\.\d+\n", told.stdout)


def test_help_loads_nothing_heavy():
    """The command starts fast because what it works with is loaded by the commands that need it."""
    heavy = {"numpy", "pandas", "pyarrow", "sqlalchemy", "pydantic", "dagster", "great_expectations", "phonenumbers"}
    code = "import sys, pipelines.cli; print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)


def test_the_installed_command_works():
    """`onefold` is on the path of the environment."""
    command = Path(sys.executable).with_name("onefold")
    told = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert told.stdout.startswith("Usage: onefold ")
