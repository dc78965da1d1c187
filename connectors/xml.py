"""XML files."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from lxml import etree
from pydantic import Field

from connectors.batches import Batch, batch_of
from connectors.connector import Connector, Settings, Since
from connectors.encoding import SAMPLE, Encoding
from connectors.files import Unreadable, found, opened
from connectors.text import JOINED_BY, cells
from connectors.wording import listed

CHUNK = 2_000
SAMPLE_ROWS = 10_000
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
FAULTS = {
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: ": it ends before its elements do",
    etree.ErrorTypes.ERR_DOCUMENT_END: ": it goes on after the end of its outermost element",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: ": an element ends that has not begun",
    etree.ErrorTypes.ERR_RESERVED_XML_NAME: ": the XML declaration is not at its very beginning",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: ": it names an entity that it does not declare",
    etree.ErrorTypes.ERR_INVALID_CHAR: ": it holds a character that XML does not allow",
    etree.ErrorTypes.ERR_INVALID_ENCODING: ": it is in another encoding than it says",
}
"""More on the most common faults."""

Values = dict[str, str]
"""The text at each path of one record. Nothing but texts: Python's garbage collector then leaves it alone, which halves the time."""


class XmlSettings(Settings):
    """An XML file, gzipped or not."""

    path: str = Field(min_length=1, description="The file, relative to the project folder; .gz is unpacked.")
    record: str = Field(min_length=1, description="The name of the element that is one record, without its namespace.")
    encoding: Encoding | None = Field(None, description="Only where the file declares a wrong one.")


class Xml(Connector):
    """Records of an XML file, numbered from 1. A column is a path below the record: `name/first`, `address/@type`, `@id`.

    Elements that occur several times are joined by `; `. An absent element is null (or one marked nil), an empty one is empty text.
    Namespaces do not count, and nothing outside the file is ever fetched.
    """

    kind = "xml"
    settings_model: ClassVar[type[Settings]] = XmlSettings
    settings: XmlSettings

    @property
    def place(self) -> str:
        return f"element '{self.settings.record}' of '{self.settings.path}'"

    def _found(self) -> dict[str, str]:
        with self._records() as records:
            return {path: "text" for record in islice(records, SAMPLE_ROWS) for path in record}

    def _names(self, wanted: Collection[str]) -> Collection[str]:
        """Reads until every wanted column was seen; an optional one can first occur far down."""
        names: dict[str, None] = dict.fromkeys(self.columns())
        if set(wanted) <= names.keys():
            return names
        with self._records() as records:
            for record in records:
                names |= dict.fromkeys(record)
                if set(wanted) <= names.keys():
                    break
        return names or wanted  # a file without records lacks nothing

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        start = 1
        with self._records() as records:
            while chunk := list(islice(records, CHUNK)):
                texts = [cells([record.get(column) for record in chunk]) for column in columns]
                yield batch_of(columns, texts, np.arange(start, start + len(chunk)))
                start += len(chunk)

    @contextmanager
    def _records(self) -> Iterator[Iterator[Values]]:
        with opened(found(self.settings.path, self.base)) as file:
            yield self._each(file)

    def _each(self, file: Any) -> Iterator[Values]:
        depth = count = 0
        for event, element in self._parse(file, events=("start", "end"), tag=f"{{*}}{self.settings.record}"):
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 0:  # a record within a record is part of it
                yield _values(element)
                count += 1
                _forget(element)
        if not count:
            self._check_empty()

    def _parse(self, file: Any, **choice: Any) -> Any:
        return etree.iterparse(
            file,
            no_network=True,
            load_dtd=False,
            resolve_entities="internal",  # libxml2 itself stops those that multiply
            remove_comments=True,
            remove_pis=True,
            huge_tree=True,  # a cell of ten megabytes is one refused row, not a broken file
            encoding=self.settings.encoding,
            **choice,
        )

    def _check_empty(self) -> None:
        """Nothing, if the file has no elements but its outermost; else Unreadable naming those it has."""
        with opened(found(self.settings.path, self.base)) as file:
            names = dict.fromkeys(_local(element.tag) for _, element in islice(self._parse(file, events=("start",)), SAMPLE_ROWS))
        if len(names) > 1:
            raise Unreadable(f"{self.place} does not occur; there are {listed(names, near=self.settings.record)}. Set connect.record.")

    def _explain(self, error: Exception) -> str | None:
        if isinstance(error, etree.XMLSyntaxError):
            return f"'{self.settings.path}' {self._fault(error)}. Export it again."
        return super()._explain(error)

    def _fault(self, error: etree.XMLSyntaxError) -> str:
        """What is wrong with the file. What the parser itself says of it can hold a customer's data."""
        with opened(found(self.settings.path, self.base)) as file:
            start = file.read(SAMPLE)
        code: int = getattr(error, "code", 0)
        if not start.lstrip(codecs.BOM_UTF8).strip():
            return "is empty"
        if code == etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
            return "holds no element" if start.lstrip(codecs.BOM_UTF8).lstrip().startswith(b"<") else "is not XML"
        return f"is not well-formed XML at line {error.lineno}{FAULTS.get(code, '')}"


def _values(record: Any) -> Values:
    values: Values = {f"@{_local(name)}": value for name, value in record.items()}
    several: dict[str, list[str]] = {}
    _collect(record, "", values, several)
    return values | {path: JOINED_BY.join([values[path], *texts]) for path, texts in several.items()}


def _collect(element: Any, path: str, values: Values, several: dict[str, list[str]]) -> None:
    """Add what is below an element, whose own `path` ends in a slash: first texts to `values`, further ones of a path to `several`."""
    for child in element:
        name = path + _local(child.tag)
        if not len(child) and not child.keys():  # the plain case, and nearly all there are
            _add(name, child.text or "", values, several)
        elif child.get(NIL) not in ("true", "1"):
            for attribute, value in child.items():
                _add(f"{name}/@{_local(attribute)}", value, values, several)
            if not len(child) or _has_text(child):
                _add(name, "".join(child.itertext()), values, several)
            _collect(child, f"{name}/", values, several)


def _add(path: str, text: str, values: Values, several: dict[str, list[str]]) -> None:
    if path in values:
        several.setdefault(path, []).append(text)
    else:
        values[path] = text


def _has_text(element: Any) -> bool:
    """Whether text stands beside the elements within this one."""
    return any(text and not text.isspace() for text in (element.text, *(child.tail for child in element)))


@lru_cache(10_000)
def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _forget(element: Any) -> None:
    """Free a record that is done and all that came before it, so that memory does not grow with the file."""
    element.clear(keep_tail=False)
    for done in (element, *element.iterancestors()):
        while done.getprevious() is not None:
            del done.getparent()[0]
