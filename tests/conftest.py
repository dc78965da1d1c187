"""What every test can ask for: a real PostgreSQL server, and a warehouse on each kind of database."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import settings

from warehouse.database import Warehouse, open_warehouse

settings.register_profile("shared machine", deadline=None)  # a busy neighbour is no failure
settings.load_profile("shared machine")

PASSWORD = "one@fold"  # needs escaping in a URL, as real passwords do
START_SECONDS = 60
PR_SET_PDEATHSIG = 1
ENGLISH = ("--locale-provider=icu", "--icu-locale=en-US")
"""Servers in use sort texts as a language does, unlike SQLite, and nothing may depend on it; PostgreSQL before 15 is not asked to."""


@dataclass(frozen=True)
class PostgresServer:
    """A server of our own, in a temporary folder, reached over a Unix socket in it."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str, driver: str = "postgresql+psycopg") -> str:
        return f"{driver}://onefold:{quote(PASSWORD, safe='')}@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres", "postgresql"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # names of our own making

    def answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def postgres_programs() -> Path | None:
    """The folder with `initdb` and `postgres`; none when no server is installed."""
    pg_config = shutil.which("pg_config")
    named = [subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()] if pg_config else []
    packaged = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    on_path = [str(Path(found).parent)] if (found := shutil.which("initdb")) else []
    folders = (Path(folder) for folder in (*named, *packaged, *on_path) if folder)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def server_user() -> str | None:
    """PostgreSQL refuses to run as root: the user it runs as then; none: as ourselves."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def stop_with_parent() -> None:
    """Ask Linux to end the server when the tests are killed; elsewhere only an orderly end stops it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def start_server(programs: Path, folder: Path) -> PostgresServer:
    """Make a database cluster in `folder` and serve it until it is stopped."""
    user, password_file = server_user(), folder / "password"
    password_file.write_text(PASSWORD)
    if user is not None:
        shutil.chown(folder, user)
        shutil.chown(password_file, user)
    data, log = folder / "data", folder / "log"
    run_as = {"user": user, "cwd": folder}
    initdb = [programs / "initdb", "-D", data, "-U", "onefold", f"--pwfile={password_file}", "-A", "scram-sha-256", "-E", "UTF8", "-N"]
    if subprocess.run([*initdb, "--locale=C", *ENGLISH], check=False, capture_output=True, **run_as).returncode:  # type: ignore[call-overload]
        subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, **run_as)  # type: ignore[call-overload]
    fast = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_connections=50"]
    server = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *fast]
    with log.open("wb") as output:
        process = subprocess.Popen(server, stdout=output, stderr=output, preexec_fn=stop_with_parent, **run_as)  # type: ignore[call-overload]  # noqa: PLW1509
    return await_server(PostgresServer(folder, process), log)


def await_server(server: PostgresServer, log: Path) -> PostgresServer:
    deadline = time.monotonic() + START_SECONDS
    while not server.answers():
        if server.process.poll() is not None or time.monotonic() > deadline:
            stop_server(server)
            raise RuntimeError(f"the PostgreSQL server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)
    return server


def stop_server(server: PostgresServer) -> None:
    """A fast shutdown of exactly this server."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGINT)
    try:
        server.process.wait(30)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


def leave_out(reason: str) -> None:
    """Skip aloud; on CI leaving a test out is a failure."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI leaves nothing out: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """The folder of labelled sets, which lies beside the repository."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "benchmarks"
    if not folder.is_dir():
        leave_out(f"the labelled sets are not in {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real server for all tests of this process."""
    programs = postgres_programs()
    if programs is None:
        leave_out("no PostgreSQL server is installed (on Debian: apt-get install postgresql)")
        return
    folder = Path(tempfile.mkdtemp(prefix="onefold-pg-", dir="/tmp"))  # a socket's path may have about 100 characters
    server = None
    try:
        server = start_server(programs, folder)
        yield server
    finally:
        if server is not None:
            stop_server(server)
        shutil.rmtree(folder, ignore_errors=True)


DATABASE_NUMBERS = count(1)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    name = f"onefold_{next(DATABASE_NUMBERS)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse_url(request: pytest.FixtureRequest) -> str:
    """An empty warehouse's URL: the test runs once on SQLite (relative to `tmp_path`), once on PostgreSQL."""
    if request.param == "sqlite":
        return "sqlite:///warehouse.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def warehouse(warehouse_url: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A migrated warehouse; the test runs on both databases."""
    opened = open_warehouse(warehouse_url, tmp_path)
    yield opened
    opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every test that was left out, and why."""
    for report in terminalreporter.stats.get("skipped", []):
        where, _, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
        terminalreporter.write_line(f"left out: {report.nodeid or where}: {reason.removeprefix('Skipped: ')}")
