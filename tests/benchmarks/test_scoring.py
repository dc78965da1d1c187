"""What the benchmark counts, held against independent counts."""

from __future__ import annotations

import importlib.util
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cleaned import Cleaned, write_cleaned
from benchmarks.crosscheck import agrees, pairs_within
from benchmarks.measured import blocking_recall, calibration_error
from benchmarks.thresholds import best_threshold
from matching.evaluate import accuracy

LABELS = st.lists(st.integers(0, 5), max_size=25)


def kept(folder: Path, entities: str) -> Cleaned:
    """A set of one record a letter; equal letters are one customer, and odd records come from another source."""
    keys = {"source": ["ab"[at % 2] for at in range(len(entities))], "key": [str(at) for at in range(len(entities))]}
    truth = pa.table({"source": keys["source"], "record_id": keys["key"], "entity_id": list(entities)})
    return write_cleaned(folder, pa.table(keys), [], truth)


def clusters_file(path: Path, cleaned: Cleaned, names: list[str]) -> Path:
    """A file that puts the records, in order, into the clusters of these names; a dash leaves a record out."""
    rows = cleaned.keys().to_frame(index=False).iloc[: len(names)].assign(cluster_id=names)
    rows[rows["cluster_id"] != "-"].to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "found",
    [
        pytest.param("xxxyyyzz", id="some right, some wrong"),
        pytest.param("xxxxxxxx", id="all joined"),
        pytest.param("stuvwxyz", id="none joined"),
        pytest.param("xx--y-yy", id="records left out, each somebody of its own"),
    ],
)
def test_clusters_score_as_the_independent_scorer_has_it(tmp_path: Path, benchmarks: Path, found: str):
    """Pairwise and B-cubed figures of a clusters file, against shared/tools/evaluate.py."""
    spec = importlib.util.spec_from_file_location("evaluate", benchmarks.parents[1] / "tools" / "evaluate.py")
    independent = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(independent)
    cleaned = kept(tmp_path, "AABBBCDD")
    path = clusters_file(tmp_path / "clusters.csv", cleaned, list(found))
    told = independent.evaluate(independent.read(path, "cluster_id"), independent.read(cleaned.truth, "entity_id"))
    score = accuracy(cleaned.clusters(path), cleaned.entities())
    theirs = [told[name] for name in ("p", "r", "f1", "b3_f1", "true_pairs", "predicted_pairs", "right_pairs")]
    ours = [score.precision, score.recall, score.f1, score.b_cubed_f1, score.true_pairs, score.found_pairs, score.right_pairs]
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_a_record_in_two_clusters_counts_in_its_first(tmp_path: Path):
    """An engine gains nothing by naming a record twice."""
    cleaned = kept(tmp_path, "AAB")
    path = clusters_file(tmp_path / "clusters.csv", cleaned, ["x", "y", "z"])
    path.write_text(path.read_text() + "b,1,x\n")
    assert accuracy(cleaned.clusters(path), cleaned.entities()).right_pairs == 0


@given(LABELS)
def test_pairs_within_are_the_pairs_of_equal_labels(labels):
    """Against all combinations."""
    expected = {(a, b) for a, b in combinations(range(len(labels)), 2) if labels[a] == labels[b]}
    assert set(pairs_within(np.array(labels, np.int64)).tolist()) == expected


def test_a_measure_that_is_not_recordlinkages_is_noticed():
    """The right figures agree; those of other clusters do not."""
    entity, found = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    assert agrees(accuracy(found, entity), found, entity)
    assert not agrees(accuracy(found, entity), entity, entity)


def test_calibration_error_is_the_distance_of_probability_and_truth():
    """Half of the pairs scored 0.5 are true: no error. None of those scored 0.8 is: 0.8. Sure pairs do not count."""
    half = np.arange(400) % 2 == 0
    assert calibration_error(np.full(400, 0.5), half) == pytest.approx(0.0)
    assert calibration_error(np.full(400, 0.8), np.zeros(400, bool)) == pytest.approx(0.8)
    assert calibration_error(np.full(400, 0.999), half) is None


def test_blocking_recall_is_the_share_of_true_pairs_among_the_candidates(tmp_path: Path):
    """Three true pairs, one of them a candidate, beside a false one."""
    pd.DataFrame({"left_row": [0, 0], "right_row": [1, 3]}).to_parquet(tmp_path / "candidates.parquet")
    assert blocking_recall(tmp_path / "candidates.parquet", np.array([7, 7, 7, 8]), 3) == pytest.approx(1 / 3)
    assert blocking_recall(tmp_path / "none.parquet", np.array([7, 7, 7, 8]), 3) is None


def test_the_best_threshold_is_the_one_the_truth_would_choose(tmp_path: Path):
    """A true pair scored 0.93 and a false one scored 0.75: the best cut lies between."""
    cleaned = kept(tmp_path, "AABC")
    pairs = pd.DataFrame({"left_row": [0, 1], "right_row": [1, 2], "match_probability": [0.93, 0.75]})
    pairs.to_parquet(tmp_path / "pairs.parquet")
    f1, threshold = best_threshold(cleaned, cleaned.entities(), tmp_path)
    assert f1 == 1.0
    assert 0.75 < threshold <= 0.93
