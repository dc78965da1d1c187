"""Whole organisations over random lives, everything that happens to them in any order: golden ids keep their contract after every run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

import pipelines.steps.match as matching_step
import pipelines.steps.merge as merging_step
from domain.decisions import Verdict
from domain.errors import ContradictingDecision
from pipelines.steps import consolidate as steps
from pipelines.steps.contradictions import refuse_contradictions
from pipelines.steps.session import open_session
from pipelines.steps.train import adopt, end_training, fit_live, save_training, taught
from tests.matching.identity_contract import Records, Remembered, after, check_laws
from tests.stories.organisation import Organisation, check_sound, decision_of, in_full
from tests.stories.people import person
from warehouse import ledger as book
from warehouse.decisions import active_decisions, undo_decisions
from warehouse.records import record_keys

DEPARTMENTS = ("crm", "billing", "shop")
PEOPLE = 12
WHO = st.integers(0, PEOPLE - 1)
DEPARTMENT = st.sampled_from(DEPARTMENTS)
STEPS = ("match", "identify", "merge", "ask")


class Lives(RuleBasedStateMachine):
    """A small organisation, what it knows of whom, and what is remembered of golden ids."""

    url = "sqlite:///warehouse.db"
    fresh: Iterator[str] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        folder = Path(self.cleanup.enter_context(tempfile.TemporaryDirectory()))
        self.told = Organisation(folder, self.url if self.fresh is None else next(self.fresh))
        self.told.settings = {"publish": {"max_id_churn": 1}}
        self.held: dict[str, dict[str, tuple[int, int]]] = {}
        """By department and key: who it is, and which version of what is known of them."""
        self.keys, self.acts = count(1), count(1)
        self.decided: list[str] = []
        self.kept = Remembered()

    def teardown(self) -> None:
        """Nothing stays behind."""
        self.cleanup.close()

    # --- what happens to records

    @initialize()
    def begin(self) -> None:
        """Two departments, who have four customers in common."""
        self.held = {"crm": {self.key(): (at, 0) for at in range(8)}, "billing": {self.key(): (at, 0) for at in range(4, 12)}}
        self.run()

    @rule(name=DEPARTMENT, who=WHO, version=st.integers(0, 2))
    def comes(self, name: str, who: int, version: int) -> None:
        """A record is added, of somebody new or of somebody known."""
        if name in self.held:
            self.held[name][self.key()] = (who, version)
            self.run()

    @rule(name=DEPARTMENT, data=st.data(), version=st.integers(0, 2))
    def changes(self, name: str, data: st.DataObject, version: int) -> None:
        """Somebody has another e-mail, or another name as well."""
        if name in self.held:
            key = data.draw(st.sampled_from(sorted(self.held[name])))
            self.held[name][key] = (self.held[name][key][0], version)
            self.run()

    @rule(name=DEPARTMENT, data=st.data())
    def goes(self, name: str, data: st.DataObject) -> None:
        """A department deletes some of its records."""
        if len(self.held.get(name, ())) > 3:
            for key in data.draw(st.sets(st.sampled_from(sorted(self.held[name])), min_size=1, max_size=2)):
                del self.held[name][key]
            self.run()

    @rule(who=st.sets(WHO, min_size=4, max_size=8))
    def department_joins(self, who: set[int]) -> None:
        """A department joins."""
        if "shop" not in self.held:
            self.held["shop"] = {self.key(): (one, 0) for one in sorted(who)}
            self.run()

    @rule(name=DEPARTMENT)
    def department_leaves(self, name: str) -> None:
        """A department is no longer declared."""
        if name in self.held and len(self.held) > 1:
            del self.held[name], self.told.sources[name]
            self.run()

    @rule(name=DEPARTMENT)
    def new_keys(self, name: str) -> None:
        """A department gives all its customers new keys: who is recognised keeps the golden id."""
        if name in self.held:
            named = {key: self.key() for key in self.held[name]}
            self.held[name] = {named[key]: who for key, who in self.held[name].items()}
            self.run(named={f"{name}:{old}": f"{name}:{new}" for old, new in named.items()})

    # --- what people and machines do

    @rule(data=st.data(), same=st.booleans())
    def decides(self, data: st.DataObject, same: bool) -> None:
        """A steward says of two records that they are one, or two."""
        left, right = data.draw(st.lists(st.sampled_from(self.records()), min_size=2, max_size=2, unique=True))
        verdict = Verdict.SAME if same else Verdict.DIFFERENT
        with self.told.reading() as connection:
            try:
                refuse_contradictions(active_decisions(connection), [decision_of(left, verdict, right, "x")])
            except ContradictingDecision:
                return
        act = f"act {next(self.acts)}"
        self.told.decide(left, verdict, right, act)
        self.decided.append(act)
        self.run()

    @precondition(lambda self: self.decided)
    @rule(data=st.data())
    def undoes(self, data: st.DataObject) -> None:
        """A decision is taken back."""
        act = data.draw(st.sampled_from(self.decided))
        self.decided.remove(act)
        with self.told.opened() as warehouse, warehouse.begin() as connection:
            undo_decisions(connection, act, "ruth", datetime.now(UTC), "she was wrong")
        self.run()

    @rule()
    def trains(self) -> None:
        """Another model takes the place of the adopted one."""
        project = self.told.project()
        with open_session(project) as session:
            report = save_training(session, taught(session.warehouse, project, fit_live(session.warehouse, project)))
            adopt(session, report.model, "ruth")
            end_training(session, report, True)
        self.run()

    @rule(last=st.sampled_from(STEPS), who=WHO)
    def is_killed(self, last: str, who: int) -> None:
        """A run ends after some step without publishing: nothing is seen of it, and the next finishes. (Invariant 9)"""
        name = sorted(self.held)[0]
        self.held[name][self.key()] = (who, 1)
        before = self.told.customers()
        self.write()
        with open_session(self.told.project()) as session:
            for source in session.project.sources:
                steps.pull(session, source)
            for step in STEPS[: STEPS.index(last) + 1]:
                getattr(steps, step)(session)
        assert self.told.customers() == before
        self.run()

    @rule()
    def nothing(self) -> None:
        """Nothing happens, and nothing changes. (Invariant 8)"""
        before = self.told.customers()
        assert self.told.run()["status"] == "unchanged"
        assert self.told.customers() == before

    # --- what must hold

    def key(self) -> str:
        """A key that no record ever had."""
        return f"k{next(self.keys):03}"

    def records(self) -> list[str]:
        """All record keys."""
        return sorted(f"{name}:{key}" for name, held in self.held.items() for key in held)

    def write(self) -> None:
        """The departments as they are."""
        for name, held in self.held.items():
            self.told.department(name, [{"no": key, **version_of(*who)} for key, who in sorted(held.items())], expect={"max_drop": 1})

    def run(self, named: dict[str, str] | None = None) -> None:
        """A run: the doctor finds nothing, the contract holds, and a full run finds nothing that is to be changed."""
        self.write()
        report = self.told.run()
        assert report["status"] in ("published", "unchanged"), report
        assert all(source["state"] == "live" for source in report["sources"].values())
        now = self.remembered()
        was = self.kept if named is None else self.renamed(named)
        assert now == after(now.members.values(), was)
        check_laws(was, now)
        assert set(self.records()) == set().union(*now.members.values())
        self.kept = now
        with patched():
            project = self.told.project()
            with open_session(project) as session:
                assert in_full(session)["status"] == "unchanged"
                check_sound(session.warehouse, project)

    def remembered(self) -> Remembered:
        """What is published of golden ids now, and of those that live no more what they held while they did."""
        with self.told.opened() as warehouse:
            found = book.ledger(warehouse)
            with warehouse.connect() as connection:
                names = record_keys(connection, found.crosswalk.column("record_id").to_pylist())
        members: dict[int, Records] = {}
        for row in found.crosswalk.to_pylist():
            members[row["golden_number"]] = members.get(row["golden_number"], frozenset()) | {str(names[row["record_id"]])}
        states = {row["golden_number"]: row for row in found.states.to_pylist()}
        assert sorted(states) == list(range(1, found.next_number))
        assert {number for number, row in states.items() if row["state"] == "live"} == set(members)
        former = {n: held for n, held in {**self.kept.former, **self.kept.members}.items() if n not in members}
        leads = {number: row["target"] for number, row in states.items() if row["state"] == "redirected"}
        return Remembered(members, former, leads, frozenset(), found.next_number - 1)

    def renamed(self, named: dict[str, str]) -> Remembered:
        """What was kept, by the new keys of those who were recognised for sure."""
        with self.told.opened() as warehouse:
            from warehouse.renamed import renames

            known = renames(warehouse)
            with warehouse.connect() as connection:
                keys = record_keys(connection, [*known.old.tolist(), *known.new.tolist()])
        applied = {str(keys[old]): str(keys[new]) for old, new in zip(known.old.tolist(), known.new.tolist(), strict=True)}
        now = {old: applied[old] for old in named if old in applied}
        # Records of one customer that are alike can stand for each other.
        follow = {number: frozenset(now.get(one, one) for one in held) for number, held in self.kept.members.items()}
        former = {number: frozenset(now.get(one, one) for one in held) for number, held in self.kept.former.items()}
        return Remembered(follow, former, self.kept.redirects, self.kept.erased, self.kept.given)


def version_of(who: int, version: int) -> dict[str, str | None]:
    """What a record says of somebody: 1 has another e-mail, 2 another family name and no date of birth as well."""
    told = dict(person(who))
    if version:
        told["email"] = f"{told['given_name']}{who * 37}@mail.example"
    if version == 2:
        told |= {"family_name": person(who + 50)["family_name"], "birth_date": None}
    return told


@contextmanager
def patched() -> Iterator[None]:
    """Everything is matched and merged anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching_step, "basis_of", lambda *_: None)
        patch.setattr(merging_step, "touched_customers", lambda *_: None)
        yield


def live(machine: type[Lives], examples: int, long: int) -> None:
    """So many lives of so many steps; a failure is told as it came, for shrinking would take hours."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    chosen = settings(
        max_examples=examples, stateful_step_count=long, deadline=None, phases=phases, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]


def test_whatever_happens_golden_ids_keep_their_contract() -> None:
    """Records, departments, models, stewards, kills in any order; a full run finds nothing to change then. (Invariants 1, 2, 6, 8, 9)"""
    live(Lives, examples=3, long=7)


def test_the_same_on_a_server(postgres_url: str) -> None:
    """Once on PostgreSQL. (Invariants 1, 2, 6)"""

    class Served(Lives):
        fresh = iter([postgres_url])

    live(Served, examples=1, long=5)


@pytest.mark.long
def test_long_lives() -> None:
    """Many organisations that live long: `make test-long`. (Invariants 1, 2, 6, 8, 9)"""
    live(Lives, examples=25, long=30)
