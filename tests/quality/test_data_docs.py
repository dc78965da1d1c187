"""Data Docs: one page that needs nothing but itself."""

import re
from pathlib import Path

from lxml import html

from domain.checks import CheckResult, Gate, GateReport, Severity
from quality import data_docs


def result(check: str, passed: bool, severity: Severity = Severity.STOP, failing: int = 0) -> CheckResult:
    """One result of a source's gate."""
    return CheckResult(Gate.ARRIVAL, "billing", check, severity, passed, "48.2 % (482 of 1,000)", "at least 50 %", failing)


def report(subject: str, *results: CheckResult) -> GateReport:
    """A report of a source's gate."""
    return GateReport(Gate.ARRIVAL, subject, results)


def test_the_page_shows_the_worst_first(tmp_path: Path) -> None:
    """
    given    crm: holds          billing: holds, warns, stops        loyalty: warns
    then     billing (stops, warns, holds), loyalty, crm
    """
    reports = [
        report("crm", result("min_rows", True)),
        report("billing", result("min_rows", True), result("valid", False, Severity.WARN), result("complete", False, failing=51800)),
        report("loyalty", result("valid", False, Severity.WARN)),
    ]
    page = html.parse(str(data_docs(reports, tmp_path / "docs", "Gates of run 7"))).getroot()
    assert page.findtext(".//h1") == "Gates of run 7"
    assert [h.text for h in page.iter("h2")] == ["billing", "loyalty", "crm"]
    assert [m.text for m in page.xpath("//header/span[2]")] == ["closed", "open with warnings", "open"]
    assert [[cell.text for cell in row] for row in page.xpath("//section[1]//tbody/tr")] == [
        ["stops", "complete", "at least 50 %", "48.2 % (482 of 1,000)", "51,800"],
        ["warns", "valid", "at least 50 %", "48.2 % (482 of 1,000)", None],
        ["holds", "min_rows", "at least 50 %", "48.2 % (482 of 1,000)", None],
    ]


def test_hostile_words_are_just_words(tmp_path: Path) -> None:
    """A script in a source's or a column's name is text on the page, and half a character does not stop it."""
    attack = "<script>alert('x')</script>\"&{{7*7}}\ud800"
    page = data_docs([report(attack, result(attack, False))], tmp_path, attack).read_text("utf-8")
    root = html.fromstring(page)
    assert not root.xpath("//script")
    assert "{{7*7}}" in page
    assert root.findtext(".//h2") == attack.replace("\ud800", "?")


def test_the_page_refers_to_nothing_outside(tmp_path: Path) -> None:
    """No address, file, script or font: the page opens without a network, and tells nobody that it was opened. (Invariant 11)"""
    page = data_docs([report("billing", result("min_rows", True))], tmp_path, "Gates").read_text("utf-8")
    assert not re.search(r"https?:|//|url\(|@import|\bsrc=|<link", page)
    assert set(re.findall(r'href="(.)', page)) == {"#"}


def test_a_new_page_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """The folder holds one page and no leftovers; no gates make a page too."""
    data_docs([report("billing")], tmp_path, "first")
    path = data_docs([], tmp_path, "second")
    assert "second" in path.read_text("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["index.html"]
