"""Subscribers: who is told of changes, and what must hold of where they are."""

from __future__ import annotations

from domain.events import Subscriber
from pipelines.project.document import Place
from pipelines.project.environment import VARIABLE, variable_problem
from pipelines.project.faults import Faults
from pipelines.project.model import ProjectFile, SubscriberSpec
from pipelines.project.names import name_problem

WEB = ("http://", "https://")


def subscribers(file: ProjectFile, faults: Faults) -> tuple[Subscriber, ...]:
    """The subscribers in the file's order; faults say what is wrong."""
    return tuple(subscriber(name, spec, faults) for name, spec in file.events.items())


def subscriber(name: str, spec: SubscriberSpec, faults: Faults) -> Subscriber:
    """One subscriber."""
    place: Place = ("events", name)
    if problem := name_problem(name, column=False):
        faults.add(("events",), problem, at=place)
    if problem := address_problem(spec.url):
        faults.add((*place, "url"), problem)
    if spec.secret is not None and (problem := secret_problem(spec.secret)):
        faults.add((*place, "secret"), problem)
    return Subscriber(name, spec.url, spec.secret, spec.batch, spec.timeout, spec.attempts)


def address_problem(url: str) -> str | None:
    """What is wrong with an address to post to; none where it can be tried. It may hold a secret, so it is not repeated.

    >>> address_problem("https://crm.example/onefold"), address_problem("${HOOK_URL}")
    (None, None)
    >>> address_problem("file:///etc/passwd")
    'it is no address of the web; write https://host/path, or ${NAME} for one from the environment'
    """
    if problem := variable_problem(url):
        return problem
    if url.lower().startswith(WEB) or VARIABLE.match(url):
        return None
    return "it is no address of the web; write https://host/path, or ${NAME} for one from the environment"


def secret_problem(secret: str) -> str | None:
    """What is wrong with a secret; it is never repeated.

    >>> secret_problem("${HOOK_SECRET}")
    >>> secret_problem("hunter2")
    'it stands in the file for everybody to read; write ${NAME} and set that variable'
    """
    if problem := variable_problem(secret):
        return problem
    return None if VARIABLE.search(secret) else "it stands in the file for everybody to read; write ${NAME} and set that variable"
