"""Deliveries: in order, at least once, to subscribers that refuse, break off, are slow, fail for a while, or are gone."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from domain.errors import OnefoldError, WarehouseBusy
from pipelines.steps import events as steps
from pipelines.steps.events import Delivered, deliver, deliver_after_publishing, deliver_for_ever, redeliver
from pipelines.steps.session import open_project_warehouse
from pipelines.steps.webhook import signature
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.database import Warehouse
from warehouse.subscribers import Standing, dead_letters, delivery_lock, note_standing, standing

SECRET = "correct horse"
PEOPLE = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon"})
Answer = int | str | Callable[[], None]


@dataclass
class Receiver:
    """A web server that answers as it is told, and remembers what came; `broken off` closes the connection, `slow` keeps silent."""

    answers: list[Answer] = field(default_factory=list)
    """To the next deliveries; 200 to all others."""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one delivery."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.came.append((dict(request.headers), body))
        answer = self.answers.pop(0) if self.answers else 200
        if callable(answer):
            answer()
        elif answer == "slow":
            time.sleep(1.5)
        elif answer == "drop by drop":
            for letter in b"HTTP/1.1 200 OK\r\n":
                request.wfile.write(bytes([letter]))
                request.wfile.flush()
                time.sleep(0.15)
        elif isinstance(answer, int):
            request.send_response(answer)
            if 300 <= answer < 400:
                request.send_header("Location", self.url)
            request.send_header("Content-Length", "0")
            request.end_headers()

    def event_ids(self) -> list[list[int]]:
        """Of each delivery."""
        return [[event["event_id"] for event in json.loads(body)["events"]] for _, body in self.came]


@contextmanager
def listening(receiver: Receiver, certificate: Path | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that is gone is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}/hook?token=s3cr3t"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield receiver
        server.shutdown()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A subscriber that takes everything, unless told otherwise."""
    with listening(Receiver()) as one:
        yield one


