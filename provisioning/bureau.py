"""Composition of the bureau's part of the server: what kiosks come to, what is told to them, what they answer, the desk."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

from fastapi import Depends
from sqlalchemy import Engine

from provisioning.fleet.audit.anchors import Anchoring
from provisioning.fleet.authority import keep_own
from provisioning.fleet.authority.authority import CERTIFICATE, LIST
from provisioning.fleet.clone_book import CloneBook
from provisioning.fleet.commands import bundles
from provisioning.fleet.commands.command_line import terms_of
from provisioning.fleet.commands.delivery import Delivery
from provisioning.fleet.commands.old_bundles import OldBundles
from provisioning.fleet.commands.outcome_book import OutcomeBook
from provisioning.fleet.config.book import DesiredBook
from provisioning.fleet.config.convergence import Convergence
from provisioning.fleet.keys.following import KeyBook, KeyDelivery
from provisioning.fleet.kiosk_door import has_authority, open_house
from provisioning.fleet.kiosk_door.caller import caller
from provisioning.fleet.kiosk_door.house import House
from provisioning.fleet.releases import serving
from provisioning.fleet.releases.freshness import Freshness
from provisioning.fleet.releases.report_book import ReleaseBook
from provisioning.fleet.releases.repository import Repository
from provisioning.fleet.rollouts.runner import RolloutRunner
from provisioning.fleet.sending_away import SendingAway
from provisioning.fleet.signing import AUTHORITY, SigningKey
from provisioning.fleet.web.desk import build_desk
from telemetry.fleet.broker_door.files import DoorFiles
from telemetry.fleet.eviction import evict
from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.store.book import Book
from telemetry.fleet.web.desk import Desk
from telemetry.mqtt import Address, Credentials
from telemetry.wire.topics import Down, KioskId

LOOPBACK_NAMES = ("localhost", "127.0.0.1")
Loop = tuple[str, Callable[[], Awaitable[None]]]
"""What runs beside the web, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bureau:
    """The bureau at one server.

    Attributes:
        house: Who belongs to it; None while there is no CA, and no kiosk can come.
    """

    settings: FleetSettings
    engine: Engine
    folder: Path
    now: Callable[[], datetime]
    repository: Repository
    house: House | None

    @classmethod
    def open(cls, settings: FleetSettings, engine: Engine, folder: Path, *, now: Callable[[], datetime]) -> Self:
        """Open it in a state folder. Blocking: where there is a CA, the list of revoked certificates is written.

        Raises:
            AuthorityError: The CA cannot be used.
            SigningKeyError: The signing key cannot be used.
            OSError: The disk does not take what has to be written.
        """
        authority = folder / AUTHORITY
        repository = Repository(folder / "repository", authority=authority)
        house = None
        if has_authority(authority):
            house = open_house(
                engine,
                authority,
                names=_names(settings),
                keys=lambda: (SigningKey.open(authority).public,),
                now=now,
                routers=(
                    bundles.router(engine, folder=folder),
                    serving.router(folder / "repository", dependencies=[Depends(caller)]),
                ),
            )
        return cls(settings=settings, engine=engine, folder=folder, now=now, repository=repository, house=house)

    @property
    def broker_files(self) -> DoorFiles | None:
        """What the embedded broker's door goes by; None without a CA."""
        return None if self.house is None else DoorFiles(own=self._credentials(self.house)[0], revoked=self._authority / LIST)

    @property
    def broker_credentials(self) -> Credentials | None:
        """What the service itself shows a broker that speaks TLS; None without a CA."""
        return None if self.house is None else self._credentials(self.house)[1]

    @property
    def books(self) -> tuple[Book, ...]:
        """What is kept of kiosks' answers, in the transaction that stores them; before the books that follow from it."""
        return DesiredBook(), ReleaseBook(self.engine), OutcomeBook(self.engine), KeyBook(self.engine)

    @property
    def last_books(self) -> tuple[Book, ...]:
        """What notes in the audit, whose end it then holds: after every other book has what it changes, as any act does."""
        return (CloneBook(),)

    @property
    def desk(self) -> Desk:
        """Its pages."""
        return build_desk(
            self.engine,
            now=self.now,
            terms=terms_of(self.settings.commands),
            folder=self.folder,
            registry=None if self.house is None else self.house.acts,
            door_url=self.settings.kiosk_door.url,
        )

    def loops(
        self, tell: Callable[[KioskId, Down, bytes], bool], *, changed: Callable[[frozenset[KioskId]], None]
    ) -> tuple[Loop, ...]:
        """Return everything that runs for as long as the service does.

        Args:
            tell: ``Ingest.tell``.
            changed: ``Changes.publish``: which kiosks stand elsewhere now, so that open pages show it.
        """
        anchoring = Anchoring(
            self.engine,
            folder=self.folder,
            key=self._key,
            every=timedelta(hours=self.settings.audit.anchor_every_h),
            now=self.now,
        )
        convergence = Convergence(
            self.engine, key=self._key, tell=tell, now=self.now, told_a_second=self.settings.desired.told_a_second
        )
        loops: list[Loop] = [
            ("audit anchors", anchoring.run),
            ("rollouts", RolloutRunner(self.engine, now=self.now, changed=changed).run),
            ("desired state", convergence.run),
            ("keys", KeyDelivery(self.engine, tell=tell, now=self.now, authority=self._authority).run),
            ("commands", Delivery(self.engine, key=self._key, tell=tell, now=self.now).run),
            ("releases", Freshness(self.repository, now=self.now).run),
            ("old bundles", self._old_bundles.run),
        ]
        if (house := self.house) is not None:
            loops.append(("revocations", lambda: house.revocations.run(self.now)))
            if self.settings.broker.url is not None and (address := Address.parse(self.settings.broker.url)).is_secure:
                credentials = self._credentials(house)[1]
                away = SendingAway(self.engine, partial(evict, address=address, credentials=credentials), now=self.now)
                loops.append(("sending away", away.run))
        return tuple(loops)

    @property
    def _old_bundles(self) -> OldBundles:
        keeping = self.settings.retention
        return OldBundles(
            self.folder, kept_for=timedelta(days=keeping.bundles_days), every=timedelta(hours=keeping.every_h), now=self.now
        )

    @property
    def _authority(self) -> Path:
        return self.folder / AUTHORITY

    def _credentials(self, house: House) -> tuple[Credentials, Credentials]:
        own = keep_own(house.authority, self._authority, _names(self.settings), now=self.now())
        server, client = (
            Credentials(ca=self._authority / CERTIFICATE, certificate=each.certificate, key=each.key) for each in own
        )
        return server, client

    def _key(self) -> SigningKey:
        """Return what signs now; turned from the command line, it is another one from then on."""
        return SigningKey.open(self._authority)


def _names(settings: FleetSettings) -> tuple[str, ...]:
    """Return every name the server's certificate is for: what kiosks call, and by what the service finds its own broker."""
    return tuple(dict.fromkeys((*settings.kiosk_door.names, *LOOPBACK_NAMES, settings.broker.own_host)))
