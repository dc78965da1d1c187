"""Rows that are refused because nobody could be told by them."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from domain.attributes import Status
from quality import refusals


def test_a_row_lives_by_one_valid_identifying_value() -> None:
    """One valid value that identifies is enough; placeholders, invalid and neutral values are not. (Invariant 7)"""
    statuses = pa.table(
        {
            #                      e-mail only  name only    nothing valid  neutral only
            "email_status": pa.array([Status.VALID, Status.INVALID, Status.PLACEHOLDER, Status.MISSING], pa.uint8()),
            "given_name_status": pa.array([Status.MISSING, Status.VALID, Status.INVALID, Status.MISSING], pa.uint8()),
            "gender_status": pa.array([Status.VALID, Status.VALID, Status.VALID, Status.VALID], pa.uint8()),
        }
    )
    mask, reason = refusals(statuses, ["given_name", "email", "phone"])
    assert mask.tolist() == [False, False, True, True]
    assert reason == "no attribute that identifies anyone is valid (given_name, email)"


def test_a_source_that_maps_nothing_identifying_has_only_refused_rows() -> None:
    """Without any identifying attribute nobody can be told, and the reason says so."""
    mask, reason = refusals(pa.table({"gender_status": [1, 1]}), ["email"])
    assert mask.tolist() == [True, True]
    assert reason == "no attribute that identifies anyone is valid (none is mapped)"


def test_no_rows_are_no_refusals() -> None:
    """An empty batch has an empty mask; a status that is null counts as missing."""
    assert refusals(pa.table({"email_status": pa.array([], pa.uint8())}), ["email"]).mask.tolist() == []
    assert refusals(pa.table({"email_status": pa.array([None, 1], pa.uint8())}), ["email"]).mask.tolist() == [True, False]


@given(st.lists(st.tuples(st.sampled_from(list(Status)), st.sampled_from(list(Status))), max_size=30))
def test_refusals_are_what_a_plain_loop_says(rows: list[tuple[Status, Status]]) -> None:
    """A row is refused exactly when neither of its two identifying attributes is valid."""
    email, phone = [a for a, _ in rows], [b for _, b in rows]
    statuses = pa.table({"email_status": pa.array(email, pa.int16()), "phone_status": pa.array(phone, pa.int16())})
    expected = [Status.VALID not in row for row in rows]
    assert np.array_equal(refusals(statuses, ["phone", "email"]).mask, np.array(expected, bool))
