"""A new model moves records; golden ids stay with most of theirs. (Invariant 2)"""

from __future__ import annotations

from pipelines.steps.session import open_session
from pipelines.steps.train import adopt, end_training, fit_live, save_training, taught
from tests.stories.organisation import Organisation
from tests.stories.people import person


def retrained(organisation: Organisation) -> None:
    """A person trains and adopts a model."""
    project = organisation.project()
    with open_session(project) as session:
        report = save_training(session, taught(session.warehouse, project, fit_live(session.warehouse, project)))
        adopt(session, report.model, "ruth")
        end_training(session, report, True)


def test_retraining_keeps_ids_by_the_overlap_of_records(organisation_on_each: Organisation) -> None:
    """Twenty people are told apart by three attributes, then by five: who has the same records has the same id. (Invariant 2)"""
    few = {name: organisation_on_each.attributes[name] for name in ("given_name", "family_name", "city")}
    every, organisation_on_each.attributes = organisation_on_each.attributes, few
    for name, first in (("crm", 0), ("billing", 10), ("shop", 5)):
        columns = {column: column for column in few}
        organisation_on_each.department(name, [{"no": f"{name[0]}{at}", **person(at)} for at in range(first, first + 20)], map=columns)
    organisation_on_each.settings = {"publish": {"max_id_churn": 1}}
    organisation_on_each.run()
    before = members(organisation_on_each)
    organisation_on_each.attributes = every
    for source in organisation_on_each.sources.values():
        source["map"] = {column: column for column in every}
    retrained_after_reading(organisation_on_each)
    after = members(organisation_on_each)
    assert before != after
    for number, held in before.items():
        if number in after:
            assert len(held & after[number]) == max(len(held & other) for other in after.values())
    kept = [number for number, held in before.items() if held in after.values()]
    assert kept
    assert all(after[number] == before[number] for number in kept)


def retrained_after_reading(organisation: Organisation) -> None:
    """The departments are read by the new map, a model is trained on what they say, and used."""
    organisation.run()
    retrained(organisation)
    assert organisation.run()["status"] in ("published", "unchanged")


def members(organisation: Organisation) -> dict[int, frozenset[str]]:
    """The records of each golden customer."""
    lines = (line.split() for line in organisation.customers().splitlines())
    return {int(number): frozenset(keys) for number, *keys in lines}
