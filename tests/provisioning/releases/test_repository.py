"""Officials sign on machines without a network; what they have signed is what kiosks see, and nothing before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Engine, select
from tuf.api.metadata import Metadata
from typer.testing import CliRunner

from provisioning.fleet.releases import copies, metadata
from provisioning.fleet.releases.command_line import release_verbs
from provisioning.fleet.releases.keys import ReleaseKeyError, make_key, read_key, read_public
from provisioning.fleet.releases.metadata import Chain, MetadataError, Officials
from provisioning.fleet.releases.repository import Repository
from provisioning.fleet.releases.serving import router
from provisioning.fleet.releases.wheel_set import manifest_of
from provisioning.wire.release import DataVersions, ReleaseError
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import audit
from tests.provisioning.releases.wheels import release_wheels, zip_bytes

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DATA = DataVersions(reads_from=1, reads_to=1, leaves=1)


class Bureau:
    """A repository with four officials: any two of the first three may say who signs, the last two what a release is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = [folder / "sticks" / f"{name}.pem" for name in ("li", "zhao", "sun", "qian")]
        public = [make_key(key) for key in self.keys]
        self.officials = Officials(root=tuple(public[:3]), root_threshold=2, targets=tuple(public[2:]), targets_threshold=2)
        self.repository = Repository(folder / "repository", authority=folder / "authority")

    def sign(self, *drafts: Path, by: tuple[int, ...] = (0, 1, 2, 3)) -> None:
        for draft in drafts:
            for number in by:
                draft.write_bytes(metadata.sign(draft.read_bytes(), read_key(self.keys[number])))

    def begin(self, *, now: datetime = NOW) -> None:
        self.sign(*self.repository.begin(self.officials, now=now))
        self.repository.publish(now=now)

    def draft(self, version: str, *, core: str = "", now: datetime = NOW) -> Path:
        wheels = release_wheels(self.folder / f"wheels-{version}", version, core=core)
        release = manifest_of(wheels, version=version, python="3.11", data=DATA, launcher=1, note="", now=now)
        return self.repository.add(release, wheels, now=now)

    def release(self, version: str, *, core: str = "", now: datetime = NOW) -> None:
        self.sign(self.draft(version, core=core, now=now))
        self.repository.publish(now=now)


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return Bureau(tmp_path)


def test_a_release_is_served_once_enough_officials_have_signed(bureau: Bureau) -> None:
    bureau.begin()
    draft = bureau.draft("2026.11.3")
    bureau.sign(draft, by=(2,))
    assert bureau.repository.publish(now=NOW) == ()
    bureau.sign(draft, by=(2, 0))  # one twice, and one who may not
    assert bureau.repository.publish(now=NOW) == ()
    assert bureau.repository.versions() == ()
    bureau.sign(draft, by=(3,))
    assert bureau.repository.publish(now=NOW) == ("targets.json",)
    assert bureau.repository.versions() == ("2026.11.3",)


def test_signatures_are_collected_from_copies_that_travelled(bureau: Bureau) -> None:
    bureau.begin()
    draft = bureau.draft("2026.11.3")
    sticks = []
    for number in (2, 3):
        stick = bureau.folder / f"stick-{number}.json"
        stick.write_bytes(draft.read_bytes())
        bureau.sign(stick, by=(number,))
        sticks.append(stick.read_bytes())
    for payload in sticks:
        assert bureau.repository.collect(payload) == "targets.json"
    assert bureau.repository.publish(now=NOW)


def test_signatures_for_something_else_are_not_collected(bureau: Bureau) -> None:
    bureau.begin()
    old = bureau.draft("2026.11.3").read_bytes()
    bureau.draft("2026.11.4")
    with pytest.raises(MetadataError, match="another targets"):
        bureau.repository.collect(old)


