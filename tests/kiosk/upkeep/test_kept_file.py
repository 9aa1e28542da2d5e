from pathlib import Path

import pytest

from kiosk.upkeep.kept_file import LARGEST_BYTES, read_kept, write_kept


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    write_kept(tmp_path / "k.json", {"纸": [1, 2.5, None]})
    write_kept(tmp_path / "k.json", {"纸": [3]})
    assert read_kept(tmp_path / "k.json") == {"纸": [3]}
    assert [path.name for path in tmp_path.iterdir()] == ["k.json"]


def test_nothing_kept_is_nothing(tmp_path: Path) -> None:
    assert read_kept(tmp_path / "k.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b" " * (LARGEST_BYTES + 1)])
def test_what_cannot_be_understood_is_put_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k.json"
    path.write_bytes(content)
    assert read_kept(path) is None
    assert not path.exists()
    assert (tmp_path / "k.json.corrupt").read_bytes() == content


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "k.json"
    write_kept(path, 1)
    with pytest.raises(TypeError):
        write_kept(path, object())
    assert read_kept(path) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["k.json"]
