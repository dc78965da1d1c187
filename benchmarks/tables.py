"""Tables, for the terminal and for RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Report:
    """A titled table, with what has to be known to read it."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    words: int = 1
    """Columns at the left that are words; the others are figures."""

    def show(self, console: Console) -> None:
        """Print it."""
        table = Table(title=self.title, box=box.SIMPLE, caption=self.note, caption_justify="left")
        for at, heading in enumerate(self.headings):
            table.add_column(heading, justify="left" if at < self.words else "right")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        """As a section in Markdown.

        >>> print(Report("Speed", ("set", "s"), [("a|b", "1")]).markdown())
        ## Speed
        <BLANKLINE>
        | set | s |
        | --- | ---: |
        | a\\|b | 1 |
        """
        ruler = ["---"] * self.words + ["---:"] * (len(self.headings) - self.words)
        cells = [[cell.replace("|", "\\|") for cell in row] for row in (self.headings, *self.rows)]
        lines = [f"| {' | '.join(row)} |" for row in (cells[0], ruler, *cells[1:])]
        return "\n".join([f"## {self.title}", "", *([self.note, ""] if self.note else []), *lines])


def figure(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none.

    >>> figure(0.12345), figure(None), figure(12345.6, 0)
    ('0.123', '–', '12,346')
    """
    return "–" if value is None else f"{value:,.{digits}f}"
