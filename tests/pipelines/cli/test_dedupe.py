"""`onefold dedupe`: any table, through the real command: what it writes, what it says, and what becomes of bad input."""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEADER = ["id", "first_name", "last_name", "date_of_birth", "email", "city"]
FIRST = ["Mary", "John", "Robert", "Linda", "Jürgen", "José", "Anna", "Peter", "Ruth", "Iván"]
LAST = ["Lee", "Orr", "Müller", "García", "Smith", "Jones", "Brown", "Novak", "Rossi", "Petrov"]


def people(count: int = 40) -> list[list[str]]:
    """So many people, every second of them twice, the second time with a slip."""
    rows = []
    for at in range(count):
        first, last = FIRST[at % 10], LAST[(at * 7 + at // 10) % 10]
        row = [first, last, f"19{50 + at % 45}-0{at % 9 + 1}-1{at % 9}", f"{first}.{last}{at}@example.org".lower(), f"Town{at % 5}"]
        rows.append([f"r{2 * at:03}", *row])
        if at % 2:
            rows.append([f"r{2 * at + 1:03}", row[0], row[1][:-1] + "x", row[2], row[3], ""])
    return rows


def write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def clusters(path: Path) -> dict[str, str]:
    return {row["record_id"]: row["cluster_id"] for row in read(path)}


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    return write(tmp_path / "crm.csv", HEADER, people())


def test_the_two_records_of_a_person_are_one_cluster(onefold, crm, tmp_path):
    """Every record has a row, in the order of the input, with its cluster and how surely it belongs there."""
    told = onefold("dedupe", crm, "--out", tmp_path / "out.csv")
    assert told.exit_code == 0, told.stderr
    rows = read(tmp_path / "out.csv")
    assert [row["record_id"] for row in rows] == [row[0] for row in people()]
    assert {row["source"] for row in rows} == {"crm"}
    found = clusters(tmp_path / "out.csv")
    twice = [at for at in range(40) if at % 2]
    assert all(found[f"r{2 * at:03}"] == found[f"r{2 * at + 1:03}"] for at in twice)
    assert len(set(found.values())) == 40
    alone = [row for row in rows if list(found.values()).count(row["cluster_id"]) == 1]
    assert alone
    assert {float(row["match_probability"]) for row in alone} == {1.0}
    assert all(0.5 < float(row["match_probability"]) <= 1 for row in rows)
    assert "60 records are 40 clusters: 20 repeat another record" in told.stdout
    assert "date of birth" in told.stdout


def test_with_json_everything_is_one_object(onefold, crm, tmp_path):
    """What was inferred, what came of it, what was written."""
    told = onefold("dedupe", crm, "--out", tmp_path / "out.csv", "--pairs", tmp_path / "pairs.parquet", "--json")
    found = json.loads(told.stdout)
    assert (found["status"], found["records"], found["clusters"], found["duplicates"]) == ("done", 60, 40, 20)
    assert {one["column"]: one["type"] for one in found["findings"]}["date_of_birth"] == "date_of_birth"
    assert found["sources"] == {"crm": 60}
    assert set(found["seconds"]) == {"reading", "standardising", "matching", "writing", "all"}
    assert set(found["files"]) == {"out", "pairs"}


def test_pairs_are_written_with_their_probabilities(onefold, crm, tmp_path):
    """Each once, likely enough, and those that link are the clusters' own."""
    onefold("dedupe", crm, "--out", tmp_path / "out.parquet", "--pairs", tmp_path / "pairs.parquet")
    pairs = pq.read_table(tmp_path / "pairs.parquet")
    sides = ["left_source", "left_record_id", "right_source", "right_record_id"]
    assert pairs.column_names == [*sides, "match_probability", "related_probability", "match_weight"]
    rows = pairs.to_pylist()
    assert min(row["match_probability"] for row in rows) >= 0.01
    assert len({(row["left_record_id"], row["right_record_id"]) for row in rows}) == len(rows)
    found = dict(pq.read_table(tmp_path / "out.parquet", columns=["record_id", "cluster_id"]).select([0, 1]).to_pandas().to_numpy())
    sure = [row for row in rows if row["match_probability"] > 0.99]
    assert sure
    assert all(found[row["left_record_id"]] == found[row["right_record_id"]] for row in sure)


def test_every_kind_of_file_gives_the_same_clusters(onefold, crm, tmp_path):
    """CSV, Parquet, Excel, JSON and JSON lines."""
    table = pacsv.read_csv(crm, convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(HEADER, pa.string())))
    pq.write_table(table, tmp_path / "crm.parquet")
    rows = table.to_pylist()
    (tmp_path / "crm.json").write_text(json.dumps(rows))
    (tmp_path / "crm.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    book = openpyxl.Workbook()
    for line in [HEADER, *people()]:
        book.active.append(line)
    book.save(tmp_path / "crm.xlsx")
    results = []
    for ending in ("csv", "parquet", "json", "jsonl", "xlsx"):
        told = onefold("dedupe", tmp_path / f"crm.{ending}", "--out", tmp_path / "out.csv")
        assert told.exit_code == 0, told.stderr
        results.append(clusters(tmp_path / "out.csv"))
    assert all(result == results[0] for result in results)


def test_inputs_with_other_columns_are_linked(onefold, crm, tmp_path):
    """What one calls first_name the other calls Vorname; the sources are named by the files."""
    renamed = [["k" + row[0][1:], *row[1:5]] for row in people()[:30]]
    shop = write(tmp_path / "shop.csv", ["Kundennummer", "Vorname", "Nachname", "Geburtsdatum", "E-Mail"], renamed)
    told = onefold("dedupe", crm, shop, "--out", tmp_path / "out.csv", "--save-map", tmp_path / "map.yaml")
    assert told.exit_code == 0, told.stderr
    rows = read(tmp_path / "out.csv")
    assert [row["source"] for row in rows] == ["crm"] * 60 + ["shop"] * 30
    found = {(row["source"], row["record_id"]): row["cluster_id"] for row in rows}
    assert all(found["crm", row[0]] == found["shop", "k" + row[0][1:]] for row in people()[:30])
    again = onefold("dedupe", crm, shop, "--out", tmp_path / "again.csv", "--map", tmp_path / "map.yaml")
    assert again.exit_code == 0, again.stderr
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "out.csv").read_text()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_the_order_of_rows_makes_no_difference(onefold, tmp_path, seed):
    """Shuffled input has the same clusters under the same numbers. (Invariant 6)"""
    rows = people()
    plain, mixed = write(tmp_path / "crm.csv", HEADER, rows), tmp_path / "mixed" / "crm.csv"
    mixed.parent.mkdir(exist_ok=True)
    random.Random(seed).shuffle(rows)
    write(mixed, HEADER, rows)
    results = []
    for path in (plain, mixed):
        onefold("dedupe", path, "--out", tmp_path / "out.csv")
        results.append({row["record_id"]: (row["cluster_id"], row["match_probability"]) for row in read(tmp_path / "out.csv")})
    assert results[0] == results[1]


SHAPES = [
    ["first_name", "last_name", "date_of_birth", "email", "city"],
    ["full_name", "dob", "phone", "address"],
    ["company_name", "street", "house_no", "zip", "website"],
    ["title", "authors", "year"],
    ["surname", "by", "bm", "bd", "phone_1", "phone_2"],
]
VALUES = {
    "first_name": FIRST,
    "last_name": LAST,
    "surname": LAST,
    "full_name": [f"{a} {b}" for a in FIRST[:5] for b in LAST[:5]],
    "date_of_birth": ["1980-04-03", "1975-12-30", "1990-01-09", ""],
    "dob": ["25/12/1980", "30/01/1975", "03/04/1990"],
    "email": ["a@x.org", "b@x.org", "c@y.org", ""],
    "city": ["Oslo", "Rome", "Paris"],
    "phone": ["206-555-0100", "206-555-0199", ""],
    "phone_1": ["206-555-0100", "206-555-0199"],
    "phone_2": ["425-555-0123", ""],
    "address": ["12 Main St, Springfield, IL 62704", "7 Oak Ave, Peoria, IL 61602", ""],
    "company_name": ["Acme Ltd", "Blue Bank Inc", "Acme Limited", "Orr & Sons"],
    "street": ["Main St", "Oak Ave", "High Street"],
    "house_no": ["1", "22", ""],
    "zip": ["62704", "61602"],
    "website": ["www.acme.com", "https://blue.org", ""],
    "title": ["On blocking", "A theory of record linkage", "Blocking revisited"],
    "authors": ["A. Lee, B. Ray", "I. Fellegi", "I. Fellegi, A. Sunter"],
    "year": ["1969", "1999", "2004"],
    "by": ["1980", "1975", "1990"],
    "bm": ["1", "4", "12"],
    "bd": ["3", "30", "9"],
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), shape=st.sampled_from(SHAPES))
def test_a_saved_map_gives_the_same_clusters(onefold, tmp_path, seed, shape):
    """What was inferred, saved and told again, comes to the same file."""
    chosen = random.Random(seed)
    rows = [[str(at), *(chosen.choice(VALUES[name]) for name in shape)] for at in range(40)]
    path = write(tmp_path / "some.csv", ["id", *shape], rows)
    first = onefold("dedupe", path, "--out", tmp_path / "first.csv", "--save-map", tmp_path / "map.yaml")
    assert first.exit_code == 0, first.stderr
    second = onefold("dedupe", path, "--out", tmp_path / "second.csv", "--map", tmp_path / "map.yaml")
    assert second.exit_code == 0, second.stderr
    assert (tmp_path / "second.csv").read_text() == (tmp_path / "first.csv").read_text()


