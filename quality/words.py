"""How counts, shares and mistaken words read to an operator."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from quality.engine import Answer


def percent(share: float) -> str:
    """A share for people to read.

    >>> percent(0.5), percent(0.48231), percent(-0.02)
    ('50 %', '48.23 %', '-2 %')
    """
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"


def holding(answer: Answer) -> str:
    """How many of the rows asked about hold.

    >>> holding(Answer(passed=False, rows=1000, failing=518))
    '48.2 % (482 of 1,000)'
    >>> holding(Answer(passed=True, rows=0))
    'no rows'
    """
    return part(answer.rows - answer.failing, answer.rows)


def failing(answer: Answer) -> str:
    """How many of the rows asked about do not hold.

    >>> failing(Answer(passed=False, rows=1000, failing=2)), failing(Answer(passed=True, rows=1000))
    ('2 of 1,000', 'none of 1,000')
    """
    return f"{answer.failing:,} of {answer.rows:,}" if answer.failing else f"none of {answer.rows:,}"


def failing_share(answer: Answer) -> str:
    """How many of the rows asked about do not hold, as a share of them."""
    return part(answer.failing, answer.rows)


def part(count: int, whole: int) -> str:
    """A count as a share of a whole.

    >>> part(3, 4), part(0, 0)
    ('75 % (3 of 4)', 'no rows')
    """
    return f"{percent(count / whole)} ({count:,} of {whole:,})" if whole else "no rows"


def change(before: int, now: int) -> str:
    """How a count has changed.

    >>> change(1000, 750), change(4, 4)
    ('25 % fewer (1,000 → 750)', 'no change (4 → 4)')
    """
    share = f"{percent(abs(now - before) / before)} {'fewer' if now < before else 'more'}" if now != before else "no change"
    return f"{share} ({before:,} → {now:,})"


def instead(word: str, known: Iterable[str]) -> str:
    """What to write in the place of a word that is not known.

    >>> instead("min_row", ["min_rows", "max_drop"]), instead("zzz", ["min_rows", "max_drop"])
    ("did you mean 'min_rows'?", 'there are max_drop, min_rows')
    """
    choices = sorted(known)
    near = get_close_matches(word, choices, 1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(choices)}"