@pytest.fixture(scope="module")
def five_events(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """A project whose first publication told of five customers. Tests leave it as it is."""
    organisation = Organisation(tmp_path_factory.mktemp("told"))
    organisation.department("crm", PEOPLE)
    organisation.run()
    return organisation


@dataclass
class Told:
    """The project's copy that a test delivers from."""

    organisation: Organisation
    warehouse: Warehouse
    environment: dict[str, str]

    def deliver(self, **how: Any) -> Delivered:
        """Deliver to the one subscriber; what came of it."""
        return deliver(self.warehouse, self.organisation.project(), self.environment, **how)[0]

    def standing(self) -> Standing:
        with self.warehouse.connect() as connection:
            return standing(connection, "crm_system")

    def dead(self) -> list[tuple[int, int, str]]:
        with self.warehouse.connect() as connection:
            return [(one.event_id, one.attempts, one.reason) for one in dead_letters(connection)]

    def subscribe(self, **how: Any) -> None:
        self.organisation.settings["events"] = {"crm_system": {"url": "${HOOK_URL}", "secret": "${HOOK_SECRET}", "timeout": 0.8, **how}}


@pytest.fixture
def told(five_events: Organisation, tmp_path: Path, receiver: Receiver) -> Iterator[Told]:
    """Five events, none delivered yet."""
    folder = Path(shutil.copytree(five_events.folder, tmp_path / "told"))
    organisation = Organisation(folder, sources=five_events.sources)
    with open_project_warehouse(organisation.project()) as warehouse:
        one = Told(organisation, warehouse, {"HOOK_URL": receiver.url, "HOOK_SECRET": SECRET})
        one.subscribe(batch=2)
        yield one


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause after a failure."""
    monkeypatch.setattr(steps, "FIRST_PAUSE", 0.0)


def test_events_arrive_in_order_in_batches_and_once(told: Told, receiver: Receiver) -> None:
    """Five events in batches of two; delivering again sends nothing."""
    assert told.deliver() == Delivered("crm_system", delivered=5)
    assert receiver.event_ids() == [[1, 2], [3, 4], [5]]
    assert told.deliver() == Delivered("crm_system")
    assert len(receiver.came) == 3


def test_a_delivery_is_what_the_command_prints_signed_with_its_time(told: Told, receiver: Receiver) -> None:
    """Who knows the secret can tell that it comes from us, and that it is not an old one."""
    told.deliver()
    headers, body = receiver.came[0]
    stamp = int(headers["Onefold-Timestamp"])
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Onefold-Signature"] == f"v1={expected}" == signature(SECRET, stamp, body)
    assert abs(stamp - time.time()) < 60
    assert [one["Idempotency-Key"] for one, _ in receiver.came] == ["1-2", "3-4", "5"]
    first = json.loads(body)["events"][0]
    assert (first["event_id"], first["kind"], first["before"]) == (1, "created", None)
    assert first["after"]["values"]["email"] == "ann@lee.example"


def test_without_a_secret_nothing_is_signed(told: Told, receiver: Receiver) -> None:
    """The events come all the same."""
    told.subscribe(secret="${HOOK_SECRET}")
    del told.organisation.settings["events"]["crm_system"]["secret"]
    assert told.deliver().delivered == 5
    assert "Onefold-Signature" not in receiver.came[0][0]


FAILURES: list[tuple[Answer, str]] = [
    (500, "it answered 500"),
    (404, "it answered 404"),
    (302, "it answered 302, and redirects are not followed"),
    ("slow", "it has not answered within 0.8 s"),
    ("drop by drop", "it has not answered within 0.8 s"),
    ("broken off", "it broke off the connection"),
]


@pytest.mark.parametrize(("answer", "problem"), FAILURES, ids=[str(answer) for answer, _ in FAILURES])
def test_what_fails_is_tried_again_after_a_pause_and_then_goes_on_in_order(
    told: Told, receiver: Receiver, answer: Answer, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failure one event alone, then batches again; what was told before the failure is not told twice."""
    receiver.answers = [200, answer]
    before = datetime.now(UTC)
    failed = told.deliver()
    assert (failed.delivered, failed.waiting, failed.problem) == (2, 3, problem)
    assert failed.next_attempt is not None
    assert 1.0 <= (failed.next_attempt - before).total_seconds() < 6.0
    assert told.standing() == Standing(2, 1, failed.next_attempt)
    assert told.deliver() == Delivered("crm_system", waiting=3, next_attempt=failed.next_attempt)
    assert len(receiver.came) == 2
    with told.warehouse.begin() as connection:
        note_standing(connection, "crm_system", Standing(2, 1, before))
    assert told.deliver() == Delivered("crm_system", delivered=3)
    assert receiver.event_ids() == [[1, 2], [3, 4], [3], [4, 5]]


def test_a_subscriber_that_is_gone_is_tried_again(told: Told, receiver: Receiver) -> None:
    """Nobody listens; the url, which holds a token, is not told."""
    told.environment["HOOK_URL"] = "http://127.0.0.1:1/hook?token=s3cr3t"
    assert told.deliver().problem == "it cannot be reached"
    assert told.standing().failures == 1


@pytest.mark.usefixtures("at_once")
def test_an_event_that_is_not_taken_becomes_a_dead_letter_and_the_next_one_s_turn_comes(told: Told, receiver: Receiver) -> None:
    """The first is refused three times, alone but for the first time; the others of its batch are not lost with it."""
    told.subscribe(batch=2, attempts=3)
    receiver.answers = [500, 500, 418]
    found = [told.deliver() for _ in range(3)]
    assert [(one.delivered, one.dead, one.problem) for one in found] == [
        (0, 0, "it answered 500"),
        (0, 0, "it answered 500"),
        (4, 1, ""),
    ]
    assert receiver.event_ids() == [[1, 2], [1], [1], [2, 3], [4, 5]]
    assert told.dead() == [(1, 3, "it answered 418")]


@pytest.mark.usefixtures("at_once")
def test_dead_letters_are_sent_again_on_demand(told: Told, receiver: Receiver) -> None:
    """One is taken and leaves the list; one is refused again and stays."""
    told.subscribe(attempts=1, batch=1)
    receiver.answers = [500, 500]
    told.deliver()
    assert [number for number, *_ in told.dead()] == [1, 2]
    project = told.organisation.project()
    with pytest.raises(OnefoldError, match="event 5 is no dead letter"):
        redeliver(told.warehouse, project, told.environment, 5)
    receiver.answers = [503]
    assert [one.event_id for one in redeliver(told.warehouse, project, told.environment, None)] == [1]
    assert told.dead() == [(1, 2, "it answered 503")]
    assert redeliver(told.warehouse, project, told.environment, 1) == []
    assert told.dead() == []
    assert receiver.event_ids()[-3:] == [[1], [2], [1]]
    told.organisation.settings.clear()
    assert redeliver(told.warehouse, told.organisation.project(), told.environment, None) == []


def test_dead_letters_of_a_subscriber_that_is_no_longer_declared_are_kept(told: Told, receiver: Receiver) -> None:
    """Where to send them is not known any more."""
    told.subscribe(attempts=1)
    receiver.answers = [500]
    told.deliver()
    told.organisation.settings.clear()
    with pytest.raises(OnefoldError, match="'crm_system' is no longer under events"):
        redeliver(told.warehouse, told.organisation.project(), told.environment, None)
    assert len(told.dead()) == 1


def test_one_subscriber_does_not_wait_for_another(told: Told, receiver: Receiver) -> None:
    """The first is down; the second has all."""
    hooks = {"down": {"url": "http://127.0.0.1:1/"}, "up": {"url": "${HOOK_URL}", "batch": 1}}
    told.organisation.settings["events"] = hooks
    found = deliver(told.warehouse, told.organisation.project(), told.environment)
    assert [(one.subscriber, one.delivered, one.waiting) for one in found] == [("down", 0, 5), ("up", 5, 0)]
    assert receiver.event_ids() == [[1], [2], [3], [4], [5]]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("file:///etc/passwd", r"events.crm_system.url is no address of the web"),
        ("gopher://127.0.0.1/", r"events.crm_system.url is no address of the web"),
        ("https://", r"events.crm_system.url is no address of the web"),
        (None, r"events.crm_system: HOOK_URL is not set in the environment"),
    ],
)
def test_what_is_no_address_is_refused_and_no_attempt(told: Told, url: str | None, sentence: str) -> None:
    """Nothing is sent, nothing becomes a dead letter, and the sentence says what to do, not what the address was."""
    told.subscribe(attempts=1)
    del told.environment["HOOK_URL"]
    told.environment |= {} if url is None else {"HOOK_URL": url}
    found = told.deliver()
    assert found.problem.startswith(sentence)
    assert (found.waiting, told.standing(), told.dead()) == (5, Standing(0, 0, None), [])


