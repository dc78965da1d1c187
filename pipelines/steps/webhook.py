"""Webhook: one signed delivery of events over HTTP, and what came of it.

TLS certificates are checked, redirects are not followed (they could lead the customers' data anywhere), the answer's body is
not read, and the time limit is that of the whole delivery, so that nobody holds it up by answering a byte at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from domain.errors import OnefoldError
from domain.events import Event, Subscriber
from pipelines.project.environment import resolve, resolve_url

if TYPE_CHECKING:
    import httpx

SIGNATURE, TIMESTAMP, KEY = "Onefold-Signature", "Onefold-Timestamp", "Idempotency-Key"
"""Headers: `v1=` and the HMAC, seconds since 1970, and the first and last event id."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where and how a subscriber is reached, its variables resolved. Neither url nor secret is ever logged or shown."""

    url: str
    secret: str | None
    timeout: float


def address(subscriber: Subscriber, environment: Mapping[str, str]) -> Address:
    """Where a subscriber is reached. Raises OnefoldError where a variable is not set or the url is no address of the web."""
    import httpx

    told = f"events.{subscriber.name}"
    try:
        url = resolve_url(subscriber.url, environment)
        secret = None if subscriber.secret is None else resolve(subscriber.secret, environment)
    except OnefoldError as error:
        raise OnefoldError(f"{told}: {error}") from None
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise OnefoldError(f"{told}.url is no address of the web: write https://host/path.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise OnefoldError(f"{told}.url is no address of the web: write https://host/path.")
    if secret == "":
        raise OnefoldError(f"{told}.secret is empty: set its variable, or take the line out to send without a signature.")
    return Address(url, secret, subscriber.timeout)


def send(to: Address, events: Sequence[Event]) -> str:
    """Deliver events; an empty text when they were taken, else why not, without url, secret or data. Any answer of 2xx takes them."""
    body = json.dumps({"events": [event.as_object() for event in events]}, allow_nan=False).encode()
    seconds = int(datetime.now(UTC).timestamp())
    headers = {"Content-Type": "application/json", "User-Agent": f"onefold/{version('onefold')}", TIMESTAMP: str(seconds)}
    headers[KEY] = str(events[0].event_id) if len(events) == 1 else f"{events[0].event_id}-{events[-1].event_id}"
    if to.secret is not None:
        headers[SIGNATURE] = signature(to.secret, seconds, body)
    return asyncio.run(_posted(to, headers, body))


def signature(secret: str, seconds: int, body: bytes) -> str:
    """What proves that a delivery comes from who knows the secret: HMAC-SHA256 over the time and the body.

    >>> signature("s3cret", 1763805600, b'{"events": []}')
    'v1=058377fea1997c0fdbc6534bd2f9dfe23588d67935a51844e0580aeb37f75c69'
    """
    return "v1=" + hmac.digest(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hex()


async def _posted(to: Address, headers: Mapping[str, str], body: bytes) -> str:
    import httpx

    try:
        async with (
            asyncio.timeout(to.timeout),
            _client(to.timeout) as client,
            client.stream("POST", to.url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (TimeoutError, httpx.TimeoutException):
        return f"it has not answered within {to.timeout:g} s"
    except httpx.ConnectError as error:
        return "its TLS certificate is not to be trusted" if _is_about_tls(error) else "it cannot be reached"
    except httpx.HTTPError:
        return "it broke off the connection"
    if 200 <= status < 300:
        return ""
    return f"it answered {status}" + (", and redirects are not followed" if 300 <= status < 400 else "")


def _client(seconds: float) -> httpx.AsyncClient:
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the url, which may hold a token
    return httpx.AsyncClient(timeout=seconds, follow_redirects=False, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted: read once, for it takes longer than a delivery."""
    import httpx

    return httpx.create_ssl_context()


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
