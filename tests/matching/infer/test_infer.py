"""Tables: what their columns mean, in small pictures of a few rows."""

from __future__ import annotations

import pyarrow as pa
import pytest

from matching.infer import Inferred, infer
from matching.infer.columns import Column


def columns(picture: str, inputs: tuple[int, ...] = (0,)) -> list[Column]:
    """Columns from a header and rows of cells parted by `|`; `-` is empty."""
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in picture.strip().splitlines()]
    found = []
    for at, name in enumerate(header):
        cells = [line[at] for line in lines if line[at] != "-"]
        found.append(Column(name, pa.array(cells, pa.string()), len(cells), len(lines), inputs))
    return found


def told(found: Inferred) -> dict[str, str]:
    """Of each column its attribute and type, or `-`."""
    return {one.column: f"{one.attribute}: {one.type}" if one.attribute else "-" for one in found.findings}


def table(picture: str) -> dict[str, str]:
    return told(infer(columns(picture)))


def why(picture: str, column: str) -> str:
    return next(one.why for one in infer(columns(picture)).findings if one.column == column)


def test_people_of_a_department():
    """The everyday case: names, birth date, contacts, an address."""
    found = table("""
        fname | surname | dob        | e-mail        | tel home     | zip   | status
        Ann   | Lee     | 1980-04-03 | ann@x.org     | 206-555-0100 | 98101 | active
        Bob   | Ray     | 1975-12-30 | b.ray@y.com   | 206-555-0199 | 98102 | active
        Mary  | Orr     | 1990-01-09 | mary@orr.net  | 425-555-0123 | 98052 | gone
    """)
    assert found == {
        "fname": "given_name: given_name",
        "surname": "family_name: family_name",
        "dob": "date_of_birth: date_of_birth",
        "e-mail": "email: email",
        "tel home": "phone: phone",
        "zip": "postcode: postcode",
        "status": "-",
    }


def test_other_languages():
    """A German and a Spanish table."""
    assert table("""
        Vorname | Nachname | Geburtsdatum | Straße     | Hausnr | PLZ   | Ort
        Jürgen  | Müller   | 03.04.1980   | Hauptstr.  | 5      | 10115 | Berlin
        Petra   | Schmidt  | 30.12.1975   | Am Markt   | 12a    | 20095 | Hamburg
    """) == {
        "Vorname": "given_name: given_name",
        "Nachname": "family_name: family_name",
        "Geburtsdatum": "date_of_birth: date_of_birth",
        "Straße": "street: street",
        "Hausnr": "street: street",
        "PLZ": "postcode: postcode",
        "Ort": "city: city",
    }
    assert (
        table("""
        nombre | primer apellido | segundo apellido | fecha_nacimiento | correo electrónico
        José   | García          | López            | 1980-04-03       | jose@x.es
        Ana    | Ruiz            | Pérez            | 1975-12-30       | ana@y.es
    """)["segundo apellido"]
        == "family_name: family_name"
    )


def test_a_house_number_is_joined_to_its_street():
    """Number first, whichever column comes first; where the street has it already, it is not written twice."""
    apart = infer(columns("street | house_no | surname\nMain St | 12 | Lee\nOak Ave | 7 | Ray"))
    assert [one.columns for one in apart.maps if one.target == "street"] == [(("house_no", "street"),)]
    within = infer(columns("street | house_no | surname\n12 Main St | 12 | Lee\n7 Oak Ave | 7 | Ray"))
    assert [one.columns for one in within.maps if one.target == "street"] == [(("street",),)]


NAMES = [
    # the rows beneath `name`, other columns, what the name is
    (["Ann Lee", "Bob Ray", "Mary Orr"], "dob | 1980-04-03 | 1975-12-30 | 1990-01-09", "full_name"),
    (["Acme Ltd", "Smith & Sons Inc", "First National Bank"], "city | Paris | Rome | Oslo", "organisation"),
    (["hotel bel-air", "cafe bizou", "arts delicatessen"], "phone | 310-555-0100 | 310-555-0101 | 818-555-0111", "organisation"),
    (["Sony Turntable", "Bose Speaker System", "Sony Switcher"], "price | 399 | 49 | 158", "text"),
    (["Robert Miller", "Mary Jones", "John Smith"], "city | Paris | Rome | Oslo", "full_name"),
]


