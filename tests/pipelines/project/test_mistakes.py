"""Every kind of mistake in a project file is told in one sentence, at its line, with the right word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.errors import ProjectError
from pipelines.project import load_project

MISTAKES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text("utf-8"))


def expected(mistake: dict[str, Any], text: str) -> list[tuple[int, str]]:
    """Line and sentence of every problem that a mistake must come to."""

    def line(words: str) -> int:
        return text[: text.index(words)].count("\n") + 1

    own = line(mistake.get("at") or mistake["bad"])
    says = mistake["says"] if isinstance(mistake["says"], list) else [mistake["says"]]
    return sorted((own, s) if isinstance(s, str) else (line(s["line of"]), s["says"]) for s in says)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m['bad'].strip() or 'without ' + m['good'].strip()}")
def test_a_mistake_is_told_at_its_line(mistake: dict[str, Any], example: str, project_with: Callable[[str], Path]) -> None:
    """Line, place, wrong word, nearest right word; and nothing else is complained of."""
    assert mistake["good"] in example
    text = example.replace(mistake["good"], mistake["bad"], 1)
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(text))
    assert sorted((p.line, f"{p.where}: {p.message}") for p in raised.value.problems) == expected(mistake, text)


def test_all_mistakes_are_told_together_in_the_order_of_the_file(example: str, project_with: Callable[[str], Path]) -> None:
    """One faulty value does not hide another, in the same source or elsewhere."""
    text = example
    for good, bad in [
        ("survive: most_recent", "survive: newest"),
        ("key: client_no", "ky: client_no"),
        ("family_name: lname", "familyname: lname"),
        ("trust: 0.8", "trust: 8"),
        ("join: 0.5", "join: 0.05"),
        ("0 2 * * *", "0 2 * *"),
    ]:
        text = text.replace(good, bad, 1)
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(text))
    assert [p.where for p in raised.value.problems] == [
        "attributes.email.survive",
        "sources.billing",  # key is missing
        "sources.billing",  # ky is not a key
        "sources.billing.map",
        "sources.billing.trust",
        "match",
        "schedule",
    ]
    assert str(raised.value).startswith("7 problems in ")


def test_a_password_is_never_repeated(example: str, project_with: Callable[[str], Path]) -> None:
    """A secret that stands in a wrong line stays out of the message. (Invariant 11)"""
    text = example.replace('url: "${BILLING_DB_URL}"', 'url: "nonsense:geheim@db"', 1).replace(
        "sqlite:///warehouse.db", "mysql://ann:geheim@db/onefold", 1
    )
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(text))
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "name: a\nattributes: {}\nsources: {}\n",
            [
                "attributes: there is no attribute; a customer needs at least one",
                "sources: there is no source; add one department's database",
            ],
        ),
        (
            "name: a\nattributes: {gender: {type: gender}}\nsources: {s: {connect: {kind: csv, path: a.csv}, key: k, map: {gender: g}}}\n",
            [
                "attributes: no attribute identifies anyone; add one such as a name, an e-mail or a birth date",
                "sources.s.map: it fills no attribute that identifies anyone, so every row would be refused; map a name, an e-mail, ...",
            ],
        ),
        (
            "name: a\nattributes: {email: {type: email}}\nsources: {s: {connect: {kind: csv, path: a.csv}, key: k, map: {}}}\n",
            ["sources.s.map: it is empty; say which columns fill which attributes"],
        ),
        (
            "name: a\nattributes: {email: {type: email}}\nsources: {s: {connect: {}, key: k, map: {whole: {column: w, as: full_name}}}}\n",
            [
                "sources.s.connect.kind: is missing; the kinds are 'csv', 'excel', 'json', 'parquet', 'sql', 'xml'.",
                "sources.s.map.whole: 'as: full_name' needs an attribute to fill, of type given_name, family_name or organisation",
            ],
        ),
        (
            "name: a\nattributes: {email: {type: email, group: web}, web: {type: url}}\n"
            "sources: {s: {connect: {kind: csv, path: a.csv}, key: k, map: {email: e}}}\n",
            ["attributes.email.group: 'web' is an attribute that is not in this group; name the group otherwise"],
        ),
    ],
)
def test_a_project_that_can_do_nothing_is_refused(text: str, says: list[str], project_with: Callable[[str], Path]) -> None:
    """Without a source, or without anything that tells one customer from another, there is nothing to run."""
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(text))
    assert [f"{p.where}: {p.message}" for p in raised.value.problems] == says


def test_what_is_wrong_in_one_attribute_is_not_held_against_the_sources(example: str, project_with: Callable[[str], Path]) -> None:
    """A source that maps an attribute of an unknown type is not told that there is no such attribute."""
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(example.replace("{type: email, many: true", "{type: emial, many: true")))
    assert [p.where for p in raised.value.problems] == ["attributes.email.type"]


def test_a_megabyte_in_the_wrong_place_does_not_fill_the_screen(example: str, project_with: Callable[[str], Path]) -> None:
    """A message says where it is and shows its beginning."""
    text = example.replace("min_rows: 100", f"min_rows: {'x' * 1_000_000}").replace("trust: 0.8", f"{'y' * 1_000}: 1")
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(text))
    assert [p.where for p in raised.value.problems] == ["sources.billing", "sources.billing.expect.min_rows"]
    assert len(str(raised.value)) < 2_000