def test_a_certificate_that_nobody_vouches_for_is_refused(told: Told, tmp_path: Path) -> None:
    """No event is sent to who only says that they are the subscriber."""
    certificate = tmp_path / "self.pem"
    own = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*own, "-keyout", certificate, "-out", tmp_path / "self.crt"], check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + (tmp_path / "self.crt").read_bytes())
    with listening(Receiver(), certificate) as stranger:
        told.environment["HOOK_URL"] = stranger.url
        assert told.deliver().problem == "its TLS certificate is not to be trusted"
    assert stranger.came == []


def test_a_delivery_that_is_killed_is_made_again(told: Told, receiver: Receiver) -> None:
    """Killed while the third event is on its way: it comes twice, none is lost, and the order is kept."""
    told.subscribe(batch=1, timeout=30)
    folder = str(told.organisation.project().folder)
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "events", "deliver", "--once", "--project", folder]
    environment = {**os.environ, **told.environment, "PYTHONPATH": str(Path(__file__).parents[3])}
    started: list[subprocess.Popen[bytes]] = []
    receiver.answers = [200, 200, lambda: started[0].send_signal(signal.SIGKILL)]
    started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert started[0].wait(120) == -signal.SIGKILL
    assert told.deliver().delivered == 3
    assert receiver.event_ids() == [[1], [2], [3], [3], [4], [5]]


def test_two_processes_do_not_deliver_at_once(told: Told, receiver: Receiver) -> None:
    """The second says so and sends nothing, and a run leaves it to the first."""
    with delivery_lock(told.warehouse):
        with pytest.raises(WarehouseBusy, match="another process delivers events now"):
            told.deliver()
        assert deliver_after_publishing(told.warehouse, told.organisation.project(), told.environment) == []
    assert receiver.came == []
    assert told.deliver().delivered == 5


def test_a_delivery_that_has_no_time_left_is_left_to_the_next(told: Told, receiver: Receiver) -> None:
    """A run does not go on for ever."""
    assert told.deliver(seconds=0.0) == Delivered("crm_system", waiting=5)
    assert receiver.came == []


def test_delivering_for_ever_ends_with_an_interruption(told: Told, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks again after a while, and gives the lock back."""
    heard: list[list[Delivered]] = []
    naps = iter([None, KeyboardInterrupt])

    def nap(_seconds: float) -> None:
        if (end := next(naps)) is not None:
            raise end

    monkeypatch.setattr(steps.time, "sleep", nap)
    deliver_for_ever(told.warehouse, told.organisation.project(), told.environment, heard.append, 1.0)
    assert [[one.delivered for one in found] for found in heard] == [[5]]
    assert told.deliver().delivered == 0


def test_a_run_delivers_after_it_has_published_and_never_fails_by_it(
    told: Told, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The subscriber fails, and the publication stands; the next run, which changes nothing, tells it what is left."""
    for name, value in told.environment.items():
        monkeypatch.setenv(name, value)
    told.subscribe()
    receiver.answers = [500]
    told.organisation.department("crm", PEOPLE.replace("Hull", "Bath"))
    report = told.organisation.run()
    assert report["status"] == "published"
    assert report["deliveries"]["crm_system"]["problem"] == "it answered 500"
    assert "s3cr3t" not in json.dumps(report)
    with told.warehouse.begin() as connection:
        note_standing(connection, "crm_system", Standing(0, 0, None))
    report = told.organisation.run()
    assert (report["status"], report["deliveries"]["crm_system"]["delivered"]) == ("unchanged", 6)
    monkeypatch.delenv("HOOK_URL")
    report = told.organisation.run()
    assert (report["status"], report["error"]) == ("unchanged", "")
    assert "deliveries" in report
