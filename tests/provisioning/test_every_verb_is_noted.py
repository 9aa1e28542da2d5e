"""Whatever the bureau does at a shell is found in the audit. A verb nobody has thought of here fails."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner

from provisioning import server
from provisioning.fleet.authority import Authority
from provisioning.fleet.config import acts
from provisioning.fleet.config.layers import Kind, LayerKey
from provisioning.fleet.registry.enrolling import Enrolling
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.rollouts.acts import Doing
from provisioning.fleet.rollouts.people import RolloutActs
from provisioning.fleet.signing import SigningKey
from provisioning.verbs import ROOMS
from provisioning.wire.enrolment import EnrolmentAsked
from telemetry.fleet.accounts.person import COMMAND_LINE, Person, Role
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import audit, command, rollout
from tests.provisioning.identity.bureau import Box
from tests.provisioning.releases.wheels import release_wheels
from tests.telemetry.web.county import add_kiosk

OURS = ("ca", "kiosk", "code", "config", "release", "rollout", "command", "key", "audit")
"""The bureau's rooms; the others are the dashboard's."""
LOOKING = frozenset({
    "ca show", "kiosk list", "kiosk show", "code list", "config layers", "config show", "config preview", "config versions",
    "config diff", "config status", "release list", "release show", "rollout list", "rollout show", "command list",
    "command show", "key show", "audit verify",
})  # fmt: skip
"""Change nothing, and take nothing away that a page would not show."""
WITHOUT_A_SERVER = frozenset({"release keys", "release sign"})
"""An official's own machine has no store to note anything in; what it signed is noted when it is published."""
SECOND = Person(name="XJ-02", full_name="县局 02", role=Role.BUREAU)
SERIALS = ("ZZ-SYN-0001", "ZZ-SYN-0002", "ZZ-SYN-0003")


class Shell:
    """A shell at the bureau, in an empty folder."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir()
        (self.state / "fleet.sqlite3").write_bytes(template.read_bytes())
        self.engine: Engine = open_engine(sqlite_url(self.state / "fleet.sqlite3"))
        self.config = folder / "fleet.toml"
        self.config.write_text(f'[server]\nstate_dir = "{self.state}"\n[kiosk_door]\nnames = ["localhost"]\n')
        self.noted: set[str] = set()

    def run(self, line: str, *more: str) -> str:
        """Type a line."""
        done = CliRunner().invoke(server.app, [*line.split(), *more])
        assert done.exit_code == 0, (line, done.output)
        return done.output

    def act(self, line: str, *more: str) -> str:
        """Type a line that must be found in the audit."""
        before = self._last()
        said = self.run(line, *more, "--config", str(self.config))
        with self.engine.connect() as connection:
            fresh = connection.execute(select(audit.c.by, audit.c.result).where(audit.c.id > before)).all()
        assert fresh, f"{line}: is not in the audit"
        assert {tuple(row) for row in fresh} == {(COMMAND_LINE.name, "done")}, line
        self.noted.add(" ".join(line.split()[:2]))
        return said

    def comes(self, serial: str) -> None:
        """Let a machine come with a code that is made for it."""
        code = self.act(f"code make {serial}").split("\t")[1]
        box = Box(serial=serial, hardware="ab" * 32)
        authority = Authority.open(self.state / "authority")
        key = SigningKey.open(self.state / "authority")
        revocations = Revocations(self.engine, authority, self.state / "authority")
        enrolling = Enrolling(self.engine, authority, revocations, keys=lambda: (key.public,))
        asked = EnrolmentAsked(serial=serial, code=code, csr=box.csr, hardware=box.hardware)
        enrolling.ask(asked, address="192.0.2.7", now=datetime.now(UTC))

    def _last(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.coalesce(func.max(audit.c.id), 0))).scalar_one())


@pytest.fixture
def shell(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[Shell]:
    one = Shell(tmp_path, upgraded_sqlite)
    yield one
    one.engine.dispose()


def verbs() -> set[str]:
    """Return every verb of the bureau's rooms, as it is typed."""
    root = typer.main.get_command(server.app)
    assert isinstance(root, typer.core.TyperGroup)
    found = set()
    for room in OURS:
        group = root.commands[room]
        assert isinstance(group, typer.core.TyperGroup)
        found |= {f"{room} {verb}" for verb in group.commands}
    return found


