"""Measure accuracy and speed beside the rivals, print the tables, and keep them in benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from rich.console import Console

from benchmarks.accuracy import accuracy_report, measure_set, set_names
from benchmarks.engines import ECM, ONEFOLD, SPLINK, ZERO, rivals_missing
from benchmarks.labelled import FOLDER
from benchmarks.organisation import measure_organisation, organisation_report
from benchmarks.results import RESULTS, commit, results
from benchmarks.scale import measure_scale, scale_report
from benchmarks.tables import Report
from benchmarks.zero import can_dedupe

SIZES = [10_000, 100_000, 1_000_000]
FULL = [5_000_000, 10_000_000]


def main() -> None:
    """Parse the command line and measure."""
    asked, measured_at = arguments(), commit()
    console = Console(width=230)
    remarks = left_out(asked.no_rivals)
    for remark in remarks:
        console.print(f"[bold]Note:[/bold] {remark}.")
    reports = []
    for report in measured(asked, rivals=not asked.no_rivals and not rivals_missing()):
        report.show(console)
        reports.append(report)
        if not asked.no_keep:
            RESULTS.write_text(results(reports, sys.argv[1:], measured_at, remarks))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sets", nargs="*", help=f"sets to match; all by default: {', '.join(set_names())}")
    parser.add_argument("--records", type=int, nargs="*", default=[20_000], help="sizes of the demo organisation to run the whole way")
    parser.add_argument("--scale", type=int, nargs="*", default=SIZES, help="sizes of the demo population to match from one file")
    parser.add_argument("--full", action="store_true", help="5 and 10 million records too")
    parser.add_argument("--no-rivals", action="store_true", help="Onefold alone")
    parser.add_argument("--no-keep", action="store_true", help="leave RESULTS.md as it is")
    asked = parser.parse_args()
    if unknown := set(asked.sets) - set(set_names()):
        parser.error(f"no such set: {', '.join(sorted(unknown))}; there are {', '.join(set_names())}")
    return asked


def left_out(no_rivals: bool) -> list[str]:
    """What is not measured, and why."""
    remarks = [] if FOLDER.is_dir() else [f"the labelled sets are left out, but for Febrl's: they are not in {FOLDER}"]
    remarks += [] if can_dedupe() else ["matching without a map is left out: there is no `onefold dedupe`"]
    if no_rivals:
        return [*remarks, "the rivals are left out, as asked"]
    return remarks + ([rivals_missing()] if rivals_missing() else [])


def measured(asked: argparse.Namespace, rivals: bool) -> Iterator[Report]:
    """The tables, one after the other."""
    engines = [ONEFOLD, ZERO, *([SPLINK, ECM] if rivals else [])]
    yield accuracy_report([one for name in asked.sets or set_names() for one in measure_set(name, engines)])
    sizes = [*asked.scale, *(FULL if asked.full else [])]
    if sizes:
        yield scale_report([measure_scale(size, [ONEFOLD, *([SPLINK] if rivals else [])]) for size in sizes])
    if asked.records:
        yield organisation_report([run for size in asked.records for run in measure_organisation(size)])


if __name__ == "__main__":
    main()
