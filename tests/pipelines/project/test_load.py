"""A right project file becomes plain values of the domain."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from domain.attributes import Role, Storage
from domain.checks import Check, Severity
from domain.errors import OnefoldError, ProjectError
from domain.settings import MatchSettings
from domain.sources import ColumnMap
from pipelines.project import Project, load_project, resolve

Write = Callable[[str | bytes], Path]


@pytest.fixture
def project(example: str, project_with: Write) -> Project:
    """The example, loaded."""
    return load_project(project_with(example))


def test_attributes_come_in_the_order_of_the_file_with_what_their_types_say(project: Project) -> None:
    """Role and storage are the type's where the file does not say otherwise."""
    assert [(a.name, a.type, a.role, a.storage) for a in project.attributes] == [
        ("given_name", "given_name", Role.PERSONAL, Storage.TEXT),
        ("family_name", "family_name", Role.SHARED, Storage.TEXT),
        ("company", "organisation", Role.SHARED, Storage.TEXT),
        ("birth_date", "date_of_birth", Role.PERSONAL, Storage.DATE),
        ("email", "email", Role.PERSONAL, Storage.TEXT),
        ("phone", "phone", Role.SHARED, Storage.TEXT),
        ("street", "street", Role.SHARED, Storage.TEXT),
        ("city", "city", Role.SHARED, Storage.TEXT),
        ("postcode", "postcode", Role.SHARED, Storage.TEXT),
        ("newsletter", "consent", Role.NEUTRAL, Storage.BOOLEAN),
    ]


def test_an_attribute_survives_as_the_file_says_else_as_its_type_does(project: Project) -> None:
    """A consent withdrawn anywhere is withdrawn; a fact for life goes by agreement, an address whole; what changes, by trust and time."""
    assert {a.name: a.survive for a in project.attributes if a.name in ("given_name", "birth_date", "email", "city", "newsletter")} == {
        "given_name": ("most_agreed", "most_trusted", "most_recent"),
        "birth_date": ("most_agreed", "most_trusted"),
        "email": ("most_recent",),
        "city": ("most_complete", "most_trusted", "most_recent"),
        "newsletter": ("most_restrictive",),
    }


def test_every_way_to_write_a_map_entry(project: Project) -> None:
    """One column, several values, joined columns, dates, whole names and addresses, cells with several values."""
    billing, loyalty = project.sources
    assert billing.map == (
        ColumnMap("given_name", (("fname",),)),
        ColumnMap("family_name", (("lname",),)),
        ColumnMap("email", (("e_mail",),)),
        ColumnMap("phone", (("tel_home",), ("tel_mobile",))),
        ColumnMap("birth_date", (("dob",),), format="%d/%m/%Y"),
        ColumnMap("street", (("street_name", "house_no"),)),
    )
    assert loyalty.map[:3] == (
        ColumnMap("name", (("cust_nm",),), read_as="full_name", order="family_first"),
        ColumnMap("home", (("full_addr",),), read_as="address"),
        ColumnMap("email", (("mails",),), split=";"),
    )


def test_a_list_of_values_can_join_columns_too(example: str, project_with: Write) -> None:
    """`[tel, {columns: [prefix, mobile]}]` is two values, the second from two columns."""
    text = example.replace("[tel_home, tel_mobile]", "[tel_home, {columns: [prefix, mobile]}]")
    assert load_project(project_with(text)).sources[0].map[3] == ColumnMap("phone", (("tel_home",), ("prefix", "mobile")))


def test_sources_keep_their_secrets_unresolved(project: Project) -> None:
    """A password is looked up when its source is opened; until then it is a name."""
    billing, loyalty = project.sources
    assert billing.connect == {"kind": "sql", "url": "${BILLING_DB_URL}", "table": "clients"}
    assert (billing.owner, billing.key, billing.modified, billing.trust, billing.unique, billing.required) == (
        "Billing", ("client_no",), "last_change", 0.8, False, True,
    )  # fmt: skip
    assert (loyalty.key, loyalty.modified, loyalty.modified_format, loyalty.trust, loyalty.unique) == (
        ("shop", "card"), "changed", "%d.%m.%Y %H:%M", 0.5, True,
    )  # fmt: skip


