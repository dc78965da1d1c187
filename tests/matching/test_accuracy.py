"""Accuracy on fixed samples: a change that loses some fails here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import Accuracy, accuracy
from matching.forms import forms_of
from matching.match import find_clusters, score_pairs
from matching.train import train
from tests.matching.picture import attribute, from_columns

AUSTRALIANS = {
    "given_name": attribute("given_name"),
    "surname": attribute("surname", "family_name"),
    "address_1": attribute("address_1", "street"),
    "suburb": attribute("suburb", "city"),
    "postcode": attribute("postcode"),
    "date_of_birth": attribute("date_of_birth"),
}
CUSTOMERS = {
    "first_name": attribute("first_name", "given_name"),
    "surname": attribute("surname", "family_name"),
    "dob": attribute("dob", "date_of_birth"),
    "city": attribute("city"),
    "email": attribute("email"),
}


def matched(folder: Path, attributes: dict) -> Accuracy:
    """Match a labelled set without labels, cut at 0.5, and score it."""
    as_text = pacsv.ConvertOptions(column_types={column: pa.string() for column in (*attributes, "source", "record_id", "entity_id")})
    rows = pacsv.read_csv(folder / "records.csv", convert_options=as_text)
    truth = pacsv.read_csv(folder / "truth.csv", convert_options=as_text)
    keys = [f"{source}:{key}" for source, key in zip(rows["source"].to_pylist(), rows["record_id"].to_pylist(), strict=True)]
    found = from_columns(list(attributes.values()), keys, {a.name: rows[column].to_pylist() for column, a in attributes.items()})
    entity = dict(zip(truth["record_id"].to_pylist(), truth["entity_id"].to_pylist(), strict=True))
    forms, population = forms_of(found), Population(found.source, np.zeros(len(found.sources), bool), found.sources)
    model, pairs, patterns = train(forms, population)
    clusters = find_clusters(forms, population, model, score_pairs(pairs, patterns, model, population), MatchSettings(), Constraints.none())
    return accuracy(clusters.label, [entity[key] for key in found.keys.to_pylist()])


@pytest.mark.parametrize(
    ("name", "attributes", "least"),
    [("febrl1", AUSTRALIANS, 0.995), ("febrl3", AUSTRALIANS, 0.985), ("splink_fake_1000", CUSTOMERS, 0.95)],
)
def test_labelled_sets_are_matched_without_labels(benchmarks: Path, name: str, attributes: dict, least: float):
    """Pairwise F1 at the default threshold, one configuration for all."""
    assert matched(benchmarks / name, attributes).f1 >= least