@pytest.mark.parametrize(("names", "other", "kind"), NAMES, ids=[f"{kind}: {names[0]}" for names, _, kind in NAMES])
def test_whose_name_a_name_is(names, other, kind):
    """`name` alone may be a person's, a firm's or a thing's: the values and the other columns tell."""
    cells = [cell.strip() for cell in other.split("|")]
    picture = "\n".join(f"{left} | {right}" for left, right in zip(["name", *names], cells, strict=True))
    assert table(picture)["name"].endswith(f": {kind}")


def test_a_french_nom_is_a_family_name_only_beside_a_prenom():
    """By itself it is a whole name."""
    assert table("prenom | nom\nAnne | Leroy\nJean | Petit")["nom"] == "family_name: family_name"
    assert table("nom | date_naissance\nAnne Leroy | 1980-04-03\nMarie Petit | 1975-12-30")["nom"] == "name: full_name"


def test_an_address_is_whole_or_a_street():
    """By what stands in it: a town or a postcode behind the street makes it whole."""
    whole = infer(columns("surname | address\nLee | 12 Main St, Springfield, IL 62704\nRay | 7 Oak Ave, Peoria, IL 61602"))
    assert told(whole)["address"] == "address: address"
    assert {"street", "city", "region", "postcode"} <= {attribute.name for attribute in whole.attributes}
    assert table("surname | address\nLee | 12 Main St\nRay | 7 Oak Ave")["address"] == "street: street"


def test_year_month_and_day_of_birth_are_one_date():
    """As in many registers; where a date of birth is told as well, they are not needed."""
    found = infer(columns("surname | by | bm | bd\nLee | 1980 | 4 | 3\nRay | 1975 | 12 | 30"))
    assert [one.columns for one in found.maps if one.target == "date_of_birth"] == [(("by", "bm", "bd"),)]
    assert table("surname | dob | birth_year\nLee | 1980-04-03 | 1980\nRay | 1975-12-30 | 1975")["birth_year"] == "-"


def test_several_telephones_are_several_values():
    """And so are several in one cell; a fax is none."""
    found = infer(columns("surname | phone1 | mobile | fax\nLee | 206-555-0100 | 206-555-0101 | 1\nRay | 206-555-0102 | - | 2"))
    (phone,) = [one for one in found.maps if one.target == "phone"]
    assert phone.columns == (("phone1",), ("mobile",))
    assert next(one for one in found.attributes if one.name == "phone").many
    (joined,) = [one for one in infer(columns("surname | email\nLee | a@x.org;b@x.org\nRay | c@x.org")).maps if one.target == "email"]
    assert joined.split == ";"


def test_day_first_is_told_by_figures_above_twelve():
    """Where no figure tells, the usual reading holds."""
    (first,) = [m for m in infer(columns("surname | dob\nLee | 25/12/1980\nRay | 03/04/1975")).maps if m.target == "date_of_birth"]
    assert first.format == "%d/%m/%Y"
    (usual,) = [m for m in infer(columns("surname | dob\nLee | 12/25/1980\nRay | 03/04/1975")).maps if m.target == "date_of_birth"]
    assert usual.format is None


def test_values_tell_where_names_do_not():
    """Columns that are called by numbers, as in a file without a header."""
    found = table("""
        column_1 | column_2        | column_3   | column_4     | column_5 | column_6
        Mary     | ann@example.org | 1980-04-03 | SW1A 1AA     | F        | https://x.org
        John     | bob@example.org | 1935-12-30 | M1 1AE       | M        | https://y.org/a
        Robert   | cy@example.org  | 1999-01-09 | B33 8TH      | F        | www.z.com
    """)
    assert list(found.values()) == [
        "given_name: given_name",
        "email: email",
        "date_of_birth: date_of_birth",
        "postcode: postcode",
        "gender: gender",
        "url: url",
    ]


def test_a_name_that_its_values_belie_is_not_believed():
    """A column called e-mail that holds dates is left out, and says why."""
    picture = "surname | email\nLee | 12/31/2013\nRay | 04/30/2015\nOrr | 05/31/2015"
    assert table(picture)["email"] == "-"
    assert why(picture, "email") == "named like email, but its values are not"


def test_what_is_about_something_else_is_left_out():
    """A telephone's type, a passport's country, the employer, when a row was made, a fax."""
    picture = """
        surname | phone_type | passport_country | employer_name | created_at | notes
        Lee     | mobile     | US               | Acme Ltd      | 2020-01-01 | -
        Ray     | home       | FR               | Blue Bank     | 2020-01-02 | -
    """
    assert set(table(picture).values()) == {"family_name: family_name", "-"}
    assert why(picture, "notes") == "empty"


