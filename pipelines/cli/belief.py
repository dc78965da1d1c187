"""What a match believes of itself, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.cli.console import readable

if TYPE_CHECKING:
    from matching.analyse import Estimate
    from matching.estimate import Believed


def beliefs(believed: Believed | None, converged: bool, truth: Mapping[str, Any] | None = None) -> Iterator[str]:
    """What to say of a match: what it believes of its clusters, what is true where that is known, and when to be careful.

    >>> from matching.analyse import Estimate
    >>> from matching.estimate import Believed
    >>> precision, recall, missed = Estimate(0.981, 0.976, 0.985), Estimate(0.959, 0.951, 0.966), Estimate(0.019, 0.012, 0.026)
    >>> found = Believed(precision, recall, missed, Estimate(900, 880, 920))
    >>> told = list(beliefs(found, converged=False, truth={"precision": 0.98, "recall": 0.96}))
    >>> print(told[0].replace("; ", "\\n"))
    We believe 98.1 % (97.6-98.5) of the joined pairs are right and 95.9 % (95.1-96.6) of all are found
    1.9 % (1.2-2.6) are missed because no key brings them together.
    >>> told[1:]
    ['By the known truth 98.0 % are right and 96.0 % are found.', 'The model has not converged: treat these figures with care.']
    """
    if believed is not None:
        yield belief(believed)
        if truth:
            yield f"By the known truth {per_cent(truth['precision'])} are right and {per_cent(truth['recall'])} are found."
    if not converged:
        yield f"The model has not converged: treat {'these figures' if believed else 'what it joins'} with care."


def learned_placeholders(counts: Mapping[str, int]) -> Iterator[str]:
    """Of which attributes values were found that stand for a missing one, and how many; the values themselves are told to nobody.

    >>> list(learned_placeholders({"birth_date": 2, "phone": 1}))
    ['Learned placeholders (values far too frequent among records alike in nothing else, taken as missing): 2 of birth date, 1 of phone.']
    >>> list(learned_placeholders({}))
    []
    """
    if counts:
        of_each = ", ".join(f"{count:,} of {readable(name)}" for name, count in counts.items())
        yield f"Learned placeholders (values far too frequent among records alike in nothing else, taken as missing): {of_each}."


def kept_beliefs(match: Mapping[str, Any], truth: Mapping[str, Any] | None) -> Iterator[str]:
    """The same of what a run has kept; one of an earlier release may have kept none."""
    from matching.estimate import Believed

    told = match.get("believed")
    return beliefs(Believed.from_dict(told) if told else None, match.get("converged", True), truth)


def belief(believed: Believed) -> str:
    """One sentence for the precision, the recall, and what blocking misses if there may be anything."""
    said = f"We believe {interval(believed.precision)} of the joined pairs are right and {interval(believed.recall)} of all are found"
    if believed.missed.high < 0.0005:
        return f"{said}."
    return f"{said}; {interval(believed.missed)} are missed because no key brings them together."


def interval(estimate: Estimate) -> str:
    """A share and its 95 % interval."""
    return f"{per_cent(estimate.estimate)} ({100 * estimate.low:.1f}-{100 * estimate.high:.1f})"


def per_cent(share: float) -> str:
    """A share, to one place behind the point."""
    return f"{100 * share:.1f} %"
