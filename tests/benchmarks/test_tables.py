"""The tables of RESULTS.md."""

from __future__ import annotations

from benchmarks.accuracy import accuracy_report
from benchmarks.measured import Measured
from benchmarks.process import Ran
from benchmarks.results import results
from benchmarks.scale import scale_report
from matching.evaluate import accuracy


def found(engine: str, seconds: float, agreed: bool | None = True) -> Measured:
    """Four records in three clusters, one pair right and one true pair missed."""
    score = accuracy([0, 0, 1, 2], [0, 0, 1, 1])
    return Measured("tiny", engine, 4, score, 2, None, 1.0, None, agreed, Ran(seconds, seconds, 10.0, {"candidate_pairs": 6}))


def test_each_engine_has_a_row():
    """A figure that an engine does not give is a dash."""
    text = accuracy_report([found("Onefold", 1.0), found("Splink", 3.0)]).markdown()
    assert "| tiny | Onefold | 4 | 1.000 | 0.500 | 0.667 | – | 0.857 | 1.000 | – | – | 6 | 1.0 | 1.0 | 10 |" in text.splitlines()
    assert sum(line.startswith("| tiny") for line in text.splitlines()) == 2


def test_measures_that_recordlinkage_counts_otherwise_are_named():
    """The reader is told, and told that all is well where it is."""
    assert "counts otherwise on: tiny" in accuracy_report([found("Onefold", 1.0, agreed=False)]).note
    assert "and agree" in accuracy_report([found("Onefold", 1.0)]).note


def test_a_rivals_time_is_a_multiple_of_ours():
    """Medians of the runs: 2 of 1, 2 and 9; Splink's 6 is three times that."""
    report = scale_report([[[found("Onefold", 1.0), found("Onefold", 9.0), found("Onefold", 2.0)], [found("Splink", 6.0)]]])
    assert [row[9:11] for row in report.rows] == [("2.0", "1.00"), ("6.0", "3.00")]


def test_the_page_says_how_it_was_made():
    """Command, versions, date and what was left out."""
    page = results([accuracy_report([found("Onefold", 1.0)])], ["febrl1", "--no-rivals"], "abc1234", ["the rivals are left out, as asked"])
    assert "`python -m benchmarks febrl1 --no-rivals`" in page
    assert "Note: the rivals are left out, as asked." in page
    assert "at commit abc1234" in page
    assert "Python 3." in page
    assert "## Accuracy" in page
