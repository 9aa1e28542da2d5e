"""Passwords: which are refused, and the one place where the hashing library is met."""

from threading import BoundedSemaphore

from argon2.exceptions import Argon2Error
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST = 10
"""Characters. Length is what a guesser pays for (NIST SP 800-63B asks for 8 with a check against common ones)."""
LONGEST = 200
"""Characters; a longer one only makes the server work."""
AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and a core, and guesses must not take the machine from the kiosks."""

COMMON = frozenset({
    "1234567890", "12345678910", "0123456789", "9876543210", "0987654321", "1111111111", "0000000000", "8888888888",
    "6666666666", "1234512345", "1122334455", "1231231231", "1234554321", "5201314520", "1314520520", "13800138000",
    "password12", "password123", "passw0rd123", "p@ssw0rd123", "password1234", "mypassword", "admin12345", "admin123456",
    "administrator", "administrator1", "adminadmin", "rootrootroot", "changeme123", "letmein123", "welcome123", "welcome1234",
    "qwertyuiop", "qwerty12345", "qwerty123456", "1qaz2wsx3edc", "1q2w3e4r5t", "1q2w3e4r5t6y", "q1w2e3r4t5", "zaq12wsxcde3",
    "asdfghjkl1", "asdfghjkl;", "zxcvbnm123", "abcdefghij", "abcd123456", "abc1234567", "a123456789", "aa12345678",
    "aa123456789", "qq123456789", "woaini1314", "woaini1314520", "woaini520", "iloveyou123", "iloveyou1314", "wang123456",
    "zhizhu12345", "zhizhu123456", "zhizhufleet", "zhizhu-fleet", "china12345", "china123456", "beijing2008", "test123456",
})  # fmt: skip
"""What a guesser tries first, as far as it is long enough; compared without letter case."""


class WeakError(ValueError):
    """A password that would be guessed. ``why`` is one of ``short``, ``long``, ``common``, ``name``."""

    def __init__(self, why: str) -> None:
        super().__init__({
            "short": f"the password must have at least {SHORTEST} characters",
            "long": f"the password must have at most {LONGEST} characters",
            "common": "the password is one of those everybody tries first",
            "name": "the password must not be the name, nor the name with something added",
        }[why])  # fmt: skip
        self.why = why


def check(password: str, *, name: str) -> None:
    """Refuse a password that would be guessed.

    Raises:
        WeakError: It would.
    """
    plain = password.casefold()
    if len(password) < SHORTEST:
        raise WeakError("short")
    if len(password) > LONGEST:
        raise WeakError("long")
    if plain in COMMON or len(set(plain)) < 4:
        raise WeakError("common")
    if plain.replace(name.casefold(), "").strip("0123456789!@#._-") == "":
        raise WeakError("name")


class Passwords:
    """Hashes and compares. Blocking, tens of milliseconds each on purpose; call it from a worker thread."""

    def __init__(self, *, passes: int = 3, memory_kib: int = 65_536) -> None:
        """Begin with argon2id's second recommended setting (RFC 9106); less only where no real password is kept."""
        self._hash = PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=1),))
        self._room = BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hash.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is stored."""
        with self._room:
            return self._hash.hash(password)

    def matches(self, password: str, stored: str | None) -> bool:
        """Compare; with None, for a name nobody has, it takes as long and is never true."""
        with self._room:
            try:
                is_right = self._hash.verify(password[:LONGEST], stored or self._nobodys)
            except (PwdlibError, Argon2Error):
                return False
        return is_right and stored is not None
