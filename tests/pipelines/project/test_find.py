"""Where the project is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ProjectError
from pipelines.project import find_project


def project_in(folder: Path) -> Path:
    """A folder with a project file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "onefold.yaml").touch()
    return folder


def test_the_first_place_that_holds_a_project_is_taken(tmp_path: Path) -> None:
    """--project, else ONEFOLD_PROJECT, else the current folder, else its folder demo."""
    given, named, demo = (project_in(tmp_path / name) for name in ("given", "named", "demo"))
    environment = {"ONEFOLD_PROJECT": str(named)}
    assert find_project(None, {}, tmp_path) == demo
    assert find_project(None, {"ONEFOLD_PROJECT": ""}, tmp_path) == demo
    project_in(tmp_path)
    assert find_project(None, {}, tmp_path) == tmp_path
    assert find_project(None, environment, tmp_path) == named
    assert find_project(Path("given"), environment, tmp_path) == given


def test_the_project_file_itself_can_be_named(tmp_path: Path) -> None:
    """Completion in a shell often ends there."""
    given = project_in(tmp_path / "given")
    assert find_project(given / "onefold.yaml", {}, tmp_path) == given


def test_what_is_named_must_be_there(tmp_path: Path) -> None:
    """A wrong name is an error, even where another project could be found: nobody wants to run that one by mistake."""
    project_in(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProjectError, match="--project: there is no such folder; name its folder"):
        find_project(Path("nowhere"), {}, tmp_path)
    with pytest.raises(ProjectError, match=r"--project: it holds no onefold\.yaml; name its folder"):
        find_project(Path("empty"), {}, tmp_path)
    with pytest.raises(ProjectError, match="ONEFOLD_PROJECT: there is no such folder"):
        find_project(None, {"ONEFOLD_PROJECT": "nowhere"}, tmp_path)
    with pytest.raises(ProjectError, match="--project: there is no such folder"):
        find_project(Path("no\0where"), {}, tmp_path)


def test_without_any_project_the_error_says_what_to_do(tmp_path: Path) -> None:
    """What was looked for, and how to make one."""
    with pytest.raises(ProjectError) as raised:
        find_project(None, {}, tmp_path)
    assert str(raised.value) == (
        f"1 problem in {tmp_path}:\n  onefold.yaml: there is none in this folder and none in its folder demo; "
        "name its folder with --project or ONEFOLD_PROJECT, or make the demo with 'make demo' or 'onefold demo'"
    )
