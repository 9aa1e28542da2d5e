"""The service's own key: made once, kept to itself."""

from pathlib import Path

import pytest

from provisioning.fleet.signing import FILE, SigningKey, SigningKeyError
from provisioning.wire.signatures import unseal

KIND = "application/vnd.zhizhu.command+json"


def test_a_key_is_made_once_and_signs_ever_after(tmp_path: Path) -> None:
    first, again = SigningKey.open(tmp_path), SigningKey.open(tmp_path)
    assert first.id == again.id
    assert unseal(again.seal(b"{}", KIND), KIND, first.trusted) == b"{}"


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    SigningKey.open(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_key_others_can_read_is_refused_in_words(tmp_path: Path) -> None:
    SigningKey.open(tmp_path)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        SigningKey.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key at all"])
def test_a_spoilt_key_is_never_replaced_by_a_new_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(SigningKeyError, match="backup"):
        SigningKey.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content
