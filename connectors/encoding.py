"""Bytes as text: which encoding a file is in, and reading it whatever bytes it holds."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import IO, Annotated, Any

from pydantic import AfterValidator

from connectors.files import Unreadable

UNDECODABLE = "onefold_undecodable"
"""Error handler: a byte b that is no text becomes the lone surrogate U+DC00+b, which no encoding can write back."""
SAMPLE = 1 << 20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Those that departments' exports come in; among all that exist, a short sample fits too many.
CANDIDATES = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "cp850", "cp852"]
CANDIDATES += ["cp932", "euc_jp", "gb18030", "big5", "cp949"]
WESTERN = set("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒŠŽŸÿ’‘“”–—…•€£§°ªº´«»¿¡©®™·½¼\xa0")


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(UNDECODABLE, _as_surrogates)


def known_encoding(name: str) -> str:
    """The name itself; ValueError where no encoding is called so (a name still to come from the environment passes)."""
    if "${" in name:
        return name
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"'{name}' is not an encoding; for example utf-8, cp1252, utf-16") from None
    return name


Encoding = Annotated[str, AfterValidator(known_encoding)]


def encoding_of(open_file: Callable[[], IO[bytes]]) -> str:
    """The encoding of a file: its byte order mark, else UTF-8 if (nearly) all of it is, else the likeliest of those in use.

    The whole file is looked at: exports are plain ASCII for thousands of rows before the first accent.
    """
    with open_file() as file:
        head = file.read(SAMPLE)
    if marked := next((encoding for mark, encoding in MARKS if head.startswith(mark)), None):
        return marked
    if head.count(0) > len(head) // 4:  # every second byte of western text in UTF-16 is zero
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    with open_file() as file:
        valid, accented = _looked_through(file)
    if valid:
        return "utf-8"
    lines = accented.split(b"\n")
    return "utf-8" if 2 * sum(map(is_utf8, lines)) > len(lines) else likeliest(accented)


def likeliest(accented: bytes) -> str:
    """The likeliest encoding of lines that are not UTF-8.

    Western text has its accents one by one among plain letters, which no general detector sees in short names.

    >>> likeliest("José;Müller".encode("cp1252")), likeliest("Иван;Москва;Петров".encode("cp1251"))
    ('cp1252', 'cp1251')
    """
    text = accented.decode("cp1252", "replace")
    foreign = [character for character in text if character > "\x7f"]
    plain = sum(character.isascii() and character.isalpha() for character in text)
    if len(foreign) < plain and sum(character in WESTERN for character in foreign) >= 0.95 * len(foreign):
        return "cp1252"
    import charset_normalizer  # only when it is needed: it takes a while to load

    best = charset_normalizer.from_bytes(accented, cp_isolation=CANDIDATES).best()
    return best.encoding if best else "cp1252"


def is_text(text: str) -> bool:
    """Whether this is text through and through, without bytes or half characters that are none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_stated(encoding: str, sample: bytes, place: str) -> None:
    """Nothing, if most of the sample can be read in the encoding that the project file states; else Unreadable."""
    lines = [line for line in sample.decode(encoding, UNDECODABLE).splitlines() if not line.isascii()]
    if 2 * sum(map(is_text, lines)) < len(lines):
        raise Unreadable(f"{place} cannot be read as {encoding}. Set connect.encoding, or leave it out to have it detected.")


def as_utf8(file: IO[bytes], encoding: str) -> IO[bytes]:
    """A file's bytes as UTF-8; what stands for bytes that are no text is no UTF-8 either."""
    return file if codecs.lookup(encoding).name == "utf-8" else io.BufferedReader(_Utf8(file, encoding), SAMPLE)


def leniently(text: bytes) -> str:
    """What came of `as_utf8` as a string, with lone surrogates for what is no text.

    >>> leniently(b"caf\\xe9")
    'caf\\udce9'
    """
    try:
        return text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return text.decode("utf-8", UNDECODABLE)


def is_utf8(text: bytes) -> bool:
    """Whether these bytes are UTF-8 from the first to the last."""
    return _decodes(codecs.getincrementaldecoder("utf-8")(), text, final=True)


class _Utf8(io.RawIOBase):
    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)(UNDECODABLE)
        self._rest, self._ended = b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and not self._ended:
            piece = self._file.read(len(buffer))
            self._ended = not piece
            self._rest = self._decoder.decode(piece, final=self._ended).encode("utf-8", "surrogatepass")
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _looked_through(file: IO[bytes]) -> tuple[bool, bytes]:
    """Whether all of a file is UTF-8, and a sample of its lines that are not ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, sample = True, bytearray()
    while piece := file.read(SAMPLE):
        piece += file.readline(SAMPLE)
        if valid:
            valid = _decodes(decoder, piece)
        if len(sample) < SAMPLE and not piece.isascii():
            sample += b"\n".join(line for line in piece.split(b"\n") if not line.isascii()) + b"\n"
    return valid and _decodes(decoder, b"", final=True), bytes(sample[:-1])


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True
