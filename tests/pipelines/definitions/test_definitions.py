"""What Dagster is shown of a project."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml

from domain.errors import ProjectError
from pipelines.definitions import defs
from pipelines.definitions.build import definitions
from pipelines.definitions.here import definitions_here
from pipelines.definitions.instance import LOCATION, MODULE, SETTINGS, instance_folder
from pipelines.project import load_project

ROOT = Path(__file__).parents[3]
GRAPH = Path(__file__).with_name("asset_graph.txt")
BILLING = """\
  billing:
    owner: Buchhaltung (Süd)
    required: true
    connect: {kind: sql, url: "${BILLING_DB_URL}", table: clients}
    key: client_no
    modified: last_change
    map: {given_name: fname, family_name: lname, email: e_mail}
    trust: 0.8
    unique: true
schedule:"""


def asset_graph(shown: dg.Definitions) -> str:
    """Each asset with its group and kinds, what it rests on and what checks it, a line each."""
    graph = shown.resolve_asset_graph()
    return "".join(f"{line}\n" for key in sorted(graph.get_all_asset_keys()) for line in lines(graph, key))


def lines(graph, key):
    node = graph.get(key)
    yield f"{key.to_user_string()}  [{node.group_name}]  {', '.join(sorted(node.kinds))}  {', '.join(node.owners or ())}".rstrip()
    yield from (f"  after {parent.to_user_string()}" for parent in sorted(node.parent_keys))
    yield from (f"  check {check.name}{', blocking' if graph.get(check).blocking else ''}" for check in sorted(node.check_keys))


def test_the_asset_graph_of_the_demo(demo_folder):
    """The graph as it is written down in asset_graph.txt: change both or neither."""
    assert asset_graph(definitions(load_project(demo_folder))) == GRAPH.read_text()


def test_a_new_department_appears_without_code(organisation):
    """A block in the project file is an asset in its department's group, with owner, kind, tags and columns."""
    organisation.edit("schedule:", BILLING)
    node = definitions(organisation.project).resolve_asset_graph().get(dg.AssetKey(["sources", "billing"]))
    assert (node.group_name, node.owners) == ("departments/buchhaltung_sud", ["team:Buchhaltung (Süd)"])
    assert node.kinds == {"sql"}  # the address comes from the environment
    assert {name: node.tags[f"onefold/{name}"] for name in ("trust", "required", "unique", "incremental")} == {
        "trust": "0.8",
        "required": "true",
        "unique": "true",
        "incremental": "true",
    }
    columns = {column.name: column.description for column in node.metadata["dagster/column_schema"].columns}
    assert columns == {
        "client_no": "key",
        "last_change": "time of the last change",
        "fname": "fills given_name",
        "lname": "fills family_name",
        "e_mail": "fills email",
    }


def test_only_a_required_source_and_the_publication_gate_block(organisation):
    """A held department does not stop the night for the others."""
    organisation.edit("schedule:", BILLING)
    graph = definitions(organisation.project).resolve_asset_graph()
    blocking = {f"{key.asset_key.to_user_string()} {key.name}": graph.get(key).blocking for key in graph.asset_check_keys}
    assert blocking == {
        "sources/billing arrival_gate": True,
        "sources/crm arrival_gate": False,
        "sources/shop arrival_gate": False,
        "golden_customers publication_gate": True,
    }


def test_hostile_words_do_no_harm(organisation):
    """Whatever a department or its file is called, the graph loads, and what is shown of it is one printable line."""
    organisation.edit("owner: Sales", 'owner: "*\\u202e\\t<script>alert(1)</script>`"')
    organisation.edit("path: crm.csv", 'path: "deep/er/`rm -rf`.csv"')
    node = definitions(organisation.project).resolve_asset_graph().get(dg.AssetKey(["sources", "crm"]))
    assert node.group_name == "departments/script_alert_1_script"
    assert node.owners[0].isprintable()
    assert "` rm -rf .csv`" in node.description


def test_a_source_can_be_called_like_a_later_asset(organisation):
    """Sources have a key of their own: a source named `matches` is not the asset `matches`."""
    organisation.edit("  crm:", "  matches:")
    keys = {key.to_user_string() for key in definitions(organisation.project).resolve_asset_graph().get_all_asset_keys()}
    assert {"sources/matches", "matches"} <= keys


def test_the_schedule_keeps_the_time_of_its_zone(published):
    """Half past two in Berlin on workdays, in summer and in winter; stopped until somebody starts it, and a tick asks for one run."""
    schedule = definitions(published.project).resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * 1-5", "Europe/Berlin")
    assert (schedule.job_name, schedule.default_status) == ("consolidate", dg.DefaultScheduleStatus.STOPPED)
    with published.instance() as instance, dg.build_schedule_context(instance) as context:
        assert len(schedule.evaluate_tick(context).run_requests) == 1


