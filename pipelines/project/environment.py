"""Variables: `${NAME}` stands for a value of the environment, looked up only when it is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from domain.errors import OnefoldError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """The text with each `${NAME}` replaced; an OnefoldError names the variables that are not set.

    >>> resolve("sqlite:///${DATA}/warehouse.db", {"DATA": "/srv"})
    'sqlite:////srv/warehouse.db'
    """
    lacking = [name for name in dict.fromkeys(VARIABLE.findall(text)) if name not in environment]
    if lacking:
        are = "is" if len(lacking) == 1 else "are"
        raise OnefoldError(f"{', '.join(lacking)} {are} not set in the environment; set {'it' if are == 'is' else 'them'} and try again")
    return VARIABLE.sub(lambda match: environment[match[1]], text)


def resolve_url(url: str, environment: Mapping[str, str]) -> str:
    """`resolve` for an address: within it, what stands before the host (a password) may hold the signs that divide it.

    >>> resolve_url("postgresql+psycopg://ann:${PASSWORD}@db/onefold", {"PASSWORD": "a/b@c"})
    'postgresql+psycopg://ann:a%2Fb%40c@db/onefold'
    >>> resolve_url("${URL}", {"URL": "sqlite:///warehouse.db"})
    'sqlite:///warehouse.db'
    """
    resolve(url, environment)
    head, at, tail = url.rpartition("@")
    if "://" not in head:
        return resolve(url, environment)
    escaped = {name: quote(environment[name], safe="") for name in VARIABLE.findall(head)}
    return resolve(head, escaped) + at + resolve(tail, environment)


def variable_problem(text: str) -> str | None:
    """What is wrong with the way a text names variables; none where it is right. The text itself is never repeated.

    >>> variable_problem("${BILLING-URL}")
    'it holds a ${...} that names no variable; write ${NAME}, with letters, digits and _'
    """
    if "${" in VARIABLE.sub("", text):
        return "it holds a ${...} that names no variable; write ${NAME}, with letters, digits and _"
    return None
