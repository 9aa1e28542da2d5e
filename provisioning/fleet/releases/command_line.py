"""``zhizhu-fleet release``: keys and signatures on the officials' machines, releases on the server, copies for villages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from provisioning.fleet.files import OPEN, write_over
from provisioning.fleet.releases import copies, metadata, rows, wheel_set
from provisioning.fleet.releases.keys import ReleaseKeyError, make_key, read_key, read_public
from provisioning.fleet.releases.metadata import MetadataError, Officials
from provisioning.fleet.releases.repository import Repository
from provisioning.fleet.signing import AUTHORITY
from provisioning.wire.release import DataVersions, ReleaseError
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.opened import Config, Opened, named, told
from telemetry.fleet.store.upgrade import upgrade

PRODUCT = "zhizhu"
REFUSED = (ReleaseError, ReleaseKeyError, MetadataError, ValueError)
"""Their messages are for whoever typed the line."""

release_verbs = typer.Typer(no_args_is_help=True, help="Releases: keys, signatures, the repository, its copies.")

Passphrase = Annotated[Path | None, typer.Option(help="file whose first line locks the key")]
Publics = Annotated[list[Path], typer.Option(help="FILE.pub of an official; once for each")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    opened: Opened
    repository: Repository

    @property
    def now(self) -> datetime:
        return self.opened.now

    @contextmanager
    def rows(self) -> Iterator[Connection]:
        """Yield a transaction on the store, brought to this release first."""
        upgrade(self.opened.engine)
        with self.opened.rows() as connection:
            yield connection


@release_verbs.command()
def keys(
    file: Annotated[Path, typer.Argument(help="new file on the official's own stick")], passphrase: Passphrase = None
) -> None:
    """Make a key for an official. FILE stays on the stick; FILE.pub is handed to the bureau. Needs no server."""
    with told(*REFUSED):
        public = make_key(file, passphrase=_first_line(passphrase))
        typer.echo(f"{file}: key {public.keyid[:16]}; hand out {file}.pub, keep {file}")


@release_verbs.command()
def init(
    config: Config,
    root_key: Publics,
    targets_key: Publics,
    root_threshold: Annotated[int, typer.Option(min=1, help="signatures a root takes")] = 2,
    targets_threshold: Annotated[int, typer.Option(min=1, help="signatures a release takes")] = 2,
    *,
    new_online_keys: Annotated[bool, typer.Option("--new-online-keys", help="also the server's own, if somebody was in")] = False,
) -> None:
    """Draft who may sign; again later, to exchange keys or before they expire. Then `sign` and `publish`."""
    with _place(config) as place, place.rows() as connection:
        officials = Officials(
            root=tuple(read_public(file) for file in root_key),
            root_threshold=root_threshold,
            targets=tuple(read_public(file) for file in targets_key),
            targets_threshold=targets_threshold,
        )
        for draft in place.repository.begin(officials, now=place.now, is_turning_online=new_online_keys):
            typer.echo(f"to sign: {draft}")
        names = " ".join(key.keyid[:8] for key in (*officials.root, *officials.targets))
        audit.note(connection, COMMAND_LINE, Act.TURN_KEYS, now=place.now, about="release keys", detail=f"drafted: {names}")


@release_verbs.command()
def add(
    version: Annotated[str, typer.Argument(help="e.g. 2026.11.3; never used before")],
    *,
    wheels: Annotated[Path, typer.Option(help="folder with every wheel of the release")],
    config: Config,
    reads_from: Annotated[int, typer.Option(help="oldest data it reads")] = 1,
    reads_to: Annotated[int, typer.Option(help="newest data it reads")] = 1,
    leaves: Annotated[int, typer.Option(help="data it leaves")] = 1,
    launcher: Annotated[int, typer.Option(help="oldest launcher that can start it")] = 1,
    python: Annotated[str, typer.Option(help="interpreter the wheels are for")] = "3.11",
    note: Annotated[str, typer.Option(help="what is new, for the bureau")] = "",
) -> None:
    """Take a folder of wheels in as a release, and draft the targets that name it. Kiosks see nothing of it yet."""
    with _place(config) as place, place.rows() as connection:
        release = wheel_set.manifest_of(
            wheels,
            version=version,
            python=python,
            data=DataVersions(reads_from=reads_from, reads_to=reads_to, leaves=leaves),
            launcher=launcher,
            note=note,
            now=place.now,
        )
        if not any(wheel.name.startswith(f"{PRODUCT}-{version}-") for wheel in release.wheels):
            raise ReleaseError(f"{wheels}: no wheel of {PRODUCT} {version}; a kiosk says that version when it runs")
        draft = place.repository.add(release, wheels, now=place.now)
        rows.add(connection, release, COMMAND_LINE, now=place.now)
        typer.echo(f"{version}: {len(release.wheels)} wheels, {release.bytes} bytes, {release.unpacked_bytes} unpacked")
        typer.echo(f"to sign: {draft}")


@release_verbs.command()
def withdraw(version: str, config: Config) -> None:
    """Draft targets without a release. Kiosks that run it go on; nobody gets it any more once this is signed and published."""
    with _place(config) as place, place.rows() as connection:
        typer.echo(f"to sign: {place.repository.withdraw(version, now=place.now)}")
        detail = "withdrawal drafted"
        audit.note(connection, COMMAND_LINE, Act.ADD_RELEASE, now=place.now, about=f"release {version}", detail=detail)


@release_verbs.command()
def sign(
    files: Annotated[list[Path], typer.Argument(help="drafts, or copies of them on a stick")],
    key: Annotated[Path, typer.Option(help="the official's key")],
    passphrase: Passphrase = None,
) -> None:
    """Add an official's signature to drafts. Needs no server and no network: do it on a machine that has none."""
    with told(*REFUSED):
        signer = read_key(key, passphrase=_first_line(passphrase))
        for file in files:
            payload = file.read_bytes()
            typer.echo(f"{file}: {metadata.describe(payload)}")
            write_over(file, metadata.sign(payload, signer), mode=OPEN)
            typer.echo(f"{file}: signed by {signer.public_key.keyid[:16]}")