def test_a_project_without_a_schedule_has_none(organisation):
    """Nothing runs by itself that the project file does not name."""
    organisation.edit('schedule: "30 2 * * 1-5"\n', "")
    assert not list(definitions(organisation.project).schedules or ())


def test_the_project_is_found_from_the_environment_and_the_folder(organisation, tmp_path):
    """ONEFOLD_PROJECT first, else the current folder, else its folder `demo`."""
    count = len(asset_graph(definitions_here({"ONEFOLD_PROJECT": str(organisation.folder)}, tmp_path)))
    assert len(asset_graph(definitions_here({}, organisation.folder))) == count
    (tmp_path / "demo").symlink_to(organisation.folder)
    assert len(asset_graph(definitions_here({}, tmp_path))) == count


def test_without_a_project_there_is_nothing_to_show(tmp_path, caplog):
    """A fresh clone shows no asset instead of an error, and the log says what to do."""
    dg.get_dagster_logger("onefold").addHandler(caplog.handler)
    assert asset_graph(definitions_here({}, tmp_path)) == ""
    assert "No project yet: onefold.yaml" in caplog.text
    assert "make demo" in caplog.text


def test_a_broken_project_file_is_the_error_that_is_shown(organisation, tmp_path):
    """Dagster shows its problems for the code location; so with a project that is named and not there."""
    organisation.edit("map:", "mapp:")
    with pytest.raises(ProjectError, match="'mapp' is not a key here"):
        definitions_here({"ONEFOLD_PROJECT": str(organisation.folder)}, tmp_path)
    with pytest.raises(ProjectError, match="there is no such folder"):
        definitions_here({"ONEFOLD_PROJECT": "nowhere"}, tmp_path)


def test_the_module_offers_its_definitions(organisation, monkeypatch):
    """`dagster dev` and `dg dev` load `pipelines.definitions`, and find the project of the folder they are started in."""
    monkeypatch.chdir(organisation.folder)
    assert "sources/crm" in asset_graph(defs())


def test_definitions_load_without_what_only_runs_need(demo_folder):
    """Great Expectations and the steps are imported when an asset is made, so that the web UI starts fast."""
    code = "import sys; from pipelines.definitions import defs; defs().get_repository_def(); print(*sys.modules)"
    environment = {**os.environ, "ONEFOLD_PROJECT": str(demo_folder), "PYTHONPATH": str(ROOT)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout.split()
    late = {"great_expectations", "pipelines.steps.consolidate", "pipelines.steps.ingest", "matching.match"}
    assert late & set(loaded) == set()


def test_the_settings_in_the_root_are_those_of_every_project():
    """dagster.yaml adds only where the demo's instance is; pyproject.toml names the same module and location for both commands."""
    root = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    assert root.pop("storage") == {"sqlite": {"base_dir": "demo/.dagster"}}
    assert root == yaml.safe_load(SETTINGS)
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert tool["dagster"] == {"module_name": MODULE, "code_location_name": LOCATION}
    assert (tool["dg"]["project"]["code_location_target_module"], tool["dg"]["project"]["code_location_name"]) == (MODULE, LOCATION)


def test_an_instance_is_made_with_our_settings_and_left_alone_after(tmp_path):
    """A project's instance is its folder .dagster, unless DAGSTER_HOME is set; settings that are there stay."""
    folder = instance_folder(tmp_path / "project", {})
    assert folder == tmp_path / "project" / ".dagster"
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    instance_folder(tmp_path / "project", {})
    assert (folder / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"
    assert instance_folder(tmp_path, {"DAGSTER_HOME": str(tmp_path / "home")}) == tmp_path / "home"
    assert (tmp_path / "home" / "dagster.yaml").read_text() == SETTINGS


def test_subscribers_are_told_by_an_asset_of_their_own(organisation):
    """It comes after the publication, runs though nothing has changed, and a subscriber that is gone fails no run."""
    assert "event_deliveries" not in {key.path[-1] for key in definitions(organisation.project).resolve_asset_graph().get_all_asset_keys()}
    organisation.edit("schedule:", 'events: {crm_system: {url: "http://127.0.0.1:1/hook"}}\nschedule:')
    assert organisation.run()["status"] == "published"
    told = organisation.told()["event_deliveries"]
    assert (told["delivered"], told["dead"]) == (0, 0)
    (row,) = told["subscribers"].records
    assert row.data["problem"] == "it cannot be reached"
    assert organisation.run()["status"] == "unchanged"
    assert organisation.told()["event_deliveries"]["delivered"] == 0
