"""The duplication report: its figures counted by hand on small pictures, its laws, its tables and its page."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from rich.console import Console

from domain.attributes import Attribute, Role, Storage
from matching.records import NO_TIME, Column, Records
from pipelines.reports.duplication import Capture, Department, DuplicationReport, duplication
from pipelines.reports.page import duplication_page, gains, histogram
from pipelines.reports.terminal import duplication_view, size_classes

Row = tuple[str, int, dict[str, str]]
"""Department, golden number, values."""
AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
EMAIL = Attribute("email", "email", Role.PERSONAL, Storage.TEXT, many=True)
CITY = Attribute("city", "city", Role.SHARED, Storage.TEXT)
CONSENT = Attribute("news_letter", "consent", Role.NEUTRAL, Storage.TEXT)


def column_of(attribute: Attribute, rows: list[Row]) -> Column:
    held = [(number, values[attribute.name]) for number, (_, _, values) in enumerate(rows) if attribute.name in values]
    distinct = sorted({value for _, value in held})
    code = np.array([distinct.index(value) for _, value in held], np.int32)
    return Column(attribute, pa.array(distinct, pa.string()), np.array([r for r, _ in held], np.int32), code, np.zeros(len(held), np.int32))


def report_of(
    rows: list[Row], departments: tuple[str, ...] = (), attributes: tuple[Attribute, ...] = (EMAIL, CITY, CONSENT)
) -> DuplicationReport:
    rows = sorted(rows, key=lambda row: row[0])
    sources = tuple(sorted({name for name, _, _ in rows} | set(departments)))
    records = Records(
        ids=np.arange(len(rows)),
        sources=sources,
        source=np.array([sources.index(name) for name, _, _ in rows], np.int32),
        keys=pa.array([str(number) for number in range(len(rows))], pa.string()),
        modified=np.full(len(rows), NO_TIME),
        columns={attribute.name: column_of(attribute, rows) for attribute in attributes},
    )
    return duplication(records, np.array([golden for _, golden, _ in rows], np.int64))


PICTURE: list[Row] = [
    ("billing", 1, {"email": "a@a", "city": "York"}),
    ("billing", 1, {"email": "a@a"}),
    ("billing", 2, {"city": "Leeds"}),
    ("crm", 1, {"email": "b@b", "city": "York"}),
    ("crm", 3, {}),
    ("shop", 2, {"city": "Hull", "news_letter": "yes"}),
    ("shop", 1, {}),
]


# --- figures -------------------------------------------------------------------------------------------------------


def test_departments_say_what_they_hold_and_what_others_hold_too() -> None:
    """Billing has three records of two customers, both known elsewhere; one record repeats within."""
    assert report_of(PICTURE).departments == (
        Department("billing", records=3, customers=2, elsewhere=2, repeated=1),
        Department("crm", records=2, customers=2, elsewhere=1, repeated=0),
        Department("shop", records=2, customers=2, elsewhere=2, repeated=0),
    )


def test_attributes_say_how_often_they_were_captured_and_who_disagrees() -> None:
    """The e-mail of one customer is in three records, with two values; one of two cities is disputed."""
    email, city, consent = report_of(PICTURE).attributes
    assert (email.customers, email.records, email.conflicting, email.per_customer, email.many) == (1, 3, 1, 3.0, True)
    assert (city.customers, city.records, city.conflicting, city.per_customer, city.many) == (2, 4, 1, 2.0, False)
    assert (consent.customers, consent.records, consent.label, consent.neutral) == (1, 1, "news letter", True)


def test_the_overlap_counts_customers_in_common() -> None:
    """Customer 1 is in all three, 2 in billing and shop, 3 in crm alone."""
    assert report_of(PICTURE).overlap == ((2, 1, 2), (1, 2, 1), (2, 1, 2))


def test_gaps_are_values_that_another_department_has() -> None:
    """The shop lacks an e-mail and a city of customer 1; nobody knows an e-mail of 2 or 3, so that is no gap."""
    assert report_of(PICTURE).gaps == ((0, 0, 1), (0, 0, 0), (1, 1, 0))


def test_totals_and_sizes_add_up() -> None:
    """Seven records of three customers: four repeat one already held."""
    report = report_of(PICTURE)
    assert (report.records, report.customers, report.shared, report.repeated) == (7, 3, 2, 4)
    assert report.sizes == ((1, 1), (2, 1), (4, 1))
    assert report.headline == (
        "3 departments keep 7 records of 3 customers: 57 % of the records repeat a customer already held, "
        "67 % of the customers are kept by more than one department, and email was captured 3.0 times per customer."
    )


def test_a_department_without_records_is_still_listed() -> None:
    """An empty source has zeros, not a gap in the table."""
    report = report_of(PICTURE, departments=("archive",))
    assert report.departments[0] == Department("archive", 0, 0, 0, 0)
    assert (report.overlap[0], report.gaps[0], report.departments[0].share_elsewhere) == ((0, 0, 0, 0), (0, 0, 0), 0.0)


def test_values_of_one_form_do_not_disagree() -> None:
    """With `alike`, `York` and `YORK` are one city."""
    rows: list[Row] = [("crm", 1, {"city": "YORK"}), ("shop", 1, {"city": "York"})]
    sources, city = ("crm", "shop"), column_of(CITY, rows)
    records = Records(np.arange(2), sources, np.arange(2, dtype=np.int32), pa.array(["1", "2"]), np.full(2, NO_TIME), {"city": city})
    counts = [
        duplication(records, np.ones(2, np.int64), alike=alike).attributes[0].conflicting
        for alike in (None, {"city": np.zeros(2, np.int32)})
    ]
    assert counts == [1, 0]


def test_a_report_survives_json() -> None:
    """What is kept with a run reads back as the same report."""
    report = report_of(PICTURE)
    assert DuplicationReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_a_report_holds_no_customers_data() -> None:
    """Counts and names of departments and attributes only. (Invariant 11)"""
    report = report_of(PICTURE)
    everything = json.dumps(report.to_dict()) + duplication_page(report, "acme", AS_OF) + terminal(report)
    assert not any(value in everything for _, _, values in PICTURE for value in values.values() if value != "yes")


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["billing", "crm", "shop"]),
        st.integers(1, 5),
        st.dictionaries(st.sampled_from(["email", "city"]), st.sampled_from(["x", "y"])),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_every_figure_is_what_counting_by_hand_gives(rows: list[Row]) -> None:
    """The vectorised figures equal those of plain sets; overlap is symmetric with the departments on its diagonal."""
    report = report_of(rows, departments=("billing", "crm", "shop"), attributes=(EMAIL, CITY))
    names = ("billing", "crm", "shop")
    kept = {name: {golden for source, golden, _ in rows if source == name} for name in names}
    keepers = Counter(golden for name in names for golden in kept[name])
    assert (report.records, report.customers) == (len(rows), len(keepers))
    assert report.shared == sum(n > 1 for n in keepers.values())
    assert [(d.customers, d.elsewhere) for d in report.departments] == [(len(kept[n]), sum(keepers[c] > 1 for c in kept[n])) for n in names]
    assert report.overlap == tuple(tuple(len(kept[a] & kept[b]) for b in names) for a in names)
    for at, name in enumerate(("email", "city")):
        have = {(source, golden) for source, golden, values in rows if name in values}
        known = {golden for _, golden in have}
        capture = report.attributes[at]
        assert (capture.customers, capture.records) == (len(known), sum(name in values for _, _, values in rows))
        spoken = {(golden, values[name]) for _, golden, values in rows if name in values}
        assert capture.conflicting == sum(n > 1 for n in Counter(golden for golden, _ in spoken).values())
        assert [row[at] for row in report.gaps] == [sum(c in known and (n, c) not in have for c in kept[n]) for n in names]
    assert sum(size * customers for size, customers in report.sizes) == len(rows)
    assert sum(customers for _, customers in size_classes(report.sizes)) == len(keepers)
    assert sum(bar.customers for bar in histogram(report)) == len(keepers)


# --- in the terminal -----------------------------------------------------------------------------------------------


def large(departments: int = 18, name: str = "department_number_{}_of_the_organisation") -> DuplicationReport:
    """A report with wide figures, without counting anything."""
    held = tuple(Department(name.format(n), 9_999_999 - n, 5_555_555 - n, 5_000_000, 1_234_567) for n in range(departments))
    captures = tuple(Capture(f"attribute_{n}_with_a_long_name", 8_888_888, 34_567_890, 7_654_321, n % 5 == 0, False) for n in range(13))
    overlap = tuple(tuple(5_000_000 // (1 + abs(a - b)) for b in range(departments)) for a in range(departments))
    gaps = tuple(tuple(1_000_000 + a * b for b in range(13)) for a in range(departments))
    sizes = tuple((size, 1_000_000 // size) for size in range(1, 60))
    return DuplicationReport(99_999_999, 22_222_222, 20_000_000, held, captures, overlap, gaps, sizes)


def terminal(report: DuplicationReport, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(duplication_view(report))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("departments", [1, 2, 18, 40])
def test_the_tables_fit_100_columns_without_losing_a_figure(departments: int) -> None:
    """Whatever the sizes, no line is longer than 100 characters and no number is cut."""
    text = terminal(large(departments))
    assert max(map(len, text.splitlines())) <= 100
    assert all(figure in text for figure in ("9,999,999", "5,555,555", "1,234,567", "7,654,321 (86 %)", "8,888,888"))
    numbers = re.findall(r"^ ?\d+ department_", text, re.MULTILINE)
    assert len(numbers) == (0 if departments == 1 else min(departments, 18))
    assert ("(the largest 18 of 40)" in text) == (departments == 40)


def test_the_terminal_shows_the_figures_of_the_picture() -> None:
    """Largest department first; a dash where there is nothing; the overlap in percent of the row."""
    text = terminal(report_of(PICTURE))
    assert re.search(r"billing +3 +2 +█{14} +100 % +1", text)
    assert re.search(r"crm +2 +2 +█{7}·{7} +50 % +-", text)
    assert re.search(r"city +2 +█+·+ +2\.0 +1 \(50 %\) +1", text)
    assert re.search(r"1 billing +· +50 +100", text)


def test_without_records_both_say_so() -> None:
    """Nothing to count is a sentence, not an error."""
    report = report_of([])
    assert terminal(report).strip() == "No department has any records yet."
    assert "No department has any records yet." in duplication_page(report, "acme", AS_OF)
    only_names = report_of([("crm", 1, {})], attributes=())
    assert "1 customer" in terminal(only_names)
    assert "<svg" in duplication_page(only_names, "acme", AS_OF)


def test_a_hostile_name_cannot_drive_the_terminal() -> None:
    """Escape sequences and rich's own markup come out as text."""
    text = terminal(large(2, name="\x1b]0;owned\x07[red]{}[/red]\nx"))
    assert "\x1b" not in text
    assert "[red]0[/red]" in text


