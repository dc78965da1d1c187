"""Departments come one after the other, and are found to have their customers in common."""

from __future__ import annotations

from random import Random

from tests.stories.organisation import Organisation, Rows

GIVEN = [start + end for start in ("Mar", "Jo", "An", "Pe", "Lu") for end in ("ia", "na", "ter", "ren", "fie")]
FAMILY = [start + end for start in ("Smit", "Bak", "Coop", "Wal", "Hen") for end in ("h", "s", "man", "ton", "ley")]


def people(count: int) -> Rows:
    """So many people, no two of them one."""
    chance = Random(1)
    found: Rows = []
    for number in range(count):
        given, family = chance.choice(GIVEN), chance.choice(FAMILY)
        born = f"19{chance.randint(40, 99)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        email = f"{given}.{family}{number}@home.example".lower()
        found.append({"id": str(number), "given_name": given, "family_name": family, "email": email, "birth_date": born, "city": "Leeds"})
    return found


def test_a_department_that_joins_is_matched_though_the_first_had_no_duplicates(organisation: Organisation) -> None:
    """One department alone teaches that nobody is anybody else. The second holds the same sixty people: all are found, ids stay."""
    rows = people(60)
    organisation.department("crm", rows)
    assert organisation.run()["golden_customers"] == 60
    organisation.department("billing", [{**row, "email": None} if place % 3 == 0 else row for place, row in enumerate(rows)])
    report = organisation.run()
    assert (report["match"]["trained"], report["ids_minted"], report["ids_merged"]) == (True, 0, 0)
    assert all(organisation.number(f"crm:{place}") == organisation.number(f"billing:{place}") for place in range(0, 60, 7))


def test_a_model_is_kept_while_the_departments_are_the_same(organisation: Organisation) -> None:
    """New rows, a department that is held and comes back, one that leaves: the model goes on. (Invariant 6)"""
    rows = people(20)
    organisation.department("crm", rows[:15])
    organisation.department("billing", rows[5:])
    first = organisation.run()["match"]["model"]
    organisation.department("crm", rows)
    (organisation.folder / "billing.csv").rename(organisation.folder / "away.csv")
    assert organisation.run()["match"]["model"] == first
    (organisation.folder / "away.csv").rename(organisation.folder / "billing.csv")
    organisation.department("crm", rows[1:])
    assert organisation.run()["match"]["model"] == first
    del organisation.sources["billing"]
    assert organisation.run()["match"]["model"] == first


def test_a_project_that_began_small_can_grow(organisation: Organisation) -> None:
    """Thirty records, then three hundred: the model of the first run is outgrown, and trained anew."""
    organisation.department("crm", people(20))
    organisation.department("billing", people(10))
    first = organisation.run()["match"]["model"]
    rows = people(200)
    organisation.department("crm", rows)
    organisation.department("billing", rows[:100])
    report = organisation.run()
    assert (report["status"], report["match"]["trained"]) == ("published", True)
    assert report["match"]["model"] != first
    assert report["golden_customers"] == 200
