"""XML: paths, repetition, namespaces, and what is broken or hostile."""

from __future__ import annotations

import pytest

from domain.errors import SourceError

CUSTOMERS = """<?xml version="1.0"?>
<!-- exported --><export xmlns="urn:crm" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <head><customer-count>2</customer-count></head>
  <group><customer id="1">
    <name><first>Ann</first><last>O&apos;Brien &amp; Co</last></name>
    <phone kind="home">12</phone><phone>34</phone><note>x<!-- c -->y<![CDATA[<z>]]></note><fax/><born xsi:nil="true"/>
    <address>12 Main St <city>Bath</city></address>
  </customer></group>
  <group><customer id="2"><name><first>Bo</first></name><customer id="inner"><fax>9</fax></customer></customer></group>
</export>"""


def test_paths_attributes_and_repetition(tmp_path, pulled):
    """Children are paths, attributes start with @, repeated elements are joined, absent and nil ones are null."""
    (tmp_path / "c.xml").write_text(CUSTOMERS)
    columns = ["@id", "name/first", "name/last", "phone", "phone/@kind", "note", "fax", "born", "address", "address/city", "customer/fax"]
    with pytest.raises(SourceError, match=r"column 'born' is not in element 'customer' of 'c.xml'"):
        pulled(kind="xml", path="c.xml", record="customer", columns=columns)
    columns.remove("born")
    assert [list(row.values()) for row in pulled(kind="xml", path="c.xml", record="customer", columns=columns).rows] == [
        ["1", "Ann", "O'Brien & Co", "12; 34", "home", "xy<z>", "", "12 Main St Bath", "Bath", None],
        ["2", "Bo", None, None, None, None, None, None, None, "9"],
    ]


def test_a_column_that_occurs_only_far_down_is_a_column(tmp_path, pulled):
    """An optional element is not missing because the first ten thousand records lack it."""
    (tmp_path / "c.xml").write_text("<r>" + "<c><id>1</id></c>" * 15_000 + "<c><dob>x</dob></c></r>")
    assert pulled(kind="xml", path="c.xml", record="c", columns=["dob"]).rows[-1] == {"dob": "x"}


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-2", "windows-1252"])
def test_the_declared_encoding_counts(tmp_path, pulled, encoding):
    """As XML wants it."""
    (tmp_path / "c.xml").write_bytes(f'<?xml version="1.0" encoding="{encoding}"?><r><c><n>Müller</n></c></r>'.encode(encoding))
    assert pulled(kind="xml", path="c.xml", record="c").rows == [{"n": "Müller"}]


def test_a_stated_encoding_outdoes_a_wrong_declaration(tmp_path, pulled):
    """Exports are converted by programs that do not read them."""
    (tmp_path / "c.xml").write_bytes('<?xml version="1.0" encoding="utf-8"?><r><c><n>Müller</n></c></r>'.encode("cp1252"))
    assert pulled(kind="xml", path="c.xml", record="c", encoding="cp1252").rows == [{"n": "Müller"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<r>\n<c><id>1</id></c>\n<c><id>secret</c></r>", "'c.xml' is not well-formed XML at line 3"),
        ("<r>\n<c><id>1</id></c>\n", "'c.xml' is not well-formed XML at line 3"),
        ("<r><c><id>a\x00b</id></c></r>", "is not well-formed XML at line 1"),
        ("<r><customer/><head/></r>", "element 'c' of 'c.xml' does not occur; there are 'customer', 'head', 'r'. Set connect.record."),
        ("<r><c><id>1</id></c></r>", "column 'mail' is not in element 'c' of 'c.xml'; it has 'id'. Set map.email."),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><c><id>&x;</id></c></r>', "is not well-formed XML at line 1"),
    ],
    ids=["broken", "cut off", "nul", "record", "column", "outside"],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path, connect, content, said):
    """With the line, without the content; and nothing outside the file is fetched."""
    (tmp_path / "c.xml").write_text(content)
    with pytest.raises(SourceError) as error:
        list(connect(kind="xml", path="c.xml", record="c").batches(["mail"]))
    assert said in str(error.value)
    assert "secret" not in str(error.value)


def test_bytes_of_another_encoding_are_an_error_with_the_line(tmp_path, connect):
    """XML that is not in its encoding is not XML."""
    (tmp_path / "c.xml").write_bytes(b"<r>\n<c><id>caf\xe9</id></c></r>")
    with pytest.raises(SourceError, match=r"'c.xml' is not well-formed XML at line 2"):
        connect(kind="xml", path="c.xml", record="c").columns()


@pytest.mark.parametrize("cell", ["<id>&g;</id>", '<id x="&g;">1</id>'])
def test_entities_that_multiply_are_stopped(tmp_path, connect, cell):
    """A few hundred bytes must not become gigabytes."""
    entities = "".join(f'<!ENTITY {name} "{f"&{before};" * 50}">' for before, name in zip("abcdef", "bcdefg", strict=True))
    (tmp_path / "c.xml").write_text(f'<!DOCTYPE r [<!ENTITY a "{"x" * 50}">{entities}]><r><c>{cell}</c></r>')
    with pytest.raises(SourceError, match="is not well-formed XML"):
        connect(kind="xml", path="c.xml", record="c").columns()


def test_an_export_without_customers_has_no_rows(tmp_path, pulled):
    """That a source lost its rows is for its checks to say."""
    (tmp_path / "c.xml").write_text("<export/>")
    assert pulled(kind="xml", path="c.xml", record="c", columns=["id"]).rows == []
