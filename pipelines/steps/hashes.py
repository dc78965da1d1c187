"""Hashes: by what an erased customer is known when they come again, made with a key that the warehouse does not hold (HMAC-SHA256).

A *whole identity* is a given and a family name that stood together, a birth date, and one e-mail or telephone, each in the form in
which it is compared. Nothing is kept that tells less than that but under a record key: there, what the customer was called
and when they were born tells the customer from somebody to whom the department has given the key since.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute, Storage
from domain.errors import OnefoldError
from matching.attribute_types import TYPES
from matching.standardise import SEPARATOR
from pipelines.project import Project

KINDS = {"given": ("given_name",), "family": ("family_name",), "born": ("date_of_birth",), "contact": ("email", "phone")}
"""Attribute types of what tells who somebody is."""
NAMED = ("given", "family", "born")


def keyed(key: bytes, texts: Iterable[str]) -> list[bytes]:
    """The hash of each text.

    >>> keyed(b"secret", ["a", "b"])[0].hex()[:8]
    '4048c449'
    """
    return [hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256") for text in texts]


def text_of(*parts: str) -> str:
    """Parts as one text; none of them but the last can hold the sign between them."""
    return "\x1f".join(parts)


def marker(key: bytes) -> bytes:
    """What tells a key from every other."""
    return keyed(key, [text_of("key")])[0]


def record_hash(key: bytes, source: str, record: str) -> bytes:
    """The hash of one record key."""
    return keyed(key, [text_of("record", source, record)])[0]


def trait_hashes(key: bytes, source: str, record: str, traits: Mapping[str, Iterable[str]]) -> set[bytes]:
    """What somebody was called and when born (`NAMED`), under a record key; and which of these were known at all."""
    texts = [text_of("trait", name, form, source, record) for name in NAMED for form in traits.get(name, ())]
    known = [text_of("known", name, source, record) for name in NAMED if any(True for _ in traits.get(name, ()))]
    return set(keyed(key, [*texts, *known]))


def forms_in(rows: pa.Table, attributes: Sequence[Attribute], name: str) -> pd.DataFrame:
    """The different forms of one of `KINDS` in standard records: row, and the form in a column of that name."""
    frames = [_forms(rows, attribute) for attribute in attributes if attribute.type in KINDS[name]]
    found = pd.concat(frames) if frames else pd.DataFrame({"row": pd.Series([], dtype="int64"), "form": pd.Series([], dtype=object)})
    return found.rename(columns={"form": name}).drop_duplicates()


def _forms(rows: pa.Table, attribute: Attribute) -> pd.DataFrame:
    column = rows.column(attribute.name)
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if attribute.many:
        lists = pc.split_pattern(values, SEPARATOR)
        place, values = pc.list_parent_indices(lists).cast(pa.int64()), pc.list_flatten(lists)
    else:
        place = pa.array(range(len(values)), pa.int64())
    coded = pc.dictionary_encode(values)
    text = coded.dictionary.cast(pa.string())
    form = TYPES[attribute.type].form(text) if attribute.storage is Storage.TEXT else text
    return pd.DataFrame({"row": place.to_numpy(), "form": form.take(coded.indices).to_pandas()}).dropna()


def people_in(rows: pa.Table, attributes: Sequence[Attribute]) -> pd.DataFrame:
    """Who standard records may be about: row, and `person`, a text of given name, family name and birth date that stand together."""
    given, family, born = (forms_in(rows, attributes, name) for name in NAMED)
    whole = given.merge(family, on="row").merge(born, on="row")
    return pd.DataFrame({"row": whole["row"], "person": _joined(whole, NAMED)})


def _joined(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series[str]:
    """Some columns as one text."""
    first, *rest = names
    joined = frame[first].astype(object)
    for name in rest:
        joined = joined + "\x1f" + frame[name].astype(object)
    return joined


def whole_identities(people: Iterable[str], contacts: Iterable[str]) -> list[str]:
    """Every person with every contact."""
    listed = list(contacts)
    return [text_of("identity", person, contact) for person in people for contact in listed]


def identity_hashes(key: bytes, rows: pa.Table, attributes: Sequence[Attribute]) -> dict[str, set[bytes]]:
    """Of one customer's standard records in all versions: `person` and `identity`, names as they stood together with all else."""
    given, family, born = (forms_in(rows, attributes, name) for name in NAMED)
    names = given.merge(family, on="row")[["given", "family"]].drop_duplicates()
    people = [text_of(*pair, date) for pair in names.itertuples(index=False) for date in born["born"].unique()]
    contacts = forms_in(rows, attributes, "contact")["contact"].unique()
    texts = [text_of("person", one) for one in people]
    return {"person": set(keyed(key, texts)), "identity": set(keyed(key, whole_identities(people, contacts)))}


def traits_of(rows: pa.Table, attributes: Sequence[Attribute]) -> dict[str, set[str]]:
    """What one customer was called and when born."""
    return {name: set(forms_in(rows, attributes, name)[name]) for name in NAMED}


def erasure_key(project: Project, known: Mapping[str, object]) -> bytes:
    """The key, if it is the one with which customers were erased before. Raises OnefoldError where there is none, or another.

    `known` are all hashes that are kept, by kind.
    """
    key = project.erasure_key(os.environ)
    markers = known.get("key") or ()
    if markers and marker(key) not in markers:  # type: ignore[operator]  # a set or a mapping of hashes
        raise OnefoldError(
            "erase.key: it is another key than the one with which customers were erased, so they could not be known again: set that one."
        )
    return key
