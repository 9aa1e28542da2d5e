"""Traces: what nobody may find after a fault: a person in what is kept, told or logged, and a traceback on the glass."""

from collections.abc import Iterator, Sequence

from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES
from tests.whole.kiosk import Surroundings

PERSONAL = (FieldName.NAME, FieldName.ENGLISH_NAME, FieldName.NUMBER, FieldName.ADDRESS)
SPELLINGS = ("utf-8", "utf-16-le", "gb18030")


def assert_nothing_personal(kiosk: Surroundings) -> None:
    """Nothing of any sample person stands in what the kiosk keeps and has told; her page shows no traceback."""
    kept = kiosk.everything_kept()
    found = [words for words, needles in _needles() if any(needle in kept for needle in needles)]
    assert found == []
    assert "Traceback" not in repr(kiosk.glass.view)
    assert "Error" not in repr(kiosk.glass.view)


def assert_clean_log(entries: Sequence[object]) -> None:
    """The log names nobody, and nothing broke in a way that nobody had thought of."""
    said = "\n".join(map(repr, entries))
    assert [words for words, needles in _needles() if needles[0].decode() in said] == []
    assert [entry for entry in entries if isinstance(entry, dict) and entry.get("log_level") in ("error", "critical")] == []


def _needles() -> Iterator[tuple[str, tuple[bytes, ...]]]:
    for sample, fields in SAMPLES.items():
        for field in PERSONAL:
            if text := fields.get(field, ""):
                escaped = text.encode("unicode_escape")
                yield f"{field} of {sample}", (*(text.encode(spelling) for spelling in SPELLINGS), escaped)