@release_verbs.command()
def publish(config: Config, signed: Annotated[list[Path] | None, typer.Argument(help="signed copies of drafts")] = None) -> None:
    """Collect signatures, and serve what has enough of them."""
    with _place(config) as place:
        collected = [place.repository.collect(file.read_bytes()) for file in signed or ()]
        for file, name in zip(signed or (), collected, strict=True):
            typer.echo(f"{file}: signatures for {name}")
        waiting = place.repository.signing()
        done = place.repository.publish(now=place.now)
        with place.rows() as connection:
            rows.follow(connection, place.repository.versions(), COMMAND_LINE, now=place.now)
            for name in dict.fromkeys(collected):
                audit.note(connection, COMMAND_LINE, Act.ADD_RELEASE, now=place.now, about="signatures", detail=name)
            for name in done:
                audit.note(connection, COMMAND_LINE, Act.ADD_RELEASE, now=place.now, about="publish", detail=name)
        for name in sorted(done):
            typer.echo(f"published: {name}")
        for name, counts in waiting.items():
            if name not in done:
                typer.echo(f"waits: {name}: " + "; ".join(f"{len(each.good)} of {each.needed} signatures" for each in counts))


@release_verbs.command("list")
def list_(config: Config) -> None:
    """List releases, the last added first: version, state, size, kiosks that run it."""
    with _place(config) as place, place.rows() as connection:
        spread = rows.spread(connection)
        for known in rows.every(connection):
            typer.echo(f"{known.version}\t{known.state}\t{known.bytes}\t{spread.get(known.version, 0)}\t{known.note}")


@release_verbs.command()
def show(config: Config, version: Annotated[str, typer.Argument(help="none: the repository itself")] = "") -> None:
    """Show a release's manifest, or how long the repository's roles are good and what waits for signatures."""
    with _place(config) as place:
        if version:
            release = place.repository.manifest(version)
            typer.echo(release.model_dump_json(indent=1))
            return
        for role, expires in place.repository.expiries().items():
            typer.echo(f"{role}\t{expires:%Y-%m-%d %H:%M} UTC\t{(expires - place.now).days} days")
        for name, counts in place.repository.signing().items():
            typer.echo(f"{name}\twaits\t" + "; ".join(f"{len(each.good)} of {each.needed} signatures" for each in counts))


@release_verbs.command("export-usb")
def export_usb(stick: Annotated[Path, typer.Argument(help="where the stick is mounted")], version: str, config: Config) -> None:
    """Put a release on a USB stick for a village without a line; good for two months."""
    with _place(config) as place:
        taken = copies.export_stick(place.repository, stick, version, now=place.now)
        with place.rows() as connection:
            audit.note(
                connection, COMMAND_LINE, Act.ADD_RELEASE, now=place.now, about=f"release {version}", detail="put on a stick"
            )
        typer.echo(f"{stick / copies.STICK}: release {version}, {taken} bytes; unmount before pulling it out")


@release_verbs.command()
def mirror(folder: Annotated[Path, typer.Argument(help="plain files for any web server")], config: Config) -> None:
    """Bring a county's mirror to what is served here; run it every day."""
    with _place(config) as place:
        copied = copies.mirror(place.repository, folder)
        with place.rows() as connection:  # nobody waits for the store while a thin line is copied over
            audit.note(
                connection, COMMAND_LINE, Act.ADD_RELEASE, now=place.now, about="mirror", detail=f"{folder}: {copied} files"
            )
        typer.echo(f"{folder}: {copied} files copied")


@contextmanager
def _place(config: Path) -> Iterator[_Place]:
    with named(config, *REFUSED) as place:
        place.folder.mkdir(parents=True, exist_ok=True)
        repository = Repository(place.folder / "repository", authority=place.folder / AUTHORITY)
        yield _Place(opened=place, repository=repository)


def _first_line(file: Path | None) -> bytes | None:
    return file.read_bytes().split(b"\n", 1)[0] if file is not None else None
