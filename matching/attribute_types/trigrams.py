"""Likeness of texts by the letter trigrams they share, rare ones counting for more (tf–idf cosine: Salton and Buckley 1988).

It sees through typing slips, product codes written together or apart, and words in another order, and knows from the data
itself which parts of a text say little ("black", "services", "the").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

LETTERS = 38
"""A blank, 26 letters, ten digits, anything else."""
SIZE = LETTERS**3
"""The number of trigrams there can be."""
COMPARED = 1_000
"""Letters of a text that are compared."""
EIGHTH = 8
"""TrigramWeights are whole eighths of a bit."""
AT_A_TIME = 100_000

TrigramWeights = npt.NDArray[np.uint8]
"""By trigram, how much it says that two texts share it: log2 of how rare it is, in eighths of a bit."""

EQUAL_WEIGHTS: TrigramWeights = np.full(SIZE, EIGHTH, np.uint8)
"""Where nothing is known of how common each trigram is."""

_CODE = np.full(256, LETTERS - 1, np.int64)
_CODE[ord(" ")] = 0
_CODE[ord("a") : ord("z") + 1] = np.arange(1, 27)
_CODE[ord("0") : ord("9") + 1] = np.arange(27, 37)


def learn_weights(form: pa.StringArray, frequency: npt.NDArray[np.int64]) -> TrigramWeights:
    """The weight of each trigram, from distinct forms and the number of records that have each.

    >>> weights = learn_weights(pa.array(["acme services", "bolt services"]), np.array([1, 1]))
    >>> rare, common = (weights[trigram_matrix(pa.array([text])).indices].max() for text in ("acme", "services"))
    >>> bool(rare > common)
    True
    """
    holders = np.zeros(SIZE)
    for at in range(0, len(form), AT_A_TIME):
        holders += frequency[at : at + AT_A_TIME] @ trigram_matrix(form[at : at + AT_A_TIME])
    bits = np.log2((frequency.sum() + 1) / (holders + 1))
    return np.asarray(np.clip(np.round(bits * EIGHTH), 0, 255).astype(np.uint8))


def cosine(left: pa.StringArray, right: pa.StringArray, weights: TrigramWeights = EQUAL_WEIGHTS) -> npt.NDArray[np.float64]:
    """How alike each pair of forms is, 0 to 1.

    >>> cosine(pa.array(["sony dvd player"]), pa.array(["player dvd sony"])).round(1).tolist()
    [0.9]
    """
    coded: Any = pc.dictionary_encode(pa.concat_arrays([left, right]))
    place = np.asarray(coded.indices).astype(np.int64)
    return Vectors(coded.dictionary, weights).cosine(place[: len(left)], place[len(left) :])


class Vectors:
    """Forms as vectors of weighed trigrams, each of length 1."""

    def __init__(self, form: pa.StringArray, weights: TrigramWeights) -> None:
        parts = [unit_rows(trigram_matrix(form[at : at + AT_A_TIME]), weights) for at in range(0, max(len(form), 1), AT_A_TIME)]
        self.rows = sparse.vstack(parts, format="csr")

    def cosine(self, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """How alike pairs of forms are, given by their positions."""
        parts = [
            np.asarray(self.rows[left[at : at + AT_A_TIME]].multiply(self.rows[right[at : at + AT_A_TIME]]).sum(axis=1)).ravel()
            for at in range(0, len(left), AT_A_TIME)
        ]
        return np.concatenate(parts).astype(np.float64) if parts else np.empty(0)


def unit_rows(matrix: Any, weights: TrigramWeights) -> Any:
    """The trigrams of each form weighed, and each form's weights scaled to a vector of length 1."""
    weighed = matrix.multiply(weights.astype(np.float64) / EIGHTH).tocsr()
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(length, 1e-9)) @ weighed).tocsr().astype(np.float32)


def trigram_matrix(form: pa.StringArray) -> Any:
    """Forms by trigrams, 1 where the form has the trigram; the form's ends count as blanks."""
    bounded = pc.binary_join_element_wise("", pc.utf8_slice_codeunits(form, 0, COMPARED), "", " ")
    lengths = np.asarray(pc.binary_length(bounded)).astype(np.int64)
    letters = _CODE[np.frombuffer("".join(bounded.to_pylist()).encode("latin-1", "replace"), np.uint8)]
    row = np.repeat(np.arange(len(form)), lengths)
    code = letters[:-2] * LETTERS**2 + letters[1:-1] * LETTERS + letters[2:]
    whole = row[2:] == row[:-2]
    matrix = sparse.csr_matrix((np.ones(int(whole.sum())), (row[:-2][whole], code[whole])), shape=(len(form), SIZE))
    matrix.data[:] = 1.0
    return matrix