def test_expectations_become_checks_one_for_each_attribute(project: Project) -> None:
    """What stands under `warn` warns; everything else stops; a source always has a limit to what it may lose."""
    billing, loyalty = project.sources
    assert billing.checks == (
        Check("min_rows", {"value": 100}),
        Check("max_drop", {"value": 0.2}),
        Check("complete", {"attribute": "email", "share": 0.5}),
        Check("fresh_days", {"value": 7}, Severity.WARN),
        Check("valid", {"attribute": "birth_date", "share": 0.9}, Severity.WARN),
    )
    assert loyalty.checks == (
        Check("ExpectColumnValueLengthsToBeBetween", {"column": "family_name", "min_value": 2}),
        Check("max_drop", {"value": 0.5}),
    )
    assert project.publication_checks == (
        Check("max_id_churn", {"value": 0.02}),
        Check("max_cluster", {"value": 50}),
        Check("complete", {"attribute": "family_name", "share": 0.9}),
        Check("max_count_change", {"value": 0.3}, Severity.WARN),
    )


def test_the_rest_of_the_file(project: Project) -> None:
    """Settings of the match, schedule, time zone and truth."""
    assert project.match == MatchSettings(max_tasks_per_run=500, max_cluster=40, pair_budget=50_000_000)
    assert (project.name, project.schedule, project.timezone) == ("acme", "0 2 * * *", "Europe/Berlin")
    assert project.truth == project.folder / "truth.csv"


def test_a_minimal_file_takes_the_defaults(project_with: Write) -> None:
    """Nothing but a name, an attribute and a source must be there."""
    text = "name: a\nattributes: {email: {type: email}}\nsources: {s: {connect: {kind: csv, path: a.csv}, key: k, map: {email: e}}}\n"
    project = load_project(project_with(text))
    assert (project.match, project.warehouse_url, project.schedule, project.timezone, project.truth, project.publication_checks) == (
        MatchSettings(), "sqlite:///warehouse.db", None, "UTC", None, (),
    )  # fmt: skip
    assert project.sources[0].owner == "s"


@pytest.mark.parametrize(
    ("mapped", "town"),
    [
        ("firm: f, city: c", Role.PERSONAL),  # nobody's name: the customers are organisations
        ("firm: f, city: c, family_name: n", Role.SHARED),
        ("firm: f, city: c, whole: {column: w, as: full_name}", Role.SHARED),
        ("firm: f, place: {column: p, as: address}", Role.PERSONAL),
        ("email: e, city: c", Role.SHARED),
    ],
)
def test_branches_of_a_firm_are_told_apart_by_their_town_where_no_person_is_named(mapped: str, town: Role, project_with: Write) -> None:
    """A town is personal among firms, and shared by a household as soon as some source maps a person's name."""
    attributes = "{firm: {type: organisation}, email: {type: email}, family_name: {type: family_name}, city: {type: city}}"
    text = f"name: a\nattributes: {attributes}\nsources: {{s: {{connect: {{kind: csv, path: a.csv}}, key: k, map: {{{mapped}}}}}}}\n"
    roles = {attribute.name: attribute.role for attribute in load_project(project_with(text)).attributes}
    assert (roles["city"], roles["firm"]) == (town, Role.SHARED)


# ---- the warehouse's address


@pytest.mark.parametrize(
    ("written", "environment", "address"),
    [
        ("sqlite:///warehouse.db", {}, "sqlite:///warehouse.db"),
        ("${WAREHOUSE}", {"WAREHOUSE": "postgresql+psycopg://ann:a%40b@db/w"}, "postgresql+psycopg://ann:a%40b@db/w"),
        ("postgresql+psycopg://ann:${PW}@${HOST}/w", {"PW": "a@b/c:d", "HOST": "db"}, "postgresql+psycopg://ann:a%40b%2Fc%3Ad@db/w"),
    ],
)
def test_the_warehouse_is_resolved_when_asked(
    written: str, environment: dict[str, str], address: str, example: str, project_with: Write
) -> None:
    """A password may hold the signs that divide an address."""
    project = load_project(project_with(example.replace("sqlite:///warehouse.db", f'"{written}"', 1)))
    assert project.warehouse(environment) == address


