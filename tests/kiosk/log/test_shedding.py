from pathlib import Path

from kiosk.log.shedding import shed_oldest


def test_the_oldest_file_goes_first_and_the_one_being_written_stays(tmp_path: Path) -> None:
    for name in ("kiosk.log", "kiosk.log.2", "kiosk.log.10", "display.out"):
        (tmp_path / name).write_bytes(b"12345")
    assert shed_oldest(tmp_path) == 5
    assert sorted(file.name for file in tmp_path.iterdir()) == ["display.out", "kiosk.log", "kiosk.log.2"]
    assert shed_oldest(tmp_path) == 5
    assert shed_oldest(tmp_path) == 0
    assert (tmp_path / "kiosk.log").exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert shed_oldest(tmp_path / "log") == 0