def test_the_bureaus_rooms_are_all_looked_at() -> None:
    assert set(ROOMS) - set(OURS) == {"account", "report", "equipment"}


@pytest.mark.timeout(240)
def test_whatever_is_done_at_a_shell_is_in_the_audit(shell: Shell) -> None:
    _lets_machines_in(shell)
    _configures(shell)
    _releases(shell)
    _rolls_out(shell)
    _commands(shell)
    shell.act("key turn")
    shell.act("audit anchor")
    shell.act(f"audit export {shell.folder / 'audit.jsonl'}")
    assert shell.noted | LOOKING | WITHOUT_A_SERVER == verbs()
    assert not shell.noted & (LOOKING | WITHOUT_A_SERVER)


def _lets_machines_in(shell: Shell) -> None:
    shell.act("ca create")
    rows = [f"{SERIALS[0]},lx,K1,光明村,", f"{SERIALS[1]},lx,K2,光明村,", f"{SERIALS[2]},lx,,,"]
    (shell.folder / "delivery.csv").write_text("\n".join(["serial,county,kiosk,village,model", *rows]))
    shell.act(f"kiosk import {shell.folder / 'delivery.csv'}")
    for serial in SERIALS[:2]:
        shell.comes(serial)
    shell.act("kiosk quarantine lx/K1")
    shell.act("kiosk readmit lx/K1")
    shell.act("kiosk retire lx/K2")
    shell.comes(SERIALS[2])
    shell.act("kiosk approve 3 --kiosk lx/K3")
    shell.comes(SERIALS[2])
    shell.act("kiosk refuse 4")
    shell.act(f"code slip {SERIALS[2]} --file {shell.folder / 'slip.html'}")
    shell.act(f"code withdraw {SERIALS[2]}")
    with shell.engine.begin() as connection:
        for number in range(1, 13):
            add_kiosk(connection, f"K{number}", county="lx", now=datetime.now(UTC))


def _configures(shell: Shell) -> None:
    shell.act("config edit kiosk:lx/K1 --set screen.text_size=2")
    shell.act("config submit C-1")
    shell.act("config rollback C-1")
    shell.act("config reject C-2")
    with shell.engine.begin() as connection:
        key = LayerKey(kind=Kind.COUNTY, name="lx")
        wide = acts.draft(connection, SECOND, key, {"screen": {"volume": 2}}, note="", now=datetime.now(UTC))
        acts.submit(connection, SECOND, wide.id, now=datetime.now(UTC))
    shell.act(f"config approve C-{wide.id}")
    shell.act("config city lx 云州市")


def _releases(shell: Shell) -> None:
    keys = [shell.folder / "li.pem", shell.folder / "zhao.pem"]
    drafts = shell.state / "repository-drafts"
    for key in keys:
        shell.run(f"release keys {key}")

    def signed() -> None:
        for key in keys:
            shell.run("release sign", *map(str, sorted(drafts.iterdir())), "--key", str(key))
        shell.act("release publish")

    shell.act("release init " + " ".join(f"--root-key {key}.pub --targets-key {key}.pub" for key in keys))
    signed()
    for version in ("2026.11.3", "2026.11.4"):
        shell.act(f"release add {version} --wheels {release_wheels(shell.folder / version, version)}")
        signed()
    shell.act(f"release export-usb {shell.folder / 'stick'} 2026.11.4")
    shell.act(f"release mirror {shell.folder / 'mirror'}")
    shell.act("release withdraw 2026.11.4")


def _rolls_out(shell: Shell) -> None:
    shell.act("rollout start 2026.11.3 lx")
    shell.act("rollout pause 1")
    shell.act("rollout resume 1")
    shell.act("rollout roll-back 1")
    shell.act("rollout cancel 1")
    rollouts = RolloutActs(shell.engine)
    with shell.engine.connect() as connection:
        row = connection.execute(select(rollout.c.row_version)).scalar_one()
    rollouts.take(SECOND, 1, Doing.ROLL_BACK, seen_row=row, now=datetime.now(UTC))
    shell.act("rollout approve 1")


def _commands(shell: Shell) -> None:
    shell.act("command send self-test --kiosk lx/K1")
    shell.act("command cancel 1")
    shell.act("command send restart-machine --kiosk lx/K1")
    with shell.engine.begin() as connection:
        connection.execute(command.update().where(command.c.id == 2).values(asked_by=SECOND.name))
    shell.act("command approve 2")