def test_a_wheel_keeps_its_content_for_ever(bureau: Bureau) -> None:
    bureau.begin()
    bureau.release("2026.11.3")
    wheels = release_wheels(bureau.folder / "again", "2026.11.3", core="print('other')")
    release = manifest_of(wheels, version="2026.11.4", python="3.11", data=DATA, launcher=1, note="", now=NOW)
    with pytest.raises(ReleaseError, match="other content"):
        bureau.repository.add(release, wheels, now=NOW)


def test_a_release_is_never_changed(bureau: Bureau) -> None:
    bureau.begin()
    bureau.release("2026.11.3")
    with pytest.raises(ReleaseError, match="never changed"):
        bureau.draft("2026.11.3")


def test_a_withdrawn_release_is_named_no_more(bureau: Bureau) -> None:
    bureau.begin()
    bureau.release("2026.11.3")
    bureau.release("2026.11.4")
    bureau.sign(bureau.repository.withdraw("2026.11.3", now=NOW))
    bureau.repository.publish(now=NOW)
    assert bureau.repository.versions() == ("2026.11.4",)
    named = Metadata.from_file(str(bureau.repository.folder / "metadata" / "4.targets.json")).signed
    assert "wheels/library-1.0-py3-none-any.whl" in named.targets  # type: ignore[attr-defined]  # they are targets


def test_new_officials_need_the_old_ones_and_sign_the_releases_anew(bureau: Bureau) -> None:
    bureau.begin()
    bureau.release("2026.11.3")
    new = [bureau.folder / "sticks" / f"{name}.pem" for name in ("wu", "zheng")]
    public = tuple(make_key(key) for key in new)
    turned = Officials(root=bureau.officials.root, root_threshold=2, targets=public, targets_threshold=2)
    drafts = bureau.repository.begin(turned, now=NOW)
    bureau.sign(*drafts, by=(0, 1))
    assert bureau.repository.publish(now=NOW) == ()  # the new root without targets its officials signed would stop every kiosk
    for key in new:
        drafts[-1].write_bytes(metadata.sign(drafts[-1].read_bytes(), read_key(key)))
    assert set(bureau.repository.publish(now=NOW)) == {"root.json", "courier-root.json", "targets.json"}
    assert bureau.repository.versions() == ("2026.11.3",)


def test_a_timestamp_is_renewed_before_it_expires_and_not_sooner(bureau: Bureau) -> None:
    bureau.begin()
    assert not bureau.repository.refresh(Chain.LINE, now=NOW + timedelta(hours=20))
    assert bureau.repository.refresh(Chain.LINE, now=NOW + timedelta(hours=30))
    assert not bureau.repository.refresh(Chain.COURIER, now=NOW + timedelta(days=50))
    assert bureau.repository.expiries()["metadata/timestamp"] == NOW + timedelta(hours=30, days=3)


def test_a_bomb_is_not_even_signed(bureau: Bureau) -> None:
    folder = bureau.folder / "bomb"
    folder.mkdir()
    (folder / "zhizhu-1.0-py3-none-any.whl").write_bytes(zip_bytes({"kiosk/big.bin": bytes(50_000_000)}))
    with pytest.raises(ReleaseError, match="unpack to"):
        manifest_of(folder, version="1.0", python="3.11", data=DATA, launcher=1, note="", now=NOW)


def test_a_locked_key_needs_its_passphrase(tmp_path: Path) -> None:
    make_key(tmp_path / "li.pem", passphrase=b"four words")
    with pytest.raises(ReleaseKeyError, match="passphrase"):
        read_key(tmp_path / "li.pem")
    assert read_key(tmp_path / "li.pem", passphrase=b"four words").public_key.keyid == read_public(tmp_path / "li.pem.pub").keyid
    assert (tmp_path / "li.pem").stat().st_mode & 0o077 == 0


