"""Record keys: how a source record is named everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import OnefoldError


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """A source record's name: its source and the key it has there.

    >>> RecordKey.parse("billing:10:42")
    RecordKey(source='billing', key='10:42')
    >>> str(RecordKey("billing", "1042"))
    'billing:1042'
    """

    source: str
    key: str

    @classmethod
    def parse(cls, text: str) -> RecordKey:
        """Read `source:key`; the key may hold colons of its own."""
        source, colon, key = text.partition(":")
        if not (source and colon and key):
            raise OnefoldError(f"'{text}' is not a record key; write it as source:key, for example billing:1042.")
        return cls(source, key)

    def __str__(self) -> str:
        return f"{self.source}:{self.key}"
