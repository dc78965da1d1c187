"""How Great Expectations is kept: quiet, at home, and honest about what it was asked."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pandas as pd

from domain.checks import Check, GateReport
from quality.engine import Answer, Expectation, ask

Gated = Callable[..., GateReport]
ROOT = Path(__file__).parents[2]


def in_set(column: str, *values: object, mostly: float = 1) -> Expectation:
    """Values of a column that are among these."""
    return Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values), "mostly": mostly})


def test_answers_come_in_the_order_asked() -> None:
    """Great Expectations sorts its results; the answers are put back, equal questions too."""
    frame = pd.DataFrame({"a": [1, 1, 2], "b": ["x", None, "y"]})
    asked = [in_set("b", "x"), Expectation("ExpectTableRowCountToEqual", {"value": 3}), in_set("a", 1), in_set("zz"), in_set("a", 1)]
    answers = ask(frame, asked)
    assert answers[0] == Answer(False, rows=2, failing=1)
    assert answers[1] == Answer(True, figure=3.0)
    assert answers[2] == answers[4] == Answer(False, rows=3, failing=1)
    assert answers[3].error == "there is no column 'zz'"


def test_each_frame_is_answered_for_itself() -> None:
    """Nothing is remembered from the frame before, though the same questions are put to it."""
    assert [ask(pd.DataFrame({"a": [1] * n + [2]}), [in_set("a", 1)])[0].failing for n in range(3)] == [1, 1, 1]
    assert [ask(pd.DataFrame({"a": [1] * n + [2]}), [in_set("a", 1)])[0].rows for n in range(3)] == [1, 2, 3]


def test_an_expectation_that_cannot_be_made_spoils_no_other() -> None:
    """A name or arguments that do not exist answer for themselves alone."""
    asked = [Expectation("ExpectMiracles"), Expectation("ExpectTableRowCountToEqual", {"valeu": 3}), in_set("a", 1)]
    nameless, misspelt, sound = ask(pd.DataFrame({"a": [1]}), asked)
    assert nameless.error == "its arguments do not fit (AttributeError)"
    assert misspelt.error.startswith("its arguments do not fit")
    assert sound.passed


def test_an_error_is_named_without_its_message() -> None:
    """Python's own name of the error is told; a value that poses as one is not. (Invariant 11)"""
    posing = pd.DataFrame({"a": ["\nZebediahError: hello", "\nZebediah"]})
    (answer,) = ask(posing, [Expectation("ExpectColumnMeanToBeBetween", {"column": "a", "max_value": 1})])
    assert answer.error == "TypeError"


def test_frames_that_cannot_be_looked_at_are_answered_with_an_error() -> None:
    """Half a character, which no encoding knows, stops Great Expectations itself; that is an answer too."""
    answers = ask(pd.DataFrame({"a": ["\ud800", "b"]}), [in_set("a", "b"), Expectation("ExpectColumnValuesToBeUnique", {"column": "a"})])
    assert [answer.passed for answer in answers] == [False, False]
    assert all(answer.error for answer in answers)


def test_a_huge_cell_is_just_a_value() -> None:
    """Ten megabytes in one cell are counted like any other value, and not told."""
    (answer,) = ask(pd.DataFrame({"a": ["x" * 10_000_000, "b\x00"]}), [in_set("a", "b\x00")])
    assert answer == Answer(False, rows=2, failing=1)


def test_a_frame_is_let_go_when_it_is_answered() -> None:
    """A batch of a million records does not stay in memory until the next."""
    frame = pd.DataFrame({"a": [1]})
    alive = weakref.ref(frame)
    ask(frame, [in_set("a", 1)])
    del frame
    gc.collect()
    assert alive() is None


def test_two_gates_at_once_do_not_mix() -> None:
    """Runs and the desk may ask at the same time, in threads of one process."""
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda n: ask(pd.DataFrame({"a": [1] * n}), [in_set("a", 2)])[0].failing, range(1, 9)))
    assert rows == list(range(1, 9))


def test_the_engine_is_quiet_and_stays_at_home(tmp_path: Path) -> None:
    """A gate prints and logs nothing, reaches no host, writes no file, and loads the engine only when it asks. (Invariant 11)"""
    script = """
        import logging, socket, sys, warnings
        def refuse(*_): raise AssertionError("a gate reached for the network")
        socket.socket.connect = socket.getaddrinfo = refuse
        logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
        shown = warnings.showwarning
        import pyarrow as pa
        from datetime import datetime
        from domain.checks import Check
        from quality import ArrivalBatch, arrival_gate
        assert "great_expectations" not in sys.modules and "pandas" not in sys.modules
        values = lambda: pa.table({"email": ["Zebediah", None]})
        checks = [Check("ExpectColumnValuesToMatchRegex", {"column": "email", "regex": "(Ann)"}),
                  Check("ExpectColumnMeanToBeBetween", {"column": "email", "max_value": 1})]
        batch = ArrivalBatch("crm", pa.table({"email_status": [1, 0]}), 2, 2, 0, datetime(2026, 1, 1), values=values)
        assert len(arrival_gate(checks, batch).failed) == 2
        assert warnings.showwarning is shown
    """
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", dedent(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_gate_of_many_checks_is_one_validation(arrive: Gated) -> None:
    """Thirty checks on one batch come back as thirty results, in the project's order after those always asked."""
    checks = [Check("complete", {"attribute": "email", "share": n / 100}) for n in range(30)]
    results = arrive(*checks).results
    assert [result.check for result in results[-30:]] == [f"complete: email at least {n} %" for n in range(30)]
