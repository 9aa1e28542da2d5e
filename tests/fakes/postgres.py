"""A real PostgreSQL of the tests' own: started on first use, one a test process, gone with it; and stores on it in no time.

How to use it. These fixtures are known to every test (``tests/conftest.py``):

``store_url``  the URL of an empty store of this test's own, brought up to the present tables; the test runs twice, on SQLite and
               on PostgreSQL. ``store`` is an engine opened on it.
``postgres``   the server itself: ``postgres.fresh()`` is the URL of an upgraded store, ``postgres.empty()`` of a database
               without any table.

For a test that stops, kills or fills its server take one of its own: ``with Postgres.started() as postgres``, with
``is_durable=True`` where what survives is the question. A machine without PostgreSQL skips these tests and says so.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import psycopg
import pytest
from sqlalchemy import Engine

from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.upgrade import upgrade

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 20.0
TEMPLATE = "upgraded"
ACCOUNT = "postgres"
"""Who runs it when the tests run as root: PostgreSQL refuses to be root."""


_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="postgres")
"""Starts every server: Linux ends a child (--pdeathsig) with the *thread* that started it, so that thread outlives any test."""


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None where it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("postgres")
    return None if found is None else Path(found).parent


class Postgres:
    """One server on a Unix socket in a folder of its own. ``stop``, ``kill`` and ``start`` as often as a test wants."""

    def __init__(self, folder: Path, programs: Path, *, is_durable: bool = False) -> None:
        self.folder = folder
        self.programs = programs
        self._is_durable = is_durable
        self._numbers = itertools.count(1)
        self._has_template = False
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def started(cls, *, is_durable: bool = False, folder: Path | None = None) -> Iterator[Self]:
        """A running server with an empty cluster; skips the test where PostgreSQL is not installed.

        Args:
            is_durable: Whether it waits for the disk. Only tests of what survives need that.
            folder: Where, instead of a folder of its own; must be readable for everybody up to the root, and short.
        """
        programs = binaries()
        if programs is None:
            pytest.skip("PostgreSQL is not installed")
        with contextlib.ExitStack() as stack:
            if folder is None:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="zz-pg-", ignore_cleanup_errors=True)))
            server = cls(folder, programs, is_durable=is_durable)
            server._make()
            server.start()
            stack.callback(server.stop)
            yield server

    def url(self, database: str = "postgres") -> str:
        """Return what goes into fleet.toml for a database of this server."""
        return f"postgresql://{ACCOUNT}@/{database}?host={self.folder}"

    def empty(self) -> str:
        """Return the URL of a new database without any table."""
        return self._create("template0")

    def fresh(self) -> str:
        """Return the URL of a new store with all tables and no row; a copy, so it costs some milliseconds."""
        if not self._has_template:
            self.run(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
            engine = open_engine(self.url(TEMPLATE))
            upgrade(engine)
            engine.dispose()
            self._has_template = True
        return self._create(TEMPLATE)

    def run(self, *statements: str) -> None:
        """Run statements as the server's owner, each by itself."""
        with psycopg.connect(host=str(self.folder), user=ACCOUNT, dbname="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def start(self) -> None:
        """Start the server, also after it was stopped or killed, and wait until it lets clients in."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": 100,
            "shared_buffers": "32MB",
            "log_min_messages": "fatal",
            **({} if self._is_durable else {"fsync": "off", "full_page_writes": "off"}),
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            command = self._as_owner("--pdeathsig", "INT", str(self.programs / "postgres"), "-D", str(self._cluster), *words)
            self._process = _STARTER.submit(subprocess.Popen, command, stdout=log, stderr=log, start_new_session=True).result()
        deadline_s = time.monotonic() + START_DEADLINE_S
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                self.run("SELECT 1")
                return
            assert self._process.poll() is None, f"PostgreSQL ended: {(self.folder / 'log').read_text()[-2000:]}"
            assert time.monotonic() < deadline_s, f"no PostgreSQL within {START_DEADLINE_S} s"
            time.sleep(0.02)

    @property
    def has_died(self) -> bool:
        """Whether it has ended by itself since it was started."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """Stop in order: clients are told that it shuts down. Does nothing when it is not running."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End every process of it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                for child in self._children(process.pid):
                    os.kill(child, number)
            process.send_signal(number)
        process.wait(STOP_DEADLINE_S)

    @staticmethod
    def _children(pid: int) -> list[int]:
        os.kill(pid, signal.SIGSTOP)  # so that it starts no other meanwhile
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def _make(self) -> None:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(ACCOUNT)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        words = (
            "-D",
            str(self._cluster),
            "-U",
            ACCOUNT,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        )
        subprocess.run(self._as_owner(str(self.programs / "initdb"), *words), check=True, stdout=subprocess.DEVNULL, cwd="/")

    @staticmethod
    def _as_owner(*words: str) -> list[str]:
        if os.geteuid() != 0:
            return ["setpriv", *words]
        return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *words]

    def _create(self, template: str) -> str:
        name = f"store_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server of this test process."""
    with Postgres.started() as server:
        yield server


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with all tables and no row, to be copied."""
    path = tmp_path_factory.mktemp("store") / TEMPLATE
    engine = open_engine(sqlite_url(path))
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, upgraded store of this test's own; once on SQLite, once on PostgreSQL."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.fresh()
    path = tmp_path / "fleet.sqlite3"
    shutil.copyfile(request.getfixturevalue("upgraded_sqlite"), path)
    return sqlite_url(path)


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    """An engine on ``store_url``."""
    engine = open_engine(store_url)
    yield engine
    engine.dispose()