def test_a_variable_that_is_not_set_is_named(example: str, project_with: Write) -> None:
    """The project loads without it, and says which one is missing when it is needed."""
    project = load_project(project_with(example.replace("sqlite:///warehouse.db", '"${WAREHOUSE}"', 1)))
    with pytest.raises(OnefoldError, match="warehouse: WAREHOUSE is not set in the environment; set it and try again"):
        project.warehouse({})
    with pytest.raises(OnefoldError, match="ANN, BOB are not set in the environment; set them"):
        resolve("${ANN} ${BOB} ${ANN}", {"EVE": "1"})


# ---- the fingerprint


def test_what_does_not_matter_leaves_the_fingerprint(project: Project, example: str, project_with: Write) -> None:
    """Comments, the order of sources, owners, places, descriptions, secrets, the schedule and the arrival checks."""
    data = yaml.safe_load(example)
    data["sources"] = dict(reversed(data["sources"].items()))
    data["sources"]["billing"] |= {"owner": "Finance", "connect": {"kind": "csv", "path": "b.csv"}, "expect": {"min_rows": 1}}
    data["attributes"]["newsletter"]["description"] = "May we write?"
    data |= {"schedule": "0 3 * * *", "timezone": "UTC", "name": "acme & sons", "warehouse": "sqlite:///w.db", "truth": None}
    data["publish"] = dict(reversed(data["publish"].items()))
    assert load_project(project_with(yaml.safe_dump(data, sort_keys=False))).fingerprint == project.fingerprint


@pytest.mark.parametrize(
    ("good", "other"),
    [
        ("{type: organisation, role", "{type: category, role"),
        ("survive: most_recent", "survive: longest"),
        ("half_life: 730", "half_life: 731"),
        ("region: US", "region: GB"),
        ("protected: true", "protected: false"),
        ("key: client_no", "key: id"),
        ("modified: last_change", "modified: changed"),
        ("family_name: lname", "family_name: surname"),
        ("%d/%m/%Y", "%m/%d/%Y"),
        ("trust: 0.8", "trust: 0.7"),
        ("unique: true", "unique: false"),
        ("join: 0.5", "join: 0.6"),
        ("hold: false", "hold: true"),
        ("max_id_churn: 0.02", "max_id_churn: 0.03"),
        ("warn: {max_count_change", "warn: {max_cluster: 3, max_count_change"),
        ("  loyalty:\n", "  loyal:\n"),
    ],
)
def test_what_results_depend_on_changes_the_fingerprint(good: str, other: str, project: Project, example: str, project_with: Write) -> None:
    """Attributes, maps, keys, trust, uniqueness, the match and the publication gate."""
    assert good in example
    assert load_project(project_with(example.replace(good, other, 1))).fingerprint != project.fingerprint


def test_the_fingerprint_is_the_same_in_every_process(project: Project, example: str, project_with: Write) -> None:
    """It is kept with a run, so it must not depend on how this process hashes. (Invariant 6)"""
    sources = list(yaml.safe_load(example)["sources"])
    random.Random(1).shuffle(sources)
    assert project.fingerprint == load_project(project_with(example)).fingerprint
    assert len(project.fingerprint) == 16
    assert int(project.fingerprint, 16) >= 0


def test_the_error_names_the_file(project_with: Write) -> None:
    """The first line says how many problems there are, and in which file."""
    folder = project_with("name: a\n")
    with pytest.raises(ProjectError) as raised:
        load_project(folder)
    assert str(raised.value).splitlines()[0] == f"2 problems in {folder / 'onefold.yaml'}:"