# --- on the page ---------------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}&{}"


def page_of(report: DuplicationReport, project: str = "acme") -> Any:
    return html.document_fromstring(duplication_page(report, project, AS_OF))


def test_the_page_says_the_three_biggest_figures_first() -> None:
    """The headline holds them as one sentence, highlighted."""
    page = page_of(report_of(PICTURE))
    assert [b.text_content() for b in page.xpath("//h1/b")] == ["57 %", "67 %", "3.0 times"]
    assert " ".join(page.xpath("//h1")[0].text_content().split()) == report_of(PICTURE).headline
    assert "22 November 2026" in page.xpath("//header/p")[0].text_content()


def test_the_charts_draw_every_figure() -> None:
    """A bar for each department and attribute, a bar for each size from 1 on, a field for each two departments."""
    bars, captures, sizes, overlap, gaps = page_of(report_of(PICTURE)).xpath("//figure/svg")
    assert len(bars.xpath(".//rect")) == 2 * 3
    assert len(captures.xpath(".//rect")) == 3
    assert len(sizes.xpath(".//rect")) == 4
    assert [text.text for text in overlap.xpath(".//g/text")] == ["50", "100", "50", "50", "100", "50"]
    assert len(gaps.xpath(".//g/text")) == 3 * 3
    assert "crm keeps 1 of the 2 customers of billing (50 %)" in [title.text for title in overlap.xpath(".//g/title")]