def test_numbers_that_sources_give_are_no_evidence_and_others_are():
    """A customer number is not the customer's own; a passport is."""
    found = table("surname | customer_id | soc_sec_id | passport_no\nLee | 1 | 536-90-4399 | X123456\nRay | 2 | 536-90-4398 | X123457")
    assert found["customer_id"] == "-"
    assert found["soc_sec_id"] == "social_security: national_id"
    assert found["passport_no"] == "passport: identifier"


def test_bibliographies_and_wares():
    """Titles and authors; a publisher is one more trait and no customer."""
    assert table("""
        title                 | authors            | journal | publisher | year | pages
        On blocking           | A. Lee, B. Ray     | VLDB J. | Springer  | 1999 | 12
        A theory of linkage   | I. Fellegi         | JASA    | ASA       | 1969 | 28
    """) == {
        "title": "title: text",
        "authors": "authors: full_name",
        "journal": "venue: category",
        "publisher": "brand: category",
        "year": "year: number",
        "pages": "pages: number",
    }
    assert (
        table("""
        product name         | manufacturer | modelno | price  | description
        Turntable PSLX350H   | Sony         | PSLX350 | 399.00 | belt drive, 33 and 45 rpm
        Speaker system AM53  | Bose         | AM53BK  | 49.95  | two cubes and a bass module
    """)["modelno"]
        == "model_number: identifier"
    )


def test_a_name_that_is_not_borne_out_is_not_taken_for_another_type():
    """Ranges of pages look like telephones; but an e-mail is one whatever its column is called."""
    assert table("title | volume\nOn blocking | 133-168-22\nA theory | 197-227-11")["volume"] == "-"
    assert table("surname | city\nLee | a@x.org\nRay | b@x.org\nOrr | c@x.org")["city"] == "email: email"


def test_a_title_is_a_persons_or_a_books():
    """Beside names of people it says nothing of who they are."""
    assert table("title | surname\nMr | Lee\nDr | Ray")["title"] == "-"


def test_a_table_of_one_unknown_column_is_compared_as_text():
    """Better than nothing, and it says so."""
    found = infer(columns("value\nthe old mill house\nold mill house\nred bicycle"))
    assert told(found) == {"value": "text: text"}
    assert "nothing else is recognised" in found.findings[0].why


def test_what_every_record_has_is_no_evidence():
    """A country that is always the same is left out."""
    assert why("surname | country\nLee | US\nRay | US\nOrr | US", "country") == "every record has the same"


def test_two_inputs_that_call_a_column_otherwise_fill_one_attribute():
    """`first_name` in one and `Vorname` in the other."""
    found = infer([*columns("first_name\nAnn\nBob", (0,)), *columns("Vorname\nAnna\nBodo", (1,))])
    assert [one.columns for one in found.maps] == [(("Vorname",), ("first_name",))]
    same = infer([*columns("first_name\nAnn\nBob", (0,)), *columns("Vorname\nAnna\nBodo", (0,))])
    assert len(same.maps[0].columns) == 1


def test_the_order_of_columns_makes_no_difference_to_the_attributes():
    """Shuffled columns come to the same attributes in the same order."""
    picture = "fname | surname | dob | email | city\nAnn | Lee | 1980-04-03 | a@x.org | Oslo\nBob | Ray | 1975-12-30 | b@x.org | Rome"
    one = infer(columns(picture))
    other = infer(columns(picture)[::-1])
    assert one.attributes == other.attributes
    assert one.maps == other.maps


def test_pages_from_to_are_compared_as_one_number():
    """Where an article stands, and how long a book is."""
    assert table("""
        title               | authors    | pages
        On blocking         | A. Lee     | 12--26
        A theory of linkage | I. Fellegi | 1183-1210
    """)["pages"] == ("pages: identifier")


def test_of_two_whole_names_the_second_is_left_out():
    """The name in another script says the same person again, in words that never agree with the first."""
    found = table("""
        name full  | native name full | dob
        Kusha Lin  | 林可莎           | 1980-04-03
        Marsha Lin | 林瑪莎           | 1975-12-30
    """)
    assert found["name full"] == "name: full_name"
    assert found["native name full"] == "-"


def test_what_ends_like_an_address_and_is_all_there_is_is_a_whole_record():
    """The name stands before the address in the same cell; a column called address is one all the same."""
    cells = "Lee's Diner, 12 Main St, Springfield, IL 62704\nRay Motors, 7 Oak Ave, Peoria, IL 61602\nBo Books, 9 Elm St, Peoria, IL 61602"
    assert table(f"whatever\n{cells}")["whatever"] == "text: text"
    assert table(f"address\n{cells}")["address"].startswith("address")
