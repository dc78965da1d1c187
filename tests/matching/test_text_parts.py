"""A text that is all there is, told apart by its words and by its numbers."""

from __future__ import annotations

import numpy as np

from matching.chance import Population
from matching.forms import forms_of, witnesses
from matching.model import load_model
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, from_columns

PRODUCTS: list[str | None] = ["Canon EOS 40D camera", "Canon EOS 50D camera", "Sony DSC-W80 camera", "Sony player", "Nikon D300 body"]


def table(texts: list[str | None], kind: str = "text", **others: list[str | None]) -> Records:
    """Records of one text each, and whatever else."""
    own = [attribute("title", kind), *(attribute(name, "number") for name in others)]
    return from_columns(own, [f"crm:{at:04}" for at in range(len(texts))], {"title": texts, **others})


def test_words_and_numbers_of_a_lone_text_are_two_witnesses() -> None:
    """Models differ where the words do not."""
    found = witnesses(forms_of(table(PRODUCTS)))
    assert found["words of title"].distinct.to_pylist()[:1] == ["canon eos camera"]
    assert found["numbers in title"].distinct.to_pylist() == ["40d", "50d", "w80", "d300"]
    assert "title" not in found


def test_a_text_beside_another_attribute_is_one() -> None:
    """What else is known is witness enough."""
    assert set(forms_of(table(PRODUCTS, price=["1", "2", "3", "4", "5"]))) == {"title", "price"}


def test_years_and_few_numbers_name_nobody() -> None:
    """Numbers that many share, or that hardly any record has, leave the text whole."""
    years: list[str | None] = [
        f"A Study of {word}, {1999 + at % 2}"
        for at, word in enumerate(["Apes", "Bees", "Cats", "Dogs", "Elks", "Fish", "Goats", "Hens", "Ibis", "Jays"])
    ]
    rare: list[str | None] = ["The Old Mill", "The Old Man", "Catch 22", "Walden", "Emma"]
    assert [set(witnesses(forms_of(table(texts)))) for texts in (years, rare)] == [{"title"}, {"title"}]


def test_a_model_of_words_and_numbers_is_loaded_as_it_was_trained() -> None:
    """The parts are known again from the attribute alone, whatever the records of the next run hold."""
    records = table([f"{brand} camera {number}" for number in range(100, 160) for brand in ("Sony", "Sony new")])
    population = Population(records.source, np.zeros(1, bool), records.sources)
    model, _, _ = train(forms_of(records), population)
    assert [c.name for c in model.comparisons] == ["words of title", "numbers in title"]
    loaded = load_model(model.dump(), [attribute("title", "text")])
    assert loaded.fingerprint == model.fingerprint
    assert set(loaded.weighed(forms_of(table(["Walden"])))) == {"words of title", "numbers in title"}
