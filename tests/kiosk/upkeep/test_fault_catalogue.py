import re
from pathlib import Path

import pytest

from drivers.catalog import CATALOG, kind_of
from drivers.contract.fault import Remedy, Severity
from kiosk.services.service import Capability
from kiosk.upkeep.fault_catalogue import SHIPPED, CatalogueError, FaultCatalogue, load_catalogue
from kiosk.upkeep.fault_words import DASHBOARD_WORDS, HOUSE, MANUAL_PAGE, dashboard_words, manual_page
from kiosk.upkeep.link_trouble import ROOMS

PROMISED = {
    "printer.paper_out",
    "printer.paper_low",
    "printer.cover_open",
    "printer.cutter_stuck",
    "printer.mechanical_error",
    "printer.head_hot",
    "printer.unrecoverable",
    "printer.offline",
    "printer.unreachable",
    "printer.silent",
    "printer.garbled",
    "printer.paper_jam",
    "printer.paper_not_taken",
    "reader.sam_failed",
    "reader.sam_unauthorised",
    "reader.rf_failing",
    "reader.card_left",
    "reader.photo_decoder_failed",
    "reader.noisy",
    "reader.unreachable",
    "reader.silent",
    "reader.garbled",
    "scanner.unreachable",
    "scanner.silent",
    "scanner.garbled",
    "scanner.reads_nothing",
    "scanner.noisy",
    "platform.offline",
    "display.not_drawing",
    "core.state_quarantined",
}

PRINTER = SHIPPED / "printer.toml"


@pytest.fixture(scope="module")
def catalogue() -> FaultCatalogue:
    return load_catalogue()


def test_every_published_code_is_there(catalogue: FaultCatalogue) -> None:
    assert not PROMISED - {entry.code for entry in catalogue}


def test_paper_out_is_a_blocking_fault_for_the_clerk(catalogue: FaultCatalogue) -> None:
    entry = catalogue.find("printer.paper_out")
    assert entry is not None
    assert (entry.severity, entry.remedy, entry.short) == (Severity.BLOCKING, Remedy.CLERK, "P01")
    assert entry.withdraws == (Capability.PRINT_RECEIPT,)
    assert entry.villager == "打印机缺纸"
    assert entry.clerk is not None
    assert entry.clerk.appeal == "换一卷凭条纸"


def test_villagers_and_clerks_read_no_english(catalogue: FaultCatalogue) -> None:
    for entry in catalogue:
        words = [entry.villager, entry.title_zh]
        if entry.clerk is not None:
            words += [entry.clerk.appeal, entry.clerk.hint, *entry.clerk.lines]
        assert not [word for word in words if re.search(r"[A-FH-Za-z]", word)], entry.code  # 4G is what villagers say


def test_every_device_class_in_use_has_words_for_every_trouble_of_its_link(catalogue: FaultCatalogue) -> None:
    for room in {ROOMS[kind_of(driver)] for driver in CATALOG}:
        for word in ("unreachable", "silent", "garbled", "driver_failed", "starting", "not_fitted"):
            assert catalogue.find(f"{room}.{word}") is not None


def _without(key: str) -> str:
    """The printer's faults, of which the first lacks one key."""
    text = PRINTER.read_text(encoding="utf-8")
    return re.sub(rf"^{key} = .*?(?=^\w+ = |^\[)", "", text, count=1, flags=re.M | re.S)


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "severity",
        "remedy",
        "title_zh",
        "title_en",
        "villager",
        "withdraws",
        "raise_for_s",
        "clear_for_s",
        "flap",
        "technician",
        "picture",
        "appeal",
        "lines",
        "hint",
    ],
)
def test_a_code_without_one_of_its_words_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "printer.toml").write_text(_without(key), encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"printer\.paper_out: (clerk\.)?{key}"):
        load_catalogue(tmp_path)


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = PRINTER.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "printer.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('short = "P01"', 'short = "P0001"', "short"),
        ('short = "P01"', 'short = "P03"', "already belongs to"),
        ('severity = "BLOCKING"', 'severity = "BAD"', "severity"),
        ('severity = "BLOCKING"', 'severity = "DEGRADED"', "withdraws"),
        ('remedy = "CLERK"', 'remedy = "WAIT"', "clerk"),
        ('withdraws = ["print_receipt"]', 'withdraws = ["fly"]', "withdraws"),
        ("raise_for_s = 0.0", "raise_for_s = -1.0", "raise_for_s"),
        ("raise_for_s = 0.0", 'raise_for_s = "0"', "raise_for_s"),
        ('"取出旧卷，放进新卷，"', '"先把旧卷取出来再把新卷放进去然后盖好盖子"', "18 fit"),
        ('picture = "change_receipt_roll"', 'picture = "a_picture_nobody_drew"', "picture"),
        ('short = "P05"', 'short = "P05"\nseverty = "x"', "severty"),
        ("reset_tries = 3", "reset_tries = 0", "reset_tries"),
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        load_catalogue(_changed(tmp_path, old, new))


def test_a_catalogue_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "printer.toml").write_text("= nothing", encoding="utf-8")
    with pytest.raises(CatalogueError, match="TOML"):
        load_catalogue(tmp_path)


def test_a_file_that_speaks_of_another_room_is_refused(tmp_path: Path) -> None:
    (tmp_path / "camera.toml").write_text(PRINTER.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"camera\.unreachable"):
        load_catalogue(tmp_path)


def test_a_folder_without_faults_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"printer\.toml"):
        load_catalogue(tmp_path)


def test_a_sticker_counts_as_one_character(tmp_path: Path) -> None:
    line = "一二三四五六七八九十一二三四五六七{4}"
    load_catalogue(_changed(tmp_path, "掀开{4}号盖，", line))


def test_the_dashboards_words_are_up_to_date(catalogue: FaultCatalogue) -> None:
    assert (HOUSE / DASHBOARD_WORDS).read_text(encoding="utf-8") == dashboard_words(catalogue)


def test_the_manual_is_up_to_date(catalogue: FaultCatalogue) -> None:
    assert (HOUSE / MANUAL_PAGE).read_text(encoding="utf-8") == manual_page(catalogue)
