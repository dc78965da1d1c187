"""Streets, towns and addresses: their parts and what they block on."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.attribute_types.address import Address, split_address
from matching.attribute_types.country import country_names
from matching.attribute_types.postcode import Postcode
from matching.attribute_types.region import REGIONS
from matching.attribute_types.street import Street, split_street

WORDS = [
    "12",
    "Main St",
    "Oak Ave",
    ",",
    ", ",
    "\n",
    "Apt 4",
    "#7",
    "Springfield",
    "IL",
    "Illinois",
    "62704",
    "SW1A 1AA",
    "Berlin",
    "10115",
    "USA",
    "PO Box 5",
    "Flat 2",
    "M5V 2T6",
]
ADDRESSES = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=9).map(" ".join)


def forms(streets: list[str]) -> pa.StringArray:
    return Street().standardise(pa.array(streets)).form


def test_a_street_consists_of_unit_number_and_words() -> None:
    """The number may come last, the unit first or last; boxes have a number too."""
    parts = split_street(forms(["Flat 3, 12a High St", "12 32nd St SE Ste 200", "Hauptstr. 5", "Broadway", "P.O. Box 9"]))
    assert list(zip(*(part.to_pylist() for part in parts), strict=True)) == [
        ("3", "12a high st", "12a", "high st"),
        ("200", "12 32nd st se", "12", "32nd st se"),
        (None, "haupt st 5", "5", "haupt st"),
        (None, "broadway", None, "broadway"),
        (None, "po box 9", "9", "po box"),
    ]


def test_a_street_blocks_on_its_number_and_main_word() -> None:
    """The first letters skip directions, articles and kinds of street that come first."""
    atoms = Street().blocking_atoms(
        pa.concat_arrays([forms(["12 N Washington St", "5 rue de la Paix", "Broadway"]), pa.nulls(1, pa.string())])
    )
    assert {label: atom.to_pylist() for label, atom in atoms.items() if label != "exact"} == {
        "number and longest word": ["12 washington", "5 paix", None, None],
        "number and first letters": ["12 was", "5 pai", None, None],
        "longest word": ["washington", "paix", "broadway", None],
    }


def test_an_address_blocks_on_its_postcode() -> None:
    """A house number of five digits is not taken for one; the blank in a British one does not matter."""
    form = Address().standardise(pa.array(["12345 Main St, Springfield, IL 62704", "25 Foundry Rd, Swansea SA1 1AD", "12345 Main St"])).form
    assert Address().blocking_atoms(form)["postcode"].to_pylist() == ["62704", "sa1 1ad", None]


def test_a_postcode_blocks_on_its_district() -> None:
    """Outward code, first three, first two."""
    assert Postcode().blocking_atoms(pa.array(["sw1a1aa", "k1a0b1", "62704", "2706", None]))["district"].to_pylist() == [
        "sw1a",
        "k1a",
        "627",
        "27",
        None,
    ]


@settings(deadline=None)
@given(st.lists(ADDRESSES, max_size=6))
def test_splitting_an_address_invents_nothing_and_loses_no_word(texts: list[str]) -> None:
    """The letters and digits of the parts are those of the whole, in some order."""
    encodable = [text.encode("utf-8", "replace").decode() for text in texts]
    parts = split_address(pa.array(encodable, pa.string()))
    for text, *row in zip(encodable, *(part.to_pylist() for part in parts), strict=True):
        if text.isascii():
            assert sorted(_characters("".join(part or "" for part in row))) == sorted(_characters(text))


def _characters(text: str) -> list[str]:
    return [character for character in text.upper() if character.isalnum()]


def test_tables_are_folded_and_lead_to_codes() -> None:
    """Every name of a region or country can be found by its folded text, and leads to something that leads to itself."""
    assert all(REGIONS[region.lower()] == region for region in REGIONS.values() if len(region) <= 3)
    assert all(country_names()[code.lower()] == code for code in country_names().values())
    assert len(set(country_names().values())) == 249
