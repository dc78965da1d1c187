"""The people of the stories. Ann Lee marries and is then Annie Hart; when she was born, her new papers do not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from tests.stories.organisation import rows_of

PEOPLE = {
    row["given_name"]: row
    for row in rows_of("""
        given_name | family_name | email               | birth_date | city
        Ann        | Lee         | ann@lee.example     | 1980-04-03 | Leeds
        Annie      | Hart        | ann@hart.example    | -          | Wells
        Bob        | Ray         | bob@ray.example     | 1975-01-30 | York
        Cleo       | Marsh       | cleo@far.example    | 1991-12-12 | Hull
        Dora       | Pike        | dora@pike.example   | 1966-06-06 | Bath
        Egon       | Frost       | egon@frost.example  | 1958-09-21 | Dover
    """)
}


def drawn(key: str, who: Mapping[str, str], **columns: Sequence[str]) -> str:
    """The picture of a department: its key column, who has which key, and columns that say something else or more of each.

    >>> print(drawn("no", {"7": "Bob", "8": "Annie"}, city=["York", "Bath"], phone=["12", "34"]))
    no | given_name | family_name | email | birth_date | city | phone
    7 | Bob | Ray | bob@ray.example | 1975-01-30 | York | 12
    8 | Annie | Hart | ann@hart.example | - | Bath | 34
    """
    names = [key, *dict.fromkeys((*PEOPLE["Ann"], *columns))]
    rows = [
        {key: own, **PEOPLE[name], **{column: cells[at] for column, cells in columns.items()}} for at, (own, name) in enumerate(who.items())
    ]
    return "\n".join(" | ".join(line) for line in (names, *([row[name] or "-" for name in names] for row in rows)))


NAMES = """
    Ann Bob Cleo Dora Egon Fay Gus Hope Ivor Jane Kurt Lena Milo Nora Otto Pia Quin Rosa Sven Tilda
    Lee Ray Marsh Pike Frost Hart Moss Kerr Dunn Webb Nash Bell Cole Firth Gale Howe Ives Judd Knox Lund
"""
GIVEN, FAMILY = (line.split() for line in NAMES.strip().splitlines())
CITIES = ["Leeds", "York", "Hull", "Bath", "Dover", "Wells", "Derby"]


def person(at: int) -> dict[str, str | None]:
    """Everybody is somebody else."""
    draw = Random(at)
    given, family = draw.choice(GIVEN), draw.choice(FAMILY)
    born = date(1930, 1, 1) + timedelta(days=draw.randrange(26_000))
    mail = f"{given}.{family}{draw.randrange(100_000)}@mail.example".lower()
    return {"given_name": given, "family_name": family, "email": mail, "birth_date": f"{born}", "city": draw.choice(CITIES)}
