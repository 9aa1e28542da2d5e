from pathlib import Path

import pytest

from screens.fonts import COLLECTIONS, find_fonts

HAS_NOTO = any((folder / "NotoSansCJK-Regular.ttc").exists() for folder in COLLECTIONS)


@pytest.mark.skipif(not HAS_NOTO, reason="fonts-noto-cjk is not installed")
def test_the_chinese_face_is_taken_out_once(tmp_path: Path) -> None:
    first = find_fonts(tmp_path)
    taken = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert set(taken) == {Path(first.regular), Path(first.bold)}
    assert find_fonts(tmp_path) == first
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == taken


def test_a_machine_with_one_plain_font_thickens_it(tmp_path: Path) -> None:
    plain = tmp_path / "plain.ttc"
    plain.write_bytes(b"font")
    fonts = find_fonts(tmp_path, collections=(), fallback=plain)
    assert (fonts.regular, fonts.bold, fonts.is_bold_made) == (str(plain), str(plain), True)


def test_a_machine_without_chinese_shapes_names_the_packages(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="fonts-noto-cjk"):
        find_fonts(tmp_path, collections=(), fallback=tmp_path / "none")
