"""A bureau of the tests' own: a CA, a list of machines that exist nowhere, and machines that ask to be let in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, func, select

from provisioning.fleet.authority import Authority
from provisioning.fleet.registry import identities, requests, serials
from provisioning.fleet.registry.acts import RegistryActs, Who
from provisioning.fleet.registry.enrolling import Enrolling
from provisioning.fleet.registry.identities import Identity
from provisioning.fleet.registry.renewing import Renewing
from provisioning.fleet.registry.requests import Request
from provisioning.fleet.registry.returning import Returning
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.registry.serials_file import Listed
from provisioning.wire.coming_back import ComingBack, prove
from provisioning.wire.enrolment import EnrolmentAsked, EnrolmentTold, Machine
from provisioning.wire.identity import Bearer, read_pem
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.store.schema import audit
from telemetry.wire.topics import KioskId

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
KIOSK = KioskId(county="yunxi", kiosk="guangming-1")
OTHER = KioskId(county="yunxi", kiosk="heping-1")
CLERK = Who(person=COMMAND_LINE)
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(32))
LIST = (
    Listed(serial="ZZ-SYN-0001", county="yunxi", kiosk="guangming-1", village="光明村", model="trial"),
    Listed(serial="ZZ-SYN-0002", county="yunxi", kiosk="heping-1", village="和平村", model="trial"),
    Listed(serial="ZZ-SYN-0003", county="yunxi", model="trial"),
)
"""The third waits for a person."""


@dataclass(kw_only=True)
class Box:
    """A machine with a key of its own."""

    serial: str
    hardware: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def csr(self) -> str:
        """A request for a certificate, signed anew."""
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(self.key, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def pem(self) -> str:
        """The key as it lies on the machine's disk."""
        private, no_password = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, private, no_password).decode("ascii")

    def turn_key(self) -> None:
        """Make another key."""
        self.key = ec.generate_private_key(ec.SECP256R1())


def proven(box: Box, certificate: str, last_key: ec.EllipticCurvePrivateKey, number: str) -> ComingBack:
    """Return what a machine says that comes back."""
    said = {"csr": box.csr, "hardware": box.hardware, "serial": box.serial}
    return prove(ComingBack(**said, certificate=certificate, number=number), last_key)


class Bureau:
    """The server's end without a server."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.authority = Authority.create(folder, name="trial", now=NOW)
        self.revocations = Revocations(engine, self.authority, folder)
        self.acts = RegistryActs(engine, self.authority, self.revocations)
        keys = (SIGNING.public_key(),)
        self.enrolling = Enrolling(engine, self.authority, self.revocations, keys=lambda: keys)
        self.renewing = Renewing(engine, self.authority, self.revocations, keys=lambda: keys)
        self.returning = Returning(engine, self.authority, self.revocations, keys=lambda: keys)
        with engine.begin() as connection:
            serials.put(connection, list(enumerate(LIST, start=2)), COMMAND_LINE, now=NOW)

    def code(self, serial: str, *, now: datetime = NOW) -> str:
        """Have a code made."""
        return self.acts.make_code(CLERK, serial, now=now)

    def ask(self, box: Box, code: str, *, now: datetime = NOW) -> EnrolmentTold:
        """Let a machine ask."""
        asked = EnrolmentAsked(serial=box.serial, code=code, csr=box.csr, hardware=box.hardware)
        return self.enrolling.ask(asked, address="192.0.2.7", now=now)

    def let_in(self, box: Box, *, now: datetime = NOW) -> Bearer:
        """Let a machine of the list in."""
        return read_pem(self.ask(box, self.code(box.serial, now=now), now=now).certificate.encode())

    def renew(self, box: Box, bearer: Bearer, *, now: datetime) -> EnrolmentTold:
        """Let a machine ask for its next certificate."""
        return self.renewing.ask(bearer, Machine(csr=box.csr, hardware=box.hardware), address="192.0.2.7", now=now)

    def come_back(self, box: Box, certificate: str, last_key: ec.EllipticCurvePrivateKey, *, now: datetime) -> EnrolmentTold:
        """Let a machine come back with a certificate that has ended; it asks for its key, and proves the last one."""
        number = self.returning.tell_number(now=now).number
        return self.returning.ask(proven(box, certificate, last_key, number), address="192.0.2.7", now=now)

    def opens(self, bearer: Bearer, *, now: datetime = NOW) -> bool:
        """Whether a certificate still opens anything."""
        return self.renewing.admit(bearer, now=now) is not None

    def identity(self, kiosk: KioskId = KIOSK) -> Identity | None:
        """Who a kiosk is."""
        with self.engine.connect() as connection:
            return identities.standing(connection, kiosk)

    @property
    def pending(self) -> tuple[Request, ...]:
        """Who waits."""
        with self.engine.connect() as connection:
            return requests.pending(connection)

    def noted(self, about: str) -> int:
        """How often the audit says so."""
        with self.engine.connect() as connection:
            question = select(func.count()).select_from(audit).where(audit.c.about == about)
            return int(connection.execute(question).scalar_one())
