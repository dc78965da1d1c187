"""E-mail addresses: the fast path and email-validator agree; what addresses block on."""

from __future__ import annotations

import pyarrow as pa
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.attributes import Status
from matching.attribute_types.base import Options
from matching.attribute_types.email import Email, is_plain, read_address

LOCAL = st.text("abzAZ019._+-'!", min_size=1, max_size=12)
LABEL = st.text("abzAZ09-", min_size=1, max_size=6)
TOP = st.sampled_from(["com", "ORG", "c", "test", "local", "co.uk", "c1", "1c", "xn--p1ai", "example", "arpa", ""])
ADDRESSES = st.builds(lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}", LOCAL, st.lists(LABEL, max_size=3), TOP)

ORDINARY = [
    "ann@example.org", "Ann.Lee@Example.Co.UK", "a.b-c_d+shop@mail.acme-tools.com", "o'neil@acme.ie", "x1@1and1.de", "j@x.io",
    "first.middle.last.suffix@department.subsidiary.company.com",
]  # fmt: skip


def by_library(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


@settings(deadline=None, max_examples=300)
@given(st.lists(ADDRESSES, max_size=8))
def test_what_is_plain_is_what_email_validator_holds_for_an_address(addresses: list[str]) -> None:
    """An address decided without the library comes to what the library makes of it."""
    plain = is_plain(pa.array(addresses, pa.string()))
    values = Email().parse(pa.array(addresses, pa.string()), Options()).to_pylist()
    assert [value for value, fast in zip(values, plain, strict=True) if fast] == [
        by_library(address) for address, fast in zip(addresses, plain, strict=True) if fast
    ]


@settings(deadline=None, max_examples=200)
@given(ADDRESSES)
def test_what_is_not_plain_is_left_to_email_validator(address: str) -> None:
    """Where there is nothing to take off an address, its reading is the library's."""
    if address == address.strip("'.-") and "@" in address:
        assert read_address(address) == by_library(address)


def test_ordinary_addresses_need_no_library() -> None:
    """All but the odd ones are decided by one regular expression."""
    assert is_plain(pa.array(ORDINARY)).all()
    assert not is_plain(pa.array(["jörg@müller.de", "ann@acme.test", "'ann@example.org'", "ann", "a@ab--cd.com", None])).any()


def test_a_monstrous_address_is_only_invalid() -> None:
    """A cell of a megabyte of brackets and signs is refused at once."""
    result = Email().standardise(pa.array(["<a@" * 500_000, "a" * 1_000_000 + "@example.org"]))
    assert result.status.tolist() == [Status.INVALID, Status.INVALID]


def test_an_address_blocks_on_what_survives_a_change_of_provider() -> None:
    """
    ann.lee@gmail.com      local part, first letters, but not the provider
    info@acme.example      the firm, but not the office
    """
    atoms = Email().blocking_atoms(Email().form(pa.array(["ann.lee99@gmail.com", "info@acme.example", None])))
    assert {label: atom.to_pylist() for label, atom in atoms.items()} == {
        "exact": ["annlee99@gmail.com", "info@acme.example", None],
        "local part": ["annlee99", None, None],
        "first letters": ["annle", None, None],
        "domain": [None, "acme.example", None],
    }
