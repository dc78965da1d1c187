"""A model that a person has trained and adopted."""

from __future__ import annotations

from dataclasses import replace

from domain.decisions import Verdict
from pipelines.steps.population import ASKED_FOR_CLUSTERS, live_population, said
from pipelines.steps.session import open_session
from pipelines.steps.train import adopt, end_training, fit_live, save_training, taught
from tests.stories.organisation import Organisation
from warehouse.decisions import active_decisions

PEOPLE = [("Ann", "Lee"), ("Bob", "Ray"), ("Cleo", "Marsh"), ("Dora", "Pike"), ("Egon", "Frost"), ("Fay", "Hart"), ("Gus", "Stone")]


def rows(count: int) -> list[dict[str, str | None]]:
    """So many of these people, with their e-mail addresses and birth dates."""
    return [
        {
            "id": str(at),
            "given_name": given,
            "family_name": family,
            "email": f"{given}@{family}.example".lower(),
            "birth_date": f"19{50 + at}-04-03",
        }
        for at, (given, family) in enumerate(PEOPLE[:count])
    ]


def train_and_adopt(organisation: Organisation) -> str:
    """`onefold train --adopt`; the model's fingerprint."""
    project = organisation.project()
    with open_session(project) as session:
        report = save_training(session, taught(session.warehouse, project, fit_live(session.warehouse, project)))
        adopt(session, report.model, "ruth")
        end_training(session, report, True)
    return report.model


def test_a_run_does_not_replace_a_model_that_a_person_has_trained(organisation: Organisation):
    """A department joins and the records are more than doubled: a run's own model would be trained anew."""
    organisation.department("crm", rows(3))
    organisation.run()
    model = train_and_adopt(organisation)
    organisation.department("billing", rows(7))
    report = organisation.run()
    assert (report["match"]["model"], report["match"]["trained"]) == (model, False)


def test_where_the_attributes_have_changed_a_run_says_to_train_again(organisation: Organisation):
    """The e-mail address is no longer an attribute: the person's model does not fit, and nobody but a person replaces it. (Invariant 5)"""
    organisation.department("crm", rows(7))
    organisation.department("billing", rows(5))
    organisation.run()
    before = organisation.customers()
    train_and_adopt(organisation)
    del organisation.attributes["email"]
    for source in organisation.sources.values():
        del source["map"]["email"]
    assert "Train again: onefold train" in organisation.failing_run()
    assert organisation.customers() == before
    train_and_adopt(organisation)
    assert organisation.run()["status"] in ("published", "unchanged")


def test_training_on_unchanged_input_leaves_the_next_run_nothing_to_do(organisation: Organisation):
    """The model comes out as it was, so adopting it changes nothing either. (Invariant 8)"""
    organisation.department("crm", rows(7))
    organisation.department("billing", rows(5))
    first = organisation.run()
    assert train_and_adopt(organisation) == first["match"]["model"]
    assert organisation.run()["status"] == "unchanged"


def test_a_decision_by_itself_is_a_label_and_one_for_two_clusters_sake_is_none(organisation: Organisation):
    """Both bind. *Unsure* is neither, and is not asked about again."""
    organisation.department("crm", rows(7))
    organisation.run()
    organisation.decide("crm:0", Verdict.DIFFERENT, "crm:1")
    organisation.decide("crm:2", Verdict.SAME, "crm:3")
    organisation.decide("crm:4", Verdict.UNSURE, "crm:5")
    with organisation.opened() as warehouse:
        live = live_population(warehouse, organisation.project())
        with warehouse.connect() as connection:
            standing = active_decisions(connection)
    known = said(standing, live.records)
    assert (known.labels.left.tolist(), known.labels.right.tolist(), known.labels.same.tolist()) == ([0, 2], [1, 3], [False, True])
    assert known.answered.left.tolist() == [0, 2, 4]
    settled = [replace(one, reason=ASKED_FOR_CLUSTERS) for one in standing]
    assert len(said(settled, live.records).labels) == 0
    assert len(said(settled, live.records).constraints.same[0]) == 1