async def test_only_files_of_the_repository_are_served_and_parts_of_them(bureau: Bureau) -> None:
    bureau.begin()
    bureau.release("2026.11.3")
    (bureau.repository.folder / "metadata" / "secret.txt").write_text("no", encoding="ascii")
    app = FastAPI()
    app.include_router(router(bureau.repository.folder))
    wheel = next((bureau.repository.folder / "targets" / "wheels").iterdir())
    async with AsyncClient(transport=ASGITransport(app), base_url="http://door/repository/") as client:
        assert (await client.get("metadata/timestamp.json")).headers["cache-control"] == "no-cache"
        part = await client.get(f"targets/wheels/{wheel.name}", headers={"Range": "bytes=100-"})
        assert (part.status_code, part.content) == (206, wheel.read_bytes()[100:])
        for path in ("metadata/secret.txt", "metadata/%2e%2e/%2e%2e/authority/release-line.pem", "targets", "x"):
            assert (await client.get(path)).status_code == 404


def test_a_mirror_is_plain_files_and_can_be_brought_up_to_date(bureau: Bureau) -> None:
    bureau.begin()
    bureau.release("2026.11.3")
    assert copies.mirror(bureau.repository, bureau.folder / "mirror") > 5
    bureau.release("2026.11.4")
    copies.mirror(bureau.repository, bureau.folder / "mirror")
    served = {path.relative_to(bureau.repository.folder) for path in bureau.repository.folder.rglob("*") if path.is_file()}
    there = {path.relative_to(bureau.folder / "mirror") for path in (bureau.folder / "mirror").rglob("*") if path.is_file()}
    assert served <= there


def test_the_whole_way_on_the_command_line(tmp_path: Path) -> None:
    run = CliRunner()
    config = tmp_path / "fleet.toml"
    config.write_text('[server]\nstate_dir = "state"\n', encoding="ascii")
    sticks = [str(tmp_path / f"{name}.pem") for name in ("li", "zhao")]
    drafts = tmp_path / "state" / "repository-drafts"

    def said(*words: str, code: int = 0) -> str:
        done = run.invoke(release_verbs, words)
        assert done.exit_code == code, done.output
        return done.output

    for stick in sticks:
        assert "hand out" in said("keys", stick)
    said("keys", sticks[0], code=2)
    publics = [word for stick in sticks for kind in ("--root-key", "--targets-key") for word in (kind, f"{stick}.pub")]
    assert said("init", "--config", str(config), *publics).count("to sign:") == 3
    for stick in sticks:
        said("sign", *map(str, sorted(drafts.iterdir())), "--key", stick)
    assert said("publish", "--config", str(config)).count("published:") == 3
    wheels = release_wheels(tmp_path / "wheels", "2026.11.3")
    assert "no wheel of zhizhu 2026.12" in said("add", "2026.12", "--wheels", str(wheels), "--config", str(config), code=2)
    assert "2 wheels" in said("add", "2026.11.3", "--wheels", str(wheels), "--config", str(config), "--note", "新版")
    assert "0 of 2 signatures" in said("publish", "--config", str(config))
    assert "2026.11.3\tsigning" in said("list", "--config", str(config))
    for stick in sticks:
        said("sign", str(drafts / "targets.json"), "--key", stick)
    assert "published: targets.json" in said("publish", "--config", str(config))
    assert "2026.11.3\tpublished" in said("list", "--config", str(config))
    assert '"python": "3.11"' in said("show", "2026.11.3", "--config", str(config))
    assert "courier/timestamp" in said("show", "--config", str(config))
    assert "release 2026.11.3" in said("export-usb", str(tmp_path / "stick"), "2026.11.3", "--config", str(config))
    assert "files copied" in said("mirror", str(tmp_path / "mirror"), "--config", str(config))
    assert "no such release" in said("show", "2026.11.9", "--config", str(config), code=2)
    engine: Engine = open_engine(sqlite_url(tmp_path / "state" / "fleet.sqlite3"))
    with engine.connect() as connection:
        noted = connection.execute(select(audit.c.act, audit.c.about)).all()
    engine.dispose()
    assert ("release.add", "release 2026.11.3") in [tuple(row) for row in noted]
    assert ("key.turn", "release keys") in [tuple(row) for row in noted]
