"""National identity, social security and tax numbers of persons."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types import comparing
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.identifier import FILLERS, Identifier, compact
from matching.attribute_types.text_tools import keep, matches, per_distinct
from matching.attribute_types.word_tables import words

# Which numbers of python-stdnum a country gives to persons; other countries' are taken as they come.
NUMBERS = {
    "AT": ("at.vnr",),
    "AU": ("au.tfn",),
    "BE": ("be.nn", "be.bis"),
    "BG": ("bg.egn", "bg.pnf"),
    "BR": ("br.cpf",),
    "CA": ("ca.sin",),
    "CH": ("ch.ssn",),
    "CN": ("cn.ric",),
    "CZ": ("cz.rc",),
    "DE": ("de.idnr",),
    "DK": ("dk.cpr",),
    "EE": ("ee.ik",),
    "ES": ("es.dni", "es.nie"),
    "FI": ("fi.hetu",),
    "FR": ("fr.nir", "fr.nif"),
    "IE": ("ie.pps",),
    "IL": ("il.idnr",),
    "IT": ("it.codicefiscale",),
    "KR": ("kr.rrn",),
    "LT": ("lt.asmens",),
    "MX": ("mx.curp", "mx.rfc"),
    "NL": ("nl.bsn",),
    "NO": ("no.fodselsnummer",),
    "PL": ("pl.pesel",),
    "RO": ("ro.cnp",),
    "SE": ("se.personnummer",),
    "SK": ("sk.rc",),
    "TR": ("tr.tckimlik",),
    "US": ("us.ssn", "us.itin"),
    "ZA": ("za.idnr",),
}

WIDTH = {"US": 9, "CA": 9, "NL": 9, "PL": 11, "BR": 11, "DK": 10, "NO": 11}
"""Digits of numbers that lose their first zeros in a spreadsheet."""


class NationalId(Identifier):
    """A social security, tax or identity number; with a `region`, only numbers which that country can have issued."""

    name: ClassVar[str] = "national_id"
    levels: ClassVar[tuple[str, ...]] = ("exact", "one digit off", "different")
    # Numbers printed on sample cards, and typed by clerks in a hurry.
    placeholders: ClassVar[frozenset[str]] = FILLERS | words("placeholders", "text", type="national_id")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """
        >>> NationalId().parse(pa.array(["536-90-4399", "666-12-3456", "***-**-4399"]), Options(region="US")).to_pylist()
        ['536-90-4399', None, None]
        """
        whole = super().parse(text, options)
        plausible = matches(compact(whole), r"^[A-Z0-9]{5,30}$") & matches(whole, r"\d.*\d.*\d") & ~matches(whole, r"[*•●#?]|(?i:xx)")
        kept = pc.utf8_upper(keep(whole, plausible))
        region = (options.region or "").upper()
        return per_distinct(kept, lambda number: _issued(number, region)) if region in NUMBERS else kept

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> numbers = pa.array(["536904399", "536904399"]), pa.array(["536904939", "536114399"])
        >>> [NationalId.levels[level] for level in NationalId().compare(*numbers)]
        ['one digit off', 'different']
        """
        return comparing.levels_of(comparing.one_edit_apart(left, right, shortest=6))


@cache
def _checkers(region: str) -> tuple[Any, ...]:
    return tuple(import_module(f"stdnum.{number}") for number in NUMBERS[region])


def _issued(number: str, region: str) -> str | None:
    """The number as its country writes it; none if no number of that country looks so."""
    plain = re.sub(r"[^A-Z0-9]", "", number)
    spelled = (number, plain.zfill(WIDTH[region])) if region in WIDTH and plain.isdigit() else (number,)
    for checker in _checkers(region):
        for spelling in spelled:
            if checker.is_valid(spelling):
                write: Callable[[str], str] = getattr(checker, "format", checker.compact)
                return write(spelling)
    return None
