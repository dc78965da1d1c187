"""E-mail addresses: built from names as people build them, each given to one mailbox only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.tables import Ints, draw, join, pick, texts, weights

PATTERNS = {
    "{given}.{family}": 26.0,
    "{initial}{family}": 14.0,
    "{given}{family}": 14.0,
    "{given}_{family}": 6.0,
    "{given}{last}": 5.0,
    "{family}{initial}": 4.0,
    "{family}.{given}": 3.0,
    "{initial}.{family}": 4.0,
    "{given}{year}": 7.0,
    "{initial}{family}{year}": 6.0,
    "{given}{family}{number}": 7.0,
    "{word}{number}": 6.0,
}
"""How a mailbox is named, and how often."""


def mailboxes(rng: np.random.Generator, given: pa.StringArray, family: pa.StringArray, birth_year: Ints) -> pa.StringArray:
    """An e-mail address for each person at one of the well-known domains; several may still ask for the same."""
    parts = _parts(rng, given, family, birth_year)
    local = pick(rng, [_spell(pattern, parts) for pattern in PATTERNS], list(PATTERNS.values()))
    domain = texts("email_domains", "domain").take(draw(rng, weights("email_domains"), len(local)))
    return join(local, domain, between="@")


def family_mailboxes(rng: np.random.Generator, family: pa.StringArray) -> pa.StringArray:
    """An e-mail address that a couple shares: `thesmiths@`, `smithfamily@`, `smith.home@`."""
    name = squeeze(family)
    options = [join("the", name, "s", between=""), join(name, "family", between=""), join(name, "home", between=".")]
    local = pick(rng, options, [4.0, 4.0, 1.0])
    return join(local, texts("email_domains", "domain").take(draw(rng, weights("email_domains"), len(local))), between="@")


def work_mailboxes(rng: np.random.Generator, given: pa.StringArray, family: pa.StringArray, organisation: pa.StringArray) -> pa.StringArray:
    """An e-mail address at the employer's own domain."""
    first, last = squeeze(given), squeeze(family)
    local = pick(
        rng, [join(first, last, between="."), join(pc.utf8_slice_codeunits(first, 0, 1), last, between=""), first], [5.0, 4.0, 1.0]
    )
    return join(local, domains(organisation), between="@")


def domains(organisation: pa.StringArray) -> pa.StringArray:
    """The internet domain of each organisation, its name without blanks.

    >>> domains(pa.array(["Smith & Sons Plumbing"])).to_pylist()
    ['smithsonsplumbing.com']
    """
    return join(pc.utf8_slice_codeunits(squeeze(organisation), 0, 24), ".com", between="")


def squeeze(name: pa.StringArray) -> pa.StringArray:
    """The letters and digits of a name, lower case and without accents.

    >>> squeeze(pa.array(["O'Brien", "Muñoz", "De La Cruz"])).to_pylist()
    ['obrien', 'munoz', 'delacruz']
    """
    return pc.replace_substring_regex(pc.utf8_lower(without_accents(name)), "[^a-z0-9]", "")


def without_accents(name: pa.StringArray) -> pa.StringArray:
    """Latin letters without their accents, as old systems write them.

    >>> without_accents(pa.array(["Sørensen", "Böhm", "Ann"])).to_pylist()
    ['Sorensen', 'Bohm', 'Ann']
    """
    plain = pc.replace_substring_regex(pc.utf8_normalize(name, form="NFKD"), r"\p{Mn}", "")
    for letter, latin in (("ø", "o"), ("Ø", "O"), ("ß", "ss"), ("æ", "ae")):
        plain = pc.replace_substring(plain, letter, latin)
    return plain


def one_owner_each(address: pa.StringArray) -> pa.StringArray:
    """The same addresses, but who comes second to one that is taken gets a number: `ann.lee2@...`; null stays null.

    >>> one_owner_each(pa.array(["a@x.com", "b@x.com", "a@x.com", None])).to_pylist()
    ['a@x.com', 'b@x.com', 'a2@x.com', None]
    """
    while True:
        wanted = pd.Series(pc.fill_null(address, "").to_numpy(zero_copy_only=False))
        turn = wanted.groupby(wanted, sort=False).cumcount().to_numpy()
        taken = (turn > 0) & np.asarray(address.is_valid(), dtype=bool)
        if not taken.any():
            return address
        late = address.filter(pa.array(taken))
        number = pa.array(turn[taken] + 1).cast(pa.string())
        local = pc.replace_substring_regex(late, "@.*$", "")
        renamed = join(local, number, pc.replace_substring_regex(late, "^[^@]*", ""), between="")
        address = pc.replace_with_mask(address, pa.array(taken), renamed)


def _parts(rng: np.random.Generator, given: pa.StringArray, family: pa.StringArray, birth_year: Ints) -> dict[str, pa.StringArray]:
    first, last, size = squeeze(given), squeeze(family), len(given)
    year = pa.array(np.where(birth_year > 0, birth_year, 1975)).cast(pa.string())
    return {
        "given": first,
        "family": last,
        "initial": pc.utf8_slice_codeunits(first, 0, 1),
        "last": pc.utf8_slice_codeunits(last, 0, 1),
        "year": pick(rng, [pc.utf8_slice_codeunits(year, 2, 4), year], [3.0, 1.0]),
        "number": pa.array(rng.integers(1, 100, size)).cast(pa.string()),
        "word": texts("mailbox_words", "word").take(draw(rng, np.ones(len(texts("mailbox_words", "word"))), size)),
    }


def _spell(pattern: str, parts: dict[str, pa.StringArray]) -> pa.StringArray:
    pieces = [piece for piece in pattern.replace("{", "\0{").replace("}", "\0").split("\0") if piece]
    return join(*(parts[piece[1:]] if piece.startswith("{") else piece for piece in pieces), between="")
