"""Data Docs: what the gates found, as one page that needs nothing but itself (decision 0004)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from domain.checks import CheckResult, GateReport, Severity


def data_docs(reports: Sequence[GateReport], folder: Path, title: str) -> Path:
    """Write `index.html` with every check of these gates into a folder (made if need be), and say where it is.

    The page is replaced in one move, refers to no other file or host, and holds what reports hold: counts and names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = _page(reports, title).encode("utf-8", "replace")
    with NamedTemporaryFile(dir=folder, prefix=".index", suffix=".html", delete=False) as draft:
        draft.write(page)
    os.chmod(draft.name, 0o644)
    path = folder / "index.html"
    os.replace(draft.name, path)
    return path


def _page(reports: Sequence[GateReport], title: str) -> str:
    """Gates that do not let through come first."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("quality", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"outcome": _outcome, "verdict": _verdict, "worst_first": _worst_first}
    ordered = sorted(reports, key=lambda report: (not report.closed, not report.failed))
    return environment.get_template("data_docs.html").render(reports=ordered, title=title)


def _outcome(result: CheckResult) -> str:
    """`holds`, `warns` or `stops`."""
    return "holds" if result.passed else "stops" if result.severity is Severity.STOP else "warns"


def _verdict(report: GateReport) -> str:
    """`closed`, `open with warnings` or `open`."""
    return "closed" if report.closed else "open with warnings" if report.failed else "open"


def _worst_first(report: GateReport) -> list[CheckResult]:
    """Checks that stop, then those that warn, then those that hold."""
    return sorted(report.results, key=lambda result: ("stops", "warns", "holds").index(_outcome(result)))
