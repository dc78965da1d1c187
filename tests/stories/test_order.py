"""The order in which rows, sources and arrivals come means nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.stories.organisation import Organisation, Rows

NAMES = [("Ann", "Lee"), ("Bob", "Ray"), ("Cleo", "Marsh"), ("Dora", "Pike"), ("Egon", "Frost"), ("Fay", "Stone"), ("Gus", "Wade")]
DEPARTMENTS = ("crm", "billing", "shop", "news")


def rows(department: str) -> Rows:
    """What a department knows: everybody is known to two or three, and each has slips of its own."""
    place = DEPARTMENTS.index(department)
    found: Rows = []
    for number, (given, family) in enumerate(NAMES):
        if (number + place) % 4 != 3:
            slip = (number * 3 + place) % 5
            found.append(
                {
                    "id": f"{number}{place}",
                    "given_name": given[:1] if slip == 0 else given,
                    "family_name": family[:-1] if slip == 1 else family,
                    "email": None if slip == 2 else f"{given}.{family}@home.example".lower(),
                    "birth_date": None if slip == 3 else f"19{60 + number}-0{number + 1}-12",
                    "city": ("Leeds", "York", "Hull")[(number + place * slip) % 3],
                    "changed": f"2026-0{1 + (number + place) % 6}-01",
                }
            )
    return found


def published(organisation: Organisation, arrivals: list[list[str]], order: Random | None = None) -> dict[str, set[tuple[str, ...]]]:
    """What is published after departments came in this order, the rows of each in some order."""
    for names in arrivals:
        for name in names:
            own = rows(name)
            if order:
                order.shuffle(own)
            organisation.department(name, own)
        organisation.run()
    return organisation.everything()


def test_the_order_of_rows_and_of_sources_means_nothing(organisation: Organisation, tmp_path: Path) -> None:
    """Two shuffles of the rows and of the project file: the same clusters, values and provenance. (Invariant 6)"""
    expected = published(organisation, [list(DEPARTMENTS)])
    assert 7 <= len(expected["golden_customer"]) < len(expected["golden_crosswalk"])
    for seed in range(2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        order = Random(seed)
        assert published(Organisation(folder), [order.sample(DEPARTMENTS, 4)], order) == expected


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, ...]]]:
    """Two departments first, and then two others on one day."""
    return published(Organisation(tmp_path_factory.mktemp("together")), [["crm", "billing"], ["shop", "news"]])


@pytest.mark.parametrize("arrivals", [[["shop"], ["news"]], [["news"], [], ["shop"]]], ids=str)
def test_the_order_of_arrival_means_nothing(
    organisation: Organisation, together: dict[str, set[tuple[str, ...]]], arrivals: list[list[str]]
) -> None:
    """After one first run, two departments come one by one: they come to what they come to together. (Invariant 6)"""
    assert published(organisation, [["crm", "billing"], *arrivals]) == together


def test_the_order_of_changes_means_nothing(organisation: Organisation) -> None:
    """A value that changes and changes back leaves no trace in what is published. (Invariant 6)"""
    expected = published(organisation, [list(DEPARTMENTS)])
    organisation.department("crm", [{**row, "city": "Bath"} for row in rows("crm")])
    organisation.run()
    assert organisation.everything() != expected
    organisation.department("crm", rows("crm"))
    organisation.run()
    assert organisation.everything() == expected
