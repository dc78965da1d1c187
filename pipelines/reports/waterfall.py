"""The waterfall of a pair: bars in bits from the prior over each comparison to the total, as one self-contained SVG.

It is read in light, in dark and in print, fetches nothing and runs nothing; inside a page it takes no more than its own place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from math import ceil, floor, log2
from textwrap import wrap

from jinja2 import Template

from domain.evidence import Evidence, PairClass, Rivalry, ScoredPair
from matching.explain import MISSING
from matching.wording import per_cent, plain_level
from pipelines.reports.duplication import readable
from pipelines.reports.templates import templates

LEFT, RIGHT = 372.0, 770.0
"""Between which the bars are drawn."""
TICKS = 6
"""At most so many marks of the scale, beside 0."""
LONGEST_VALUE = 22
LINE = 84
"""Letters of the sentence that fit a line."""
CLASSES = {
    PairClass.SAME: "the same customer",
    PairClass.RELATED: "related (one household or firm)",
    PairClass.UNRELATED: "strangers",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: where the sum stood before, and where after it."""

    label: str
    detail: str
    """Level and rarity, or what the bar stands for."""
    values: str
    """What the two records say."""
    before: float
    after: float
    related: float | None
    """Bits for *related*; none for a bar of sums."""
    kind: str
    """`for`, `against` or `sum`."""
    title: str
    """All of it as a sentence, read out and shown when pointed at."""

    @property
    def bits(self) -> float:
        """What the bar is worth; of a sum, the sum."""
        return self.after if self.kind == "sum" else self.after - self.before


@dataclass(frozen=True, slots=True)
class Scale:
    """From bits to the drawing's own units."""

    low: float
    high: float

    def at(self, bits: float) -> float:
        """Where some bits stand."""
        return round(LEFT + (bits - self.low) / (self.high - self.low) * (RIGHT - LEFT), 1)

    @property
    def ticks(self) -> list[int]:
        """Round numbers of bits, 0 among them."""
        span = self.high - self.low
        step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if span / size <= TICKS)
        return [n * step for n in range(ceil(self.low / step), floor(self.high / step) + 1)]


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the bar of probabilities."""

    name: str
    css: str
    start: float
    width: float
    text: str


def waterfall(pair: ScoredPair, sentence: str, words: Mapping[str, str] | None = None) -> str:
    """The picture of a pair as the text of an SVG file; `sentence` is its title, `words` are what comparisons are called.

    Values may hold anything: they are escaped, and what no XML may hold is replaced.
    """
    steps = list(steps_of(pair, words or {}))
    scale = scale_of(steps)
    return _template().render(
        id=f"pair-{blake2b(f'{pair.left} {pair.right}'.encode('utf-8', 'replace'), digest_size=6).hexdigest()}",
        lines=wrap(readable(sentence[:1].upper() + sentence[1:]), LINE, max_lines=4, placeholder=" …"),
        pair=pair,
        left=readable(str(pair.left)),
        right=readable(str(pair.right)),
        sentence=readable(sentence),
        steps=steps,
        joints=list(pairwise(steps)),
        scale=scale,
        shares=list(shares(pair)),
        missing=[readable(called(one, words or {})) for one in pair.evidence if one.level == MISSING],
        verdict=verdict(pair),
    )


def steps_of(pair: ScoredPair, words: Mapping[str, str]) -> Iterator[Step]:
    """The bars from the prior to the match weight; comparisons without a value on both sides have none."""
    total = pair.prior_weight
    yield Step("prior", "before anything is compared", "", 0.0, total, pair.related_prior_weight, "sum", f"Prior: {total:+.2f} bits")
    for one in pair.evidence:
        if one.level != MISSING:
            yield comparison_step(one, total, called(one, words))
            total += one.weight
    rival = -log2(1 + 2.0 ** min(pair.related_weight, 1000.0))
    told = "what a household or a firm would share as well"
    yield Step("only related?", told, "", total, total + rival, None, side(rival), f"Only related? {told}: {rival:+.2f} bits")
    if pair.rivalry:
        yield rivals_step(pair.rivalry, total + rival)
    weight = f"Match weight: {pair.match_weight:+.2f} bits; match probability {per_cent(pair.match_probability)}"
    yield Step("match weight", "0 is as likely as not", "", 0.0, pair.match_weight, None, "sum", weight)


def comparison_step(one: Evidence, before: float, label: str) -> Step:
    """The bar of one comparison."""
    detail = ", ".join(part for part in (plain_level(one.level), one.rarity) if part)
    left, right = (readable(value or "") for value in (one.left, one.right))
    told = f"{label}: {detail}; {left} beside {right}; {one.weight:+.2f} bits for the same, {one.related_weight:+.2f} for related"
    same = left if left == right else ""
    values = fitted(same, 2 * LONGEST_VALUE) if same else f"{fitted(left, LONGEST_VALUE)} | {fitted(right, LONGEST_VALUE)}"
    return Step(
        readable(label), readable(detail), values, before, before + one.weight, one.related_weight, side(one.weight), readable(told[:500])
    )


def rivals_step(one: Rivalry, before: float) -> Step:
    """The bar of what rivals add or take."""
    strongest = f" ({one.strongest})" if one.strongest else ""
    what, _, why = readable(one.told).partition(", ")
    values = fitted(readable(str(one.strongest or why)), 2 * LONGEST_VALUE)
    told = f"Rivals: {one.told}{strongest}: {one.weight:+.2f} bits"
    return Step("rivals", what, values, before, before + one.weight, None, side(one.weight), readable(told[:500]))


def called(one: Evidence, words: Mapping[str, str]) -> str:
    """What a comparison is called."""
    return words.get(one.comparison, one.comparison.replace("_", " "))


def side(bits: float) -> str:
    """Whether some bits speak for *same* or against."""
    return "for" if bits > 0 else "against"


def scale_of(steps: list[Step]) -> Scale:
    """A scale on which every bar has room, with 0 inside."""
    ends = [0.0, *(end for step in steps for end in (step.before, step.after))]
    room = max((max(ends) - min(ends)) * 0.04, 0.5)
    return Scale(min(ends) - room, max(ends) + room)


def shares(pair: ScoredPair) -> Iterator[Share]:
    """The classes' probabilities as parts of one bar across the picture."""
    start = 0.0
    for one, probability in pair.probabilities.items():
        yield Share(CLASSES[one], str(one), round(24 + start * 912, 1), round(probability * 912, 1), per_cent(probability))
        start += probability


def verdict(pair: ScoredPair) -> str:
    """Which class won, against which, and by how much."""
    return f"{CLASSES[pair.winner]} before {CLASSES[pair.rival]}, by {pair.lead:.1f} bits"


def _template() -> Template:
    environment = templates()
    environment.filters |= {"fitted": fitted, "per_cent": per_cent, "signed": signed}
    return environment.get_template("waterfall.svg")


def fitted(value: str, most: int) -> str:
    """A value that fits its place.

    >>> fitted("Llanfairpwllgwyngyll", 10)
    'Llanfairp…'
    """
    return value if len(value) <= most else f"{value[: most - 1]}…"


def signed(bits: float) -> str:
    """Bits with their sign, as they are printed.

    >>> signed(-3.456), signed(2.0)
    ('−3.46', '+2.00')
    """
    return f"{bits:+.2f}".replace("-", "\N{MINUS SIGN}")
