"""What stewards are asked and decide, and the models that are kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.decisions import Decision, Verdict
from domain.errors import WarehouseError
from domain.records import RecordKey
from domain.runs import Run
from warehouse.clusters import published_clusters, stage_clusters
from warehouse.decisions import active_decisions, active_pairs, append_decisions, decisions_about, undo_decisions
from warehouse.models import adopt_model, adopted_model, save_model, stored_models
from warehouse.pairs import pairs_of, published_pairs, stage_pairs
from warehouse.tasks import Question, open_tasks, sync_tasks, task, task_counts

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A1, A2, B1 = RecordKey("a", "1"), RecordKey("a", "2"), RecordKey("b", "1")


def decided(left: RecordKey, right: RecordKey, verdict: Verdict, group: str) -> Decision:
    return Decision(left, right, verdict, "ruth", NOON, "she said so", group)


def test_decisions_are_kept_and_one_undo_takes_all_of_an_act_back(warehouse):
    """What was decided in one act is taken back in one; what remains, remains; nothing is deleted. (Invariant 3)"""
    act = [decided(A1, B1, Verdict.SAME, "act 1"), decided(A1, A2, Verdict.DIFFERENT, "act 1")]
    other = [decided(A2, B1, Verdict.UNSURE, "act 2")]
    with warehouse.begin() as connection:
        kept = append_decisions(connection, act) + append_decisions(connection, other)
        assert [one.id for one in kept] == [1, 2, 3]
        assert active_decisions(connection) == kept
        assert decisions_about(connection, A1) == kept[:2]
        assert undo_decisions(connection, "act 1", "paul", NOON, "wrong Ann") == 2
        assert undo_decisions(connection, "act 1", "paul", NOON, "wrong Ann") == 0
        assert active_decisions(connection) == kept[2:]
        assert append_decisions(connection, []) == []
        assert append_decisions(connection, act[:1])[0].id == 4


def test_decisions_are_found_by_record_numbers(story):
    """Matching gets the numbers of the records; a record that was never seen cannot be constrained."""
    run = story.begin("a", "b")
    story.stage(run, "a", "1 Ann - -\n2 Bob - -")
    story.stage(run, "b", "1 Ann - -")
    with story.warehouse.begin() as connection:
        append_decisions(connection, [decided(A1, B1, Verdict.SAME, "x"), decided(A2, RecordKey("b", "9"), Verdict.SAME, "x")])
    assert active_pairs(story.warehouse).to_pylist() == [{"left_id": 1, "right_id": 3, "verdict": "same"}]


SUBJECTS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SUBJECTS, max_size=4))
def test_open_tasks_are_what_the_last_run_asked(file_warehouse, runs):
    """Whatever earlier runs asked, the open tasks are the last run's, and asking again changes nothing. (Invariant 8)"""
    counts = None
    for number, asked in enumerate([*runs, *runs[-1:]], start=1):
        questions = [Question(subject, {"n": 1}, 1.0) for subject in asked]
        with file_warehouse.begin() as connection:
            counts = sync_tasks(connection, Run(number, str(number), NOON), "pair", questions)
            assert {one.question.subject for one in open_tasks(connection, "pair")} == set(asked)
    if counts is not None:
        assert (counts.opened, counts.closed, counts.kept) == (0, 0, len(runs[-1]))


def test_the_same_question_is_one_task(warehouse):
    """Asked again it keeps its number and takes the new value; no longer asked it is closed; other kinds are left alone."""
    first, second = Run(1, "a", NOON), Run(2, "b", NOON)
    with warehouse.begin() as connection:
        sync_tasks(connection, first, "pair", [Question("a:1 b:1", {"p": 0.5}, 1.0), Question("a:2 b:1", {"p": 0.6}, 3.0)])
        sync_tasks(connection, first, "conflict", [Question("a:1 b:1", {"'": "\0\ud800"}, 2.0)])
        best = open_tasks(connection)[0]
        assert (best.question.subject, best.question.payload, best.created_run) == ("a:2 b:1", {"p": 0.6}, 1)
        counts = sync_tasks(connection, second, "pair", [Question("a:2 b:1", {"p": 0.7}, 0.5), Question("a:3 b:1", {}, 0.1)])
        assert (counts.opened, counts.kept, counts.closed) == (1, 1, 1)
        assert [one.question.value for one in open_tasks(connection, "pair")] == [0.5, 0.1]
        assert task(connection, best.task_id).question == Question("a:2 b:1", {"p": 0.7}, 0.5)
        assert task(connection, 1).closed_run == 2
        assert task(connection, 99) is None
        assert task_counts(connection) == {"conflict": 1, "pair": 2}
        assert open_tasks(connection, "conflict")[0].question.payload == {"'": "\0\ud800"}


def test_the_model_in_use_is_the_one_adopted_last(warehouse):
    """Models are kept as they are; adopting one of them changes which is in use, and nothing else."""
    runs = [Run(number, str(number), NOON) for number in (1, 2, 3)]
    with warehouse.begin() as connection:
        assert adopted_model(connection) is None
        save_model(connection, runs[0], "f1", '{"m": 1}', "first")
        save_model(connection, runs[0], "f1", "something else")
        save_model(connection, runs[1], "f2", '{"m": 2}')
        assert adopted_model(connection) is None
        adopt_model(connection, runs[1], "f2")
        adopt_model(connection, runs[2], "f1")
        found = adopted_model(connection)
        assert (found.fingerprint, found.artefact, found.adopted_run, found.note) == ("f1", '{"m": 1}', 3, "first")
        assert [model.fingerprint for model in stored_models(connection)] == ["f2", "f1"]
    with pytest.raises(WarehouseError, match="there is no model f9: train one first"), warehouse.begin() as connection:
        adopt_model(connection, runs[2], "f9")


PAIR = {"match_probability": [0.9], "match_weight": [7.5], "related_probability": [None], "verdict": ["same"], "advantage": [-250_000]}


def test_what_matching_derived_is_that_of_the_publication(story):
    """Pairs and clusters of a run are seen once it is published, instead of those before; a repeated step replaces its own."""
    first = story.begin("crm")
    story.pull(first, "crm", "1 Ann - -\n2 Ann - -\n3 Bob - -")
    for _ in range(2):
        stage_pairs(story.warehouse, first, pa.table({"left_id": [1], "right_id": [2], **PAIR}))
        stage_clusters(story.warehouse, first, pa.table({"record_id": [1, 2, 3], "cluster": [1, 1, 3], "linkage": [2.5, 2.5, None]}))
    assert published_pairs(story.warehouse).num_rows == 0
    story.publish(first)
    assert published_pairs(story.warehouse).to_pylist() == [{"left_id": 1, "right_id": 2, **{name: v[0] for name, v in PAIR.items()}}]
    assert sorted(published_clusters(story.warehouse).column("cluster").to_pylist()) == [1, 1, 3]
    second = story.begin("crm")
    stage_pairs(story.warehouse, second, pa.table({"left_id": [2], "right_id": [3], **PAIR}))
    with story.warehouse.connect() as connection:
        assert pairs_of(connection, [2, 77]).column("left_id").to_pylist() == [1]
        assert pairs_of(connection, [3]).num_rows == 0
    story.begin("crm")
    assert published_pairs(story.warehouse).column("left_id").to_pylist() == [1]