def test_bars_are_as_long_as_their_figures() -> None:
    """Within a department, what is kept elsewhere is drawn over all it keeps."""
    svg = page_of(report_of(PICTURE)).xpath("//figure/svg")[0]
    widths = [float(rect.get("width")) for rect in svg.xpath(".//rect")]
    assert widths == [440, 440, 440, 220, 440, 440]


def test_a_long_attribute_label_has_room_on_the_left() -> None:
    """ "marketing consent" ends where the bars begin; at 9 a letter it begins within the drawing."""
    captures = page_of(report_of(PICTURE)).xpath("//figure/svg")[1]
    ends = [float(text.get("x")) for text in captures.xpath(".//g/text[1]")]
    assert min(ends) >= len("marketing consent") * 8.5


def test_what_could_be_shared_names_the_largest_gaps_but_no_consents() -> None:
    """The shop gets an e-mail and a city; billing's missing consent is nobody else's to give."""
    assert [(gain.department, gain.attribute, gain.customers) for gain in gains(report_of(PICTURE))] == [
        ("shop", "email", 1),
        ("shop", "city", 1),
    ]


def test_the_page_is_self_contained() -> None:
    """No script, no address of another host, no reference of any kind."""
    text = duplication_page(large(), "acme", AS_OF)
    page = html.document_fromstring(text)
    assert page.xpath("//script | //link | //img | //iframe | //object | //@href | //@src | //@onload") == []
    assert not re.search(r"https?:|//[a-z]|url\(|@import", text)
    assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_hostile_names_are_text() -> None:
    """Scripts, quotes, templates and markup in the names of departments, attributes and project are shown, never run."""
    attribute = Attribute(HOSTILE, "text", Role.SHARED, Storage.TEXT)
    rows: list[Row] = [(HOSTILE, 1, {HOSTILE: "x"}), ("crm\x00\ud800", 1, {}), ("shop", 1, {})]
    page = page_of(report_of(rows, attributes=(attribute,)), project=HOSTILE)
    assert page.xpath("//script | //img | //@onerror") == []
    assert HOSTILE in page.xpath("//details//td/text()")
    assert page.xpath("//title/text()")[0].strip() == f"Duplication report · {HOSTILE}"


