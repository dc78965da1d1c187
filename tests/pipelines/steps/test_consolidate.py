"""When a run has something to do, and when it has changed something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.decisions import Verdict
from pipelines.steps.consolidate import anything_changed, input_fingerprint, is_settled
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation

PEOPLE = "id | given_name | email\n1 | Ann | ann@lee.example\n2 | Bob | bob@ray.example"


@pytest.mark.parametrize(
    ("identity", "merge", "changed"),
    [
        ({}, {}, False),
        ({"minted": 0, "moved": 0, "golden_customers": 7}, {"new": 0, "changed": 0, "contacts_changed": False, "conflicts": 3}, False),
        *[({name: 1}, {}, True) for name in ("minted", "merged", "split", "revived", "retired", "moved")],
        *[({}, {name: 1}, True) for name in ("new", "changed", "removed")],
        ({}, {"contacts_changed": True}, True),
    ],
)
def test_a_run_has_changed_something_if_a_count_says_so(identity: dict[str, int], merge: dict[str, object], changed: bool) -> None:
    """Counts of what there is are no change. (Invariant 8)"""
    assert anything_changed({"identity": identity, "merge": merge}) is changed


def another_row(organisation: Organisation) -> None:
    """Cleo is new."""
    organisation.department("crm", PEOPLE + "\n3 | Cleo | cleo@far.example")


def another_rule(organisation: Organisation) -> None:
    """The longest e-mail survives."""
    organisation.attributes["email"]["survive"] = "longest"


def a_decision(organisation: Organisation) -> None:
    """A steward says they are one."""
    organisation.decide("crm:1", Verdict.SAME, "crm:2")


def another_department(organisation: Organisation) -> None:
    """Billing is declared."""
    organisation.department("billing", PEOPLE)


def another_owner(organisation: Organisation) -> None:
    """The department is called otherwise, which changes no customer."""
    organisation.sources["crm"]["owner"] = "Sales"


@pytest.mark.parametrize(
    ("change", "settled"),
    [(another_row, False), (another_rule, False), (a_decision, False), (another_department, False), (another_owner, True)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_run_is_settled_until_its_input_changes(
    organisation: Organisation, change: Callable[[Organisation], None], settled: bool
) -> None:
    """Rows, rules, decisions and departments are input; what things are called is not. (Invariant 8)"""
    from pipelines.steps.consolidate import pull

    organisation.department("crm", PEOPLE)
    organisation.run()
    change(organisation)
    with open_session(organisation.project()) as session:
        for source in session.project.sources:
            pull(session, source)
        assert is_settled(session) is settled
        assert input_fingerprint(session) == input_fingerprint(session)
