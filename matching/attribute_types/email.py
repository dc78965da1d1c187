"""E-mail addresses."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from domain.attributes import Role
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.coded import Coded, Places, PreparedType
from matching.attribute_types.comparing import jaro_winkler, lengths, levels_of, within, within_edits
from matching.attribute_types.text_tools import Mask, keep, matches, none_if_empty, one_of, per_distinct, true_mask, valid_mask, where
from matching.attribute_types.word_tables import any_of, words

# Whatever is plain ASCII, short and without a special-use domain is as valid to us as to email-validator, which sees the rest.
PLAIN = r"^[A-Za-z0-9_+-][A-Za-z0-9_+'-]*(?:\.[A-Za-z0-9_+'-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}$"
SPECIAL_USE = rf"(?i)[@.]{any_of(SPECIAL_USE_DOMAIN_NAMES)}$"
PLAIN_LENGTH = 64  # the limit of a local part and nearly that of a label: no limit can be passed below it
LONGEST = 320
LONG_DOMAIN = 10

GENERIC = words("email_words", "word", kind="generic local part")
PUBLIC = words("email_words", "word", kind="public domain")
NOBODY = words("email_words", "word", kind="placeholder local part")
NOWHERE = words("email_words", "word", kind="placeholder domain")
FILLERS = words("email_words", "word", kind="placeholder address")
# `x@x.com`, `aaa@aaa.com`: one letter on both sides stands for nobody.
ONE_LETTER = "|".join(f"^{letter}+@{letter}+\\.[a-z.]+$" for letter in string.ascii_lowercase)


class Parts(NamedTuple):
    """The two sides of addresses."""

    local: pa.StringArray
    domain: pa.StringArray

    @property
    def is_generic(self) -> Mask:
        """Which local parts name an office and nobody in it: `info`."""
        return one_of(self.local, GENERIC)

    @property
    def is_telling(self) -> Mask:
        """Which local parts may tell somebody wherever they stand: not `info`, not `jo`."""
        return np.asarray(matches(self.local, "...") & ~self.is_generic)

    @property
    def is_public(self) -> Mask:
        """Which domains hand out addresses to everybody."""
        return one_of(self.domain, PUBLIC)


class Sides(NamedTuple):
    """The two sides of addresses, ready to be compared; masks run along the addresses."""

    local: Coded
    domain: Coded
    generic: Mask
    telling: Mask
    public: Mask


class Email(PreparedType):
    """An e-mail address: the same but for case, a +tag or Gmail's dots; a typing slip away; the same or a similar
    local part (the text before the @); an address at the same company; or different."""

    name = "email"
    role = Role.PERSONAL
    learns_placeholders = True
    refine_by = ("first letters",)
    levels = ("exact", "close", "same local part", "similar local part", "same domain", "different")
    placeholders = words("placeholders", "text", type="email")

    def is_placeholder(self, text: pa.StringArray) -> Mask:
        """`n/a` and the like, and addresses that are nobody's: none@none.com, noreply@..., test@test.com."""
        address = pc.utf8_lower(text)
        has_at = matches(address, "@")
        local, domain = split(address)
        nobody = one_of(local, NOBODY) | one_of(domain, NOWHERE) | one_of(address, FILLERS) | matches(address, ONE_LETTER)
        return super().is_placeholder(keep(text, ~has_at)) | nobody

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """The address in lower case, if email-validator holds it for one (without asking the network).

        >>> Email().parse(pa.array(["Ann.Lee@Example.COM", "mailto:bob@example.com", "bob@", None]), Options()).to_pylist()
        ['ann.lee@example.com', 'bob@example.com', None, None]
        """
        return pc.utf8_lower(where(valid_mask(text) & ~is_plain(text), text, lambda rest: per_distinct(rest, read_address)))

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """Without a +tag, and for Gmail without dots.

        >>> Email().form(pa.array(["ann.lee+shop@googlemail.com", "ann.lee@example.com"])).to_pylist()
        ['annlee@gmail.com', 'ann.lee@example.com']
        """
        local, domain = split(value)
        local = pc.replace_substring_regex(local, r"^([^+]+)\+.*$", r"\1")
        gmail = one_of(domain, {"gmail.com", "googlemail.com"})
        local = where(gmail, local, lambda t: pc.replace_substring(t, ".", ""))
        domain = pc.if_else(pa.array(gmail), "gmail.com", domain)
        return pc.binary_join_element_wise(local, domain, "@")

    def prepare(self, form: pa.StringArray) -> Sides:
        """Local parts and domains apart."""
        parts = without_separators(split(form))
        return Sides(Coded(parts.local), Coded(parts.domain), parts.is_generic, parts.is_telling, parts.is_public)

    def between(self, prepared: Sides, left: Places, right: Places) -> Levels:
        """Local parts and domains are compared apart: a slip in either is close, but two providers are two domains.

        Another first letter or another digit is rather a relative or a namesake than a slip (`jlee@`, `klee@`; `lee1@`, `lee2@`).
        """
        local, domain, generic, telling, public = prepared
        same_domain, same_local = domain.equal(left, right), local.equal(left, right)
        may_slip = ~same_domain & ~generic[left] & ~generic[right] & ~(public[left] & public[right])
        like_domain = same_domain | domain.holds(may_slip, left, right, _slip_of_domain)
        slip = same_local | local.holds(like_domain & ~same_local, left, right, lambda a, b: within_edits(a, b, 1))
        namesakes = local.holds(like_domain & slip & ~same_local, left, right, _namesakes)
        may_be_alike = like_domain & ~slip & telling[left] & telling[right]
        alike = local.holds(may_be_alike, left, right, lambda a, b: jaro_winkler(a, b) >= 0.9)
        close, similar = like_domain & slip & ~namesakes, like_domain & (slip | alike)
        return levels_of(close, same_local & telling[left], similar, same_domain & ~public[left])

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The address; its local part, which survives a change of provider; its first letters; a domain that is not public."""
        parts = without_separators(split(form))
        telling = keep(parts.local, parts.is_telling)
        letters = pc.replace_substring_regex(telling, r"[^a-z]", "")
        return {
            "exact": form,
            "local part": telling,
            "first letters": none_if_empty(pc.utf8_slice_codeunits(letters, 0, 5)),
            "domain": keep(parts.domain, ~parts.is_public),
        }


def is_plain(text: pa.StringArray) -> Mask:
    """Which texts are ordinary addresses beyond doubt."""
    short = true_mask(pc.less_equal(pc.binary_length(text), PLAIN_LENGTH))
    return np.asarray(short & matches(text, PLAIN) & ~matches(text, SPECIAL_USE))


def read_address(text: str) -> str | None:
    """One address as email-validator reads it, freed from `mailto:`, a display name, brackets and quotes.

    >>> read_address("Ann Lee <Ann@Example.com>"), read_address("ann@localhost")
    ('ann@example.com', None)
    """
    if len(text) > LONGEST:
        return None
    named = re.search(r"<([^<>]*)>\s*$", text)
    bare = re.sub(r"(?i)^mailto:", "", (named.group(1) if named else text).strip(" '\"<>()[],;:.")).strip()
    try:
        return validate_email(bare, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def split(address: pa.StringArray) -> Parts:
    """Local parts and domains; both null where there is no @."""
    parts = pc.split_pattern(keep(address, matches(address, "@")), "@", max_splits=1, reverse=True)
    return Parts(pc.list_element(parts, 0), pc.list_element(parts, 1))


def without_separators(parts: Parts) -> Parts:
    """The same with local parts bare of points, hyphens and underscores, which people forget and providers ignore.

    >>> without_separators(split(pa.array(["ann.lee@example.org", "_@example.org"]))).local.to_pylist()
    ['annlee', '_']
    """
    bare = none_if_empty(pc.replace_substring_regex(parts.local, "[._-]", ""))
    return parts._replace(local=pc.coalesce(bare, parts.local))


def _slip_of_domain(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Two edits apart at most; of short domains, one."""
    two = within_edits(left, right, 2)
    short = two & (np.minimum(lengths(left), lengths(right)) < LONG_DOMAIN)
    return np.asarray((two & ~short) | within(short, left, right, lambda a, b: within_edits(a, b, 1)))


def _namesakes(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Which local parts differ in their first letter, or in digits only."""
    initials = true_mask(pc.equal(pc.utf8_slice_codeunits(left, 0, 1), pc.utf8_slice_codeunits(right, 0, 1)))
    letters = true_mask(pc.equal(pc.replace_substring_regex(left, r"\d", ""), pc.replace_substring_regex(right, r"\d", "")))
    return np.asarray(~initials | letters)