def test_the_drawings_are_well_formed() -> None:
    """Each SVG parses as XML, and every coordinate is a finite number."""
    for report in (large(), large(40), large(3, name="\x00<b>&{}"), report_of(PICTURE)):
        for drawing in re.findall(r"<svg.*?</svg>", duplication_page(report, "acme", AS_OF), re.DOTALL):
            root = etree.fromstring(drawing)
            numbers = [float(node.get(name)) for node in root.iter() for name in ("x", "y", "width", "height") if node.get(name)]
            assert numbers
            assert all(np.isfinite(numbers))
            assert all(float(node.get("width")) >= 0 for node in root.iter("rect"))


# --- households ----------------------------------------------------------------------------------------------------


def test_households_are_told_in_one_line() -> None:
    """How many, of how many people; nothing where there are none, or where an older run did not count them."""
    from dataclasses import replace

    found = report_of(PICTURE)
    assert (
        replace(found, households=2, people_in_households=5).household_line == "2 households of 5 people share an address or a telephone."
    )
    assert (
        replace(found, households=1, people_in_households=2).household_line == "1 household of 2 people shares an address or a telephone."
    )
    assert replace(found, households=0, people_in_households=0).household_line == ""
    older = {name: value for name, value in found.to_dict().items() if "households" not in name}
    assert DuplicationReport.from_dict(older).household_line == ""


def test_the_line_of_households_is_on_the_page_and_in_the_terminal() -> None:
    """Below the headline."""
    from dataclasses import replace

    found = replace(report_of(PICTURE), households=2, people_in_households=5)
    told = io.StringIO()
    Console(file=told, width=120).print(duplication_view(found))
    assert found.household_line in told.getvalue()
    assert found.household_line in duplication_page(found, "acme", AS_OF)
    assert "households" not in duplication_page(report_of(PICTURE), "acme", AS_OF)
