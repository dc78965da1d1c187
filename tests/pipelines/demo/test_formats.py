"""How departments write one and the same customer."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.demo import formats, keys
from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.sheet import Sheet
from pipelines.demo.tables import stream

PERSON = {
    "given_name": "José",
    "middle": "B",
    "family_name": "O'Brien-Muñoz",
    "suffix": "Jr",
    "organisation": None,
    "email": "jose@x.com",
    "second_email": None,
    "phone": "2065550100",
    "second_phone": "2065550199",
    "gender": "M",
    "street": "12 Main St",
    "city": "St. Louis",
    "region": "MO",
    "postcode": "63101",
}


def sheet(rows=1, **values):
    texts = {name: pa.array([value] * rows, pa.string()) for name, value in {**PERSON, **values}.items()}
    born = pa.array([date(1980, 4, 3)] * rows)
    return Sheet(
        np.zeros(rows, np.int64), np.full(rows, 86_400), texts | {"birth_date": born, "marketing_consent": pa.array([True] * rows)}
    )


def written(recipe, **values):
    """What a recipe makes of the customer above."""
    return recipe(sheet(**values), stream(1))[0].as_py()


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (formats.whole_name(middle=0, suffix=1), "José O'Brien-Muñoz Jr"),
        (formats.whole_name("comma", formats.upper, middle=1, suffix=1), "O'BRIEN-MUNOZ JR, JOSE B"),
        (formats.whole_name("family first", formats.upper, middle=0, length=12), "O'BRIEN-MUNO"),
        (formats.given(middle=1), "José B"),
        (formats.value("family_name", formats.lower), "o'brien-muñoz"),
        (formats.phone("parens"), "(206) 555-0100"),
        (formats.phone("plus"), "+12065550100"),
        (formats.phone("long distance", second=True), "1-206-555-0199"),
        (formats.several("phone", "second_phone", " / "), "2065550100 / 2065550199"),
        (formats.several("email", "second_email", ";"), "jose@x.com"),
        (formats.date("birth_date", "%d.%m.%Y"), "03.04.1980"),
        (formats.date("birth_date", "%m/%d/%y"), "04/03/80"),
        (formats.date("birth_date", "%b %d, %Y"), "Apr 03, 1980"),
        (formats.modified("%Y-%m-%dT%H:%M:%SZ"), "1970-01-02T00:00:00Z"),
        (formats.code("gender", {"F": "2", "M": "1"}), "1"),
        (formats.code("marketing_consent", {True: "opt-in", False: "opt-out"}), "opt-in"),
        (formats.state_name(), "Missouri"),
        (formats.whole_address(), "12 Main St, St. Louis, MO 63101"),
        (formats.whole_address(formats.upper), "12 MAIN ST, ST. LOUIS, MO 63101"),
    ],
)
def test_one_customer_in_many_hands(recipe, text):
    """The same person, as each department writes them."""
    assert written(recipe) == text


def test_some_are_addressed_with_a_title_of_their_gender():
    """Mr. or Dr. for him, Mrs. or Dr. for her, none for an organisation."""
    recipe = formats.whole_name(titles=1, middle=0, suffix=0)
    for gender, titles in formats.TITLES.items():
        names = recipe(sheet(200, gender=gender), stream(1)).to_pylist()
        assert set(names) == {f"{title} José O'Brien-Muñoz" for title in titles}
    assert written(recipe, given_name=None, gender=None, family_name="Acme Inc.") == "Acme Inc."


def test_what_is_missing_leaves_no_trace():
    """No stray comma, no blank, and nothing at all where nothing is known."""
    assert written(formats.whole_name("comma", middle=0), given_name=None, suffix=None) == "O'Brien-Muñoz"
    assert written(formats.whole_name("comma", middle=0), family_name=None, suffix=None) == "José"
    assert written(formats.whole_name(middle=1), given_name=None, family_name=None) is None
    assert written(formats.whole_address(), street=None, postcode=None) == "St. Louis, MO"
    assert written(formats.phone("parens", "dots", extension=1.0), phone=None) is None
    assert written(formats.code("gender", {"F": "2", "M": "1"}), gender=None) is None
    assert written(formats.postcode(plus_four=1.0), postcode=None) is None


def test_a_mistyped_value_is_written_as_it_is():
    """A telephone of nine digits has no area code to put in brackets, and ZZ is no state."""
    assert written(formats.phone("parens"), phone="206555010") == "206555010"
    assert written(formats.phone("parens"), phone="n/a") == "n/a"
    assert written(formats.state_name(), region="ZZ") == "ZZ"


@pytest.mark.parametrize("key", [keys.numbered(), keys.coded("C-", 4), keys.uuid], ids=["numbered", "coded", "uuid"])
def test_no_key_is_given_twice(key):
    """Nor is one missing."""
    made = key(sheet(20_000), stream(1))
    assert made.null_count == 0
    assert pc.count_distinct(made).as_py() == 20_000


def test_every_way_of_writing_is_there():
    """Whole names and split ones, whole addresses and split ones, keys of four kinds, half of them with times of change."""
    maps = [department.map for department in DEPARTMENTS]
    wholes = [entry["as"] for fields in maps for entry in fields.values() if isinstance(entry, dict) and "as" in entry]
    formats_of_dates = {entry["format"] for fields in maps for entry in fields.values() if isinstance(entry, dict) and "format" in entry}
    assert wholes.count("full_name") >= 5
    assert wholes.count("address") >= 3
    assert {"%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%m/%d/%y"} <= formats_of_dates
    assert sum(department.modified is not None for department in DEPARTMENTS) == 9
    assert any(len(department.key) == 2 for department in DEPARTMENTS)