def test_ids_join_back_exactly(onefold, tmp_path):
    """Formulas, quotes, blanks around and leading zeros stay as they are."""
    ids = ["=1+1", "@SUM(A1)", 'a"b', "a,b", " 7", "007", "-3", "é😀"]
    write(tmp_path / "in.csv", ["record_id", "last_name"], [[one, name] for one, name in zip(ids, LAST, strict=False)])
    assert onefold("dedupe", tmp_path / "in.csv", "--out", tmp_path / "out.csv").exit_code == 0
    assert [row["record_id"] for row in read(tmp_path / "out.csv")] == ids


def test_a_column_names_the_sources_and_keys_are_their_own(onefold, tmp_path):
    """The same key in two sources is two records."""
    rows = [[source, *row[:5]] for source in ("a", "b") for row in people()[:20]]
    write(tmp_path / "in.csv", ["source", "record_id", *HEADER[1:5]], rows)
    told = onefold("dedupe", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert json.loads(told.stdout)["sources"] == {"a": 20, "b": 20}
    assert [(row["source"], row["record_id"]) for row in read(tmp_path / "out.csv")] == [(row[0], row[1]) for row in rows]


def test_without_a_key_the_row_number_is_the_key(onefold, tmp_path):
    """Counted from 1."""
    write(tmp_path / "in.csv", HEADER[1:], [row[1:] for row in people(5)])
    onefold("dedupe", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert [row["record_id"] for row in read(tmp_path / "out.csv")] == [str(at + 1) for at in range(7)]


def test_a_file_without_a_header_is_told_by_its_values(onefold, tmp_path):
    """Its first row is a record too."""
    rows = people()
    write(tmp_path / "in.csv", rows[0], rows[1:])
    told = onefold("dedupe", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert told.exit_code == 0
    assert "its first row holds values" in told.stderr
    assert len(read(tmp_path / "out.csv")) == 60


PLAIN = "id,first_name,last_name,email\n"
COMMON = "no two records have anything in common that few others have too"
FALLBACKS = [
    # what is wrong, file name, content, rows written, what is said
    ("one record", "in.csv", PLAIN + "1,Ann,Lee,a@x.org\n", 1, "there is but one record"),
    ("all records equal", "in.csv", PLAIN + "".join(f"{at},Ann,Lee,a@x.org\n" for at in range(30)), 30, "every record has the same values"),
    ("all values missing", "in.csv", PLAIN + "".join(f"{at},,,\n" for at in range(30)), 30, "no record has a value in any attribute"),
    ("placeholders alone", "in.csv", PLAIN + "".join(f"{at},n/a,unknown,none@none.com\n" for at in range(9)), 9, "no record has a value"),
    ("one value in many rows", "in.csv", PLAIN + "".join(f"{at},,,{'a@x.org' * (at == 7)}\n" for at in range(5000)), 5000, COMMON),
    (
        "few values in many rows",
        "in.csv",
        "id,last_name,city\n" + "".join(f"{at},{['Smith', 'Lee', 'Orr'][at % 3]},Oslo\n" for at in range(5000)),
        5000,
        COMMON,
    ),
    (
        "very long texts",
        "in.csv",
        "id,title,description\n" + "".join(f"{at},thing {at // 2} blue,{f'word{at // 2} ' * 8000}\n" for at in range(40)),
        40,
        "",
    ),
    (
        "mixed scripts and emoji",
        "in.csv",
        "id,name,city\n" + "".join(f"{at},{name},Paris{at}\n" for at, name in enumerate(["Иван Петров", "王伟", "Ann 😀", "محمد علي"] * 9)),
        36,
        "",
    ),
    (
        "bytes that are no text",
        "in.csv",
        PLAIN.encode() + b"".join(b"%d,Ann%d,Lee,a%d@x.org\n" % (at, at, at) for at in range(300)) + b"999,Jos\xe9\xff\x81,Lee,\n",
        301,
        "",
    ),
    (
        "rows of another width",
        "in.csv",
        PLAIN + "1,Ann,Lee,a@x.org\n2,Bob\n3,Cy,Orr,c@x.org,x\n",
        1,
        "rows that cannot be read are not in the result: 2 (row 2, 3)",
    ),
    (
        "half a surrogate pair",
        "in.json",
        '[{"id": 1, "last_name": "L\\ud800ee"}, {"id": 2, "last_name": "Lee"}]',
        2,
        "no text or too large",
    ),
    ("NULs", "in.csv", PLAIN + "1,A\x00nn,Lee,a@x.org\n2,Bob,Ray,b@x.org\n", 2, ""),
    (
        "a list within an object",
        "in.json",
        '{"pages": [{"no": 1}],\n "result": {"people": [{"last_name": "Lee"}, {"last_name": "Lee"}, {"last_name": "Ray"}]}}',
        3,
        "its records are read from the list 'result.people'",
    ),
    ("a line that says the delimiter", "in.csv", "sep=|\r\n" + PLAIN.replace(",", "|") + "1|Ann|Lee|a@x.org\n2|Bob|Ray|b@x.org\n", 2, ""),
    ("a null key column", "in.csv", "Unnamed,first_name,last_name\n,Ann,Lee\n,Bob,Ray\n", 2, ""),
]


@pytest.mark.parametrize(("file", "content", "rows", "sentence"), [case[1:] for case in FALLBACKS], ids=[case[0] for case in FALLBACKS])
def test_bad_input_has_a_stated_fallback(onefold, tmp_path, file, content, rows, sentence):
    """Every record that can be read gets its row, and what could not be done is said."""
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = onefold("dedupe", path, "--out", tmp_path / "out.csv")
    assert told.exit_code == 0, told.stderr
    assert len(read(tmp_path / "out.csv")) == rows
    assert sentence in told.stderr
    assert "Ann" not in told.stderr


ERRORS = [
    # what is wrong, file name, content, what is said
    ("an empty file", "in.csv", "", "is empty"),
    ("a header alone", "in.csv", PLAIN, "has no rows"),
    (
        "a title above the header",
        "in.csv",
        "Customers\n\n" + PLAIN + "R-1,Ann,Lee,a@x.org\n",
        "none of its rows can be read; row 1 has 4 cells",
    ),
    ("a key twice", "in.csv", "record_id,last_name\nR-1,Lee\nR-2,Ray\nR-1,Orr\n", "repeats the key of an earlier row in row 3"),
    ("a key missing", "in.csv", "record_id,last_name\nR-1,Lee\n,Ray\nR-3,Orr\n", "is empty in row 2"),
    ("nothing that is known", "in.csv", "id,amount,created\n1,5,2020-01-01\n2,6,2020-01-02\n", "no column was recognised"),
    ("a column name twice", "in.csv", "id,last_name,last_name\n1,Lee,Lee\n", "says the same"),
    ("no Parquet", "in.parquet", "PAR", "is not a Parquet file"),
    ("no workbook", "in.xlsx", "PK", "is not an Excel workbook"),
    ("broken JSON", "in.json", '[{"id": 1', "in.json"),
    ("an old workbook", "in.xls", "x", "is of no known kind"),
]


@pytest.mark.parametrize(("file", "content", "sentence"), [case[1:] for case in ERRORS], ids=[case[0] for case in ERRORS])
def test_bad_input_has_one_clear_error(onefold, tmp_path, file, content, sentence):
    """One line, exit code 1, no customer's data, and no file is written. (Invariant 11)"""
    (tmp_path / file).write_text(content)
    told = onefold("dedupe", tmp_path / file, "--out", tmp_path / "out.csv")
    assert told.exit_code == 1
    assert sentence in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()
    assert "R-1" not in told.stderr
    assert "connect." not in told.stderr


PLACES = [
    (["none.csv", "--out", "out.csv"], "none.csv does not exist"),
    ([".", "--out", "out.csv"], "is a folder"),
    (["crm.csv", "crm.csv", "--out", "out.csv"], "is given twice"),
    (["crm.csv", "--out", "nowhere/out.csv"], "the folder 'nowhere' does not exist"),
    (["crm.csv", "--out", "crm.csv"], "is also read"),
    (["crm.csv", "--out", "out.txt"], "must end in .csv or .parquet"),
    (["crm.csv", "--out", "out.csv", "--pairs", "out.csv"], "is named for two things"),
    (["crm.csv", "--out", "out.csv", "--save-map", "crm.csv"], "is also read"),
    (["crm.csv", "--out", "out.csv", "--map", "none.yaml"], "there is no such file"),
    (["crm.csv", "--out", "out.csv", "--pairs", "/proc/pairs.csv"], "/proc/pairs.csv cannot be written"),
]


@pytest.mark.parametrize(("arguments", "sentence"), PLACES, ids=[" ".join(arguments) for arguments, _ in PLACES])
def test_files_that_cannot_be_read_or_written(onefold, crm, monkeypatch, arguments, sentence):
    """Told before any work is done, and nothing is overwritten."""
    monkeypatch.chdir(crm.parent)
    before = crm.read_bytes()
    told = onefold("dedupe", *arguments)
    assert told.exit_code == 1
    assert sentence in told.stderr
    assert crm.read_bytes() == before
    assert sorted(path.name for path in crm.parent.iterdir()) == ["crm.csv"]


def test_a_link_that_leads_to_itself_is_no_file(onefold, tmp_path):
    """As input and as output."""
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    told = onefold("dedupe", loop, "--out", tmp_path / "out.csv")
    assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
    assert "loop.csv" in told.stderr


def test_outputs_appear_together_or_not_at_all(crm, tmp_path):
    """The clusters are whole when the disk is full for the pairs: neither is there, nor anything else."""
    command = f"ulimit -f 1; exec {Path(sys.executable).with_name('onefold')} dedupe many.csv --out out.csv --pairs pairs.csv"
    own = people(6)[::2]  # each of them five times: more pairs than records
    write(tmp_path / "many.csv", HEADER, [[str(at), *own[at // 5][1:]] for at in range(5 * len(own))])
    told = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 1, told.stderr
    assert "pairs.csv cannot be written: file too large" in told.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crm.csv", "many.csv"]


def test_a_component_that_is_too_large_is_cut_and_told(onefold, tmp_path):
    """400 records in a chain, each with the e-mail of the one before or the telephone of the one after, among strangers."""
    chain = [[f"c{at}", "Ann", "Lee", f"annlee{at // 2}@x.org", f"206555{(at + 1) // 2:04}"] for at in range(400)]
    others = [[f"o{at}", f"Na{at * 7919 % 997}e", f"Fam{at * 31 % 1009}ly", f"u{at}@y.org", f"30655{at:05}"] for at in range(2_000)]
    path = write(tmp_path / "in.csv", ["id", "first_name", "last_name", "email", "phone"], chain + others)
    told = onefold("dedupe", path, "--out", tmp_path / "out.csv")
    assert "1 component was too large and cut at its weakest links" in told.stdout
    sizes = Counter(clusters(tmp_path / "out.csv").values())
    assert 2 < max(sizes.values()) <= 150


def test_the_order_of_sources_makes_no_difference(onefold, crm, tmp_path):
    """Named the other way round, the inputs have the same clusters under the same numbers. (Invariant 6)"""
    shop = write(tmp_path / "shop.csv", HEADER[:5], [[f"s{row[0]}", *row[1:5]] for row in people(60)[::3]])
    results = []
    for inputs in ([crm, shop], [shop, crm]):
        assert onefold("dedupe", *inputs, "--out", tmp_path / "out.csv").exit_code == 0
        results.append(sorted(tuple(row.items()) for row in read(tmp_path / "out.csv")))
    assert results[0] == results[1]


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_few_records_are_enough(onefold, tmp_path, count):
    """From one on, each has its row; ten of them, of which three are twice, are seven clusters."""
    path = write(tmp_path / "in.csv", HEADER, people()[:count])
    assert onefold("dedupe", path, "--out", tmp_path / "out.csv").exit_code == 0
    found = clusters(tmp_path / "out.csv")
    assert len(found) == count
    assert count < 10 or len(set(found.values())) == 7


def test_where_row_numbers_are_the_record_keys_it_is_said(onefold, crm, tmp_path):
    """No column names every record: the one that is called so repeats."""
    twice = write(tmp_path / "twice.csv", HEADER, [*people(), *people()])
    said = "row numbers are the record keys of twice,"
    assert said in onefold("dedupe", twice, crm, "--out", tmp_path / "out.csv").stdout
    assert "row numbers" not in onefold("dedupe", crm, "--out", tmp_path / "out.csv").stdout
    found = json.loads(onefold("dedupe", twice, crm, "--out", tmp_path / "out.csv", "--json").stdout)
    assert [one["key"] for one in found["inputs"]] == [[], ["id"]]


def test_all_mistakes_of_a_map_are_told_together(onefold, crm, tmp_path):
    """Each with its line and the nearest right word."""
    (tmp_path / "map.yaml").write_text(
        "keys: id\nkey: idd\nattributes:\n  given: {type: given_nam, column: first_name}\n  family: {type: family_name, column: lastname}\n"
        "  mail: {type: email, colum: email}\n  born: {type: date_of_birth}\n  phone: {type: phone, column: city, region: usa}\n"
    )
    told = onefold("dedupe", crm, "--out", tmp_path / "out.csv", "--map", tmp_path / "map.yaml", "--json")
    assert told.exit_code == 1
    problems = [(one["line"], one["message"]) for one in json.loads(told.stdout)["problems"]]
    assert problems == [
        (1, "'keys' is not a key here; did you mean 'key'?"),
        (2, "'idd' is not a column of the input; did you mean 'id'?"),
        (4, "'given_nam' is not an attribute type; did you mean 'given_name'?"),
        (5, "'lastname' is not a column of the input; did you mean 'last_name'?"),
        (6, "'colum' is not a key here; did you mean 'column'?"),
        (7, "write one of column:, columns: (joined by a space) or from: (several values, or the first that is valid)"),
        (8, "'usa' is not a country; write its two letters, like US or DE"),
    ]


def test_a_map_decides_over_what_would_be_inferred(onefold, crm, tmp_path):
    """Only the columns it names are used, and it says which sources are unique."""
    (tmp_path / "map.yaml").write_text("unique: true\nattributes:\n  name: {type: family_name, column: first_name}\n")
    told = onefold("dedupe", crm, "--out", tmp_path / "out.csv", "--map", tmp_path / "map.yaml", "--json")
    found = json.loads(told.stdout)
    assert [(one["column"], one["type"]) for one in found["findings"]] == [("id", "key"), ("first_name", "family_name")]
    assert found["unique"] == ["crm"]
    assert found["duplicates"] == 0
    (tmp_path / "map.yaml").write_text("unique: [shop]\nattributes:\n  name: {type: family_name, column: last_name}\n")
    told = onefold("dedupe", crm, "--out", tmp_path / "out.csv", "--map", tmp_path / "map.yaml")
    assert "unique names 'shop', which is not a source; the sources are 'crm'" in told.stderr


def registers(tmp_path: Path) -> list[Path]:
    """Two registers of the same 200 people, each free of duplicates."""
    rows = [
        [str(at), FIRST[at % 10], f"{LAST[at % 7]}{'abcdefghij'[at % 9]}", f"19{20 + at % 75}-{at % 12 + 1:02}-{at % 27 + 1:02}"]
        for at in range(200)
    ]
    slips = [[*row[:2], row[2][:-1] + "q" if at % 3 == 0 else row[2], row[3]] for at, row in enumerate(rows)]
    return [write(tmp_path / f"{name}.csv", HEADER[:4], own) for name, own in (("one", rows), ("other", slips))]


def test_sources_that_seem_free_of_duplicates_are_taken_to_be(onefold, tmp_path):
    """Without a map, and it is said; with a map it is only proposed."""
    files = registers(tmp_path)
    told = onefold("dedupe", *files, "--out", tmp_path / "out.csv", "--save-map", tmp_path / "map.yaml")
    assert told.exit_code == 0, told.stderr
    assert "one, other (taken to be free of duplicates" in told.stdout
    text = (tmp_path / "map.yaml").read_text()
    assert "unique: [one, other]" in text
    (tmp_path / "silent.yaml").write_text(text.replace("unique: [one, other]\n", ""))
    told = onefold("dedupe", *files, "--out", tmp_path / "out.csv", "--map", tmp_path / "silent.yaml")
    assert "perhaps one, other" in told.stdout
    found = json.loads(onefold("dedupe", *files, "--out", tmp_path / "out.csv", "--map", tmp_path / "silent.yaml", "--json").stdout)
    assert (found["unique"], found["proposed"]) == ([], ["one", "other"])


def test_what_drives_a_terminal_is_spelled_out(onefold, tmp_path):
    """A column's name may hold anything."""
    write(tmp_path / "in.csv", ["id", "last_name", "x\x1b[2J"], [["1", "Lee", "a"], ["2", "Ray", "b"]])
    told = onefold("dedupe", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert told.exit_code == 0
    assert "\x1b" not in told.stdout
    assert "\\x1b[2J" in told.stdout


DOCUMENTED = re.search(
    r"^## onefold dedupe.*?(?=^## )", (Path(__file__).parents[3] / "docs" / "commands.md").read_text("utf-8"), re.M | re.S
)[0]  # type: ignore[index]


def test_the_map_of_the_documentation_works(onefold, tmp_path):
    """Every line of it, on inputs that have its columns; what is left out of it is left out."""
    (tmp_path / "map.yaml").write_text(re.search(r"```yaml\n(.*?)```", DOCUMENTED, re.S)[1])
    header = ["customer_no", "department", "fname", "house_no", "street", "home", "mobile", "e_mail", "Mail", "dob", "cust_nm", "hobby"]
    rows = [
        [key, "crm", first, "7", "Main St", f"206555{at:04}", "", mail, "", f"0{at % 9 + 1}/12/1980", f"{first} {last}", "golf"]
        for at, (key, first, last, _, mail, _) in enumerate(people()[:30])
    ]
    path = write(tmp_path / "all.csv", header, rows)
    told = onefold("dedupe", path, "--out", tmp_path / "out.csv", "--map", tmp_path / "map.yaml", "--json")
    assert told.exit_code == 0, told.stdout
    found = json.loads(told.stdout)
    used = {one["column"] for one in found["findings"] if one["attribute"]}
    assert {"fname", "dob", "cust_nm"} <= used
    assert "hobby" not in used
    assert (found["unique"], found["records"]) == (["crm"], 30)


def test_every_key_that_dedupe_gives_scripts_is_documented(onefold, crm, tmp_path):
    """Those of the object, of its inputs and of its findings."""
    found = json.loads(onefold("dedupe", crm, "--out", tmp_path / "out.csv", "--json").stdout)
    keys = {*found, *found["inputs"][0], *found["findings"][0]}
    assert {key for key in keys if f"`{key}`" not in DOCUMENTED} == set()
