"""The waterfall: its bars add up, and whatever values hold, the picture is one well-formed SVG that fetches and runs nothing."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from domain.evidence import Evidence, Rivalry, ScoredPair
from domain.records import RecordKey
from matching.explain import among_rivals
from pipelines.reports.waterfall import Scale, scale_of, steps_of, waterfall

SVG = {"s": "http://www.w3.org/2000/svg"}
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><image href=x onerror=alert(1)>",
    "a\0b\x1b[31m",
    "\ud800",
    "]]>&amp;&#x0;",
    "=1+1",
    "\u202egnp",
    "x" * 5_000,
]


def pair_of(evidence: list[Evidence], prior: float = -12.0, key: str = "7") -> ScoredPair:
    """A pair with some evidence; its probabilities are those of its weights."""
    same = prior + sum(one.weight for one in evidence)
    related = prior - 2 + sum(one.related_weight for one in evidence)
    total = 2.0**same + 2.0**related + 1
    from math import log2

    weight = same - log2(1 + 2.0**related)
    return ScoredPair(
        RecordKey("crm", "1"), RecordKey("billing", key), tuple(evidence), prior, prior - 2, 2.0**same / total, weight, 2.0**related / total
    )


def parsed(text: str) -> etree._Element:
    """The picture; a parser that forgives nothing reads it."""
    return etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))


BITS = st.floats(-30, 30).map(lambda x: round(x, 6))
TEXTS = st.none() | st.text()
NAMES = st.sampled_from(["given_name", "phone", "<b>"])
MISSING = st.builds(Evidence, NAMES, st.just("missing"), st.just(0.0), st.just(0.0), TEXTS, TEXTS)
EVIDENCE = MISSING | st.builds(Evidence, NAMES, st.sampled_from(["exact (1 in 10,000)", "close", "different"]), BITS, BITS, TEXTS, TEXTS)


@settings(max_examples=60, deadline=None)
@given(st.lists(EVIDENCE, max_size=12), st.text(max_size=300))
def test_any_pair_is_a_picture(evidence: list[Evidence], sentence: str) -> None:
    """It is XML, has a title and a description, a bar for each comparison that has something to compare, and all lie inside."""
    drawing = parsed(waterfall(pair_of(evidence), sentence))
    compared = [one for one in evidence if one.level != "missing"]
    bars = drawing.xpath("s:g/s:rect", namespaces=SVG)
    assert len(bars) == len(compared) + 3
    assert len(drawing.xpath("s:title | s:desc", namespaces=SVG)) == 2
    for bar in bars:
        assert 372 <= float(bar.get("x")) <= float(bar.get("x")) + float(bar.get("width")) <= 772


@settings(max_examples=60, deadline=None)
@given(st.lists(EVIDENCE, max_size=12))
def test_bars_lead_from_the_prior_to_the_match_weight(evidence: list[Evidence]) -> None:
    """Each begins where the last one ended; the last stands for the sum of all before it."""
    found = pair_of(evidence)
    steps = list(steps_of(found, {}))
    assert steps[0].after == found.prior_weight
    assert all(step.before == before.after for before, step in pairwise(steps[:-1]))
    assert steps[-1].after == found.match_weight == pytest.approx(steps[-2].after, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(EVIDENCE, max_size=5), BITS, st.text(max_size=80), st.none() | st.text(min_size=1, max_size=80))
def test_rivals_have_a_bar_of_their_own(evidence: list[Evidence], bits: float, told: str, key: str | None) -> None:
    """It stands before the match weight, which it leads to; whatever the rival is called, the picture is one."""
    strongest = None if key is None else RecordKey("billing", key)
    found = among_rivals(pair_of(evidence), Rivalry(bits, told, strongest))
    steps = list(steps_of(found, {}))
    assert steps[-2].label == "rivals"
    assert steps[-2].bits == pytest.approx(bits)
    assert steps[-1].after == pytest.approx(steps[-2].after, abs=1e-5)
    assert len(parsed(waterfall(found, "two customers")).xpath("s:g/s:rect", namespaces=SVG)) == len(steps)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_shown_and_do_nothing(value: str) -> None:
    """In values, names, levels, keys and the sentence: no element of theirs, no script, no address, no style comes into being."""
    evidence = [Evidence(value, "close", 3.0, 1.0, value, value[::-1]), Evidence(value, "missing", 0.0, 0.0)]
    text = waterfall(pair_of(evidence, key=value), value, {value: value})
    drawing = parsed(text)
    assert {etree.QName(one).localname for one in drawing.iter()} == {"svg", "title", "desc", "style", "rect", "text", "tspan", "g", "line"}
    attributes = {name for one in drawing.iter() for name in one.attrib}
    assert not [name for name in attributes if name.startswith("on") or "href" in name or name == "src"]
    assert not re.search(r"url\(|@import|https?:(?!//www\.w3\.org/2000/svg)", text)
    assert "<script" not in text
    assert len(text) < 60_000


def test_two_pictures_on_one_page_keep_their_names_apart() -> None:
    """A page can hold several: their titles are named after the pair, and their styles after the class of the drawing."""
    one, other = (parsed(waterfall(pair_of([], key=key), "two customers")) for key in "78")
    assert one.get("aria-labelledby") != other.get("aria-labelledby")
    named = one.get("aria-labelledby").split()
    assert [one.xpath(f"s:{tag}/@id", namespaces=SVG)[0] for tag in ("title", "desc")] == named
    style = one.xpath("string(s:style)", namespaces=SVG)
    selectors = [part.strip() for part in re.findall(r"([^{}]+)\{", style) if not part.strip().startswith("@")]
    assert all(selector.startswith(".onefold-waterfall") for selector in selectors)


def test_it_is_read_in_light_in_dark_and_in_print() -> None:
    """Dark is for screens that ask for it, so paper stays white; every figure is text as well."""
    text = waterfall(
        pair_of([Evidence("phone", "exact (1 in 10,000)", 16.87, 14.99, "+1", "+1", "shared by 1 in 10,000")]), "same telephone"
    )
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "@media print" in text
    for word in ("telephone", "shared by 1 in 10,000", "+16.87", "+14.99", "match probability", "strangers"):
        assert word in "".join(parsed(text.replace(">phone<", ">telephone<")).itertext())


@given(st.floats(-2_000, 0), st.floats(0.5, 2_000))
def test_a_scale_has_few_round_marks_with_0_among_them(low: float, high: float) -> None:
    """Between one and a dozen, each inside the drawing."""
    scale = Scale(low, high)
    assert 0 in scale.ticks
    assert len(scale.ticks) <= 8
    assert all(low <= tick <= high for tick in scale.ticks)


def test_a_pair_without_any_evidence_has_a_scale() -> None:
    """Nothing to compare: the prior alone."""
    assert scale_of(list(steps_of(pair_of([]), {}))).low < -12
