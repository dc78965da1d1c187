"""Wording: what comparisons and classes are called in sentences for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matching.compare import RARITY, Comparison

PLAIN = {
    "given_name": "given name",
    "family_name": "surname",
    "full_name": "name",
    "name_suffix": "suffix of the name",
    "phone": "telephone",
    "email": "e-mail",
    "date_of_birth": "birth date",
    "organisation": "name of the organisation",
    "url": "website",
    "national_id": "national number",
}
"""By attribute type, what its comparison is called where the project compares one attribute of the type."""


def called(comparisons: Sequence[Comparison]) -> dict[str, str]:
    """What each comparison is called, by its name; several of one type keep the names that the project gave them."""
    types = [comparison.attributes[0].type for comparison in comparisons]
    return {
        comparison.name: PLAIN[kind] if kind in PLAIN and types.count(kind) == 1 and not comparison.is_place else spaced(comparison.name)
        for comparison, kind in zip(comparisons, types, strict=True)
    }


def spaced(name: str) -> str:
    """A name without the underscores.

    >>> spaced("customer_since")
    'customer since'
    """
    return name.replace("_", " ")


def listed(words: Iterable[str]) -> str:
    """
    >>> listed(["surname", "address", "telephone"])
    'surname, address and telephone'
    """
    known = list(words)
    return " and ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def rarity(level: str) -> str | None:
    """How many share the value of an equal level, said plainly; none of another level.

    >>> rarity("exact (1 in 10,000)"), rarity("same address (rarer than 1 in 100,000)"), rarity("close")
    ('shared by 1 in 10,000', 'shared by fewer than 1 in 100,000', None)
    """
    found = next((one for one in RARITY if level.endswith(f"({one})")), None)
    return (
        None
        if found is None
        else f"shared by {SPOKEN.get(found.split(' ', 1)[0], '')}{found.removeprefix('rarer than ').removeprefix('over ')}"
    )


SPOKEN: Mapping[str, str] = {"rarer": "fewer than ", "over": "more than "}
"""How a frequency class begins, and how that is said of those who share a value."""


def plain_level(level: str) -> str:
    """A level without its frequency class.

    >>> plain_level("exact (1 in 10,000)"), plain_level("nickname")
    ('exact', 'nickname')
    """
    return level.rsplit(" (", 1)[0] if rarity(level) else level


def per_cent(share: float) -> str:
    """A probability to two figures behind the point, never rounded to certainty.

    >>> per_cent(0.98984), per_cent(0.9999999), per_cent(1e-9)
    ('98.98 %', '>99.99 %', '<0.01 %')
    """
    if share > 0.9999:
        return ">99.99 %"
    return "<0.01 %" if share < 0.0001 else f"{share:.2%}".replace("%", " %")
