"""The document: what it may say, who may take it, and how layers lie over one another."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.wire.desired_state import (
    MAX_DOCUMENT_BYTES,
    Accept,
    Addressee,
    Document,
    DocumentError,
    Reason,
    Refuse,
    judge,
    read_document,
    write_document,
)
from provisioning.wire.layering import Tree, at, covers, leaves, overlaid, without_nulls

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OURS = Addressee(county="potou", kiosk="kiosk-1")


def document(version: int = 7, *, addressee: Addressee = OURS, issued_at: datetime = NOON, days: int = 7) -> Document:
    return Document(
        addressee=addressee,
        version=version,
        issued_at=issued_at,
        expires_at=issued_at + timedelta(days=days),
        settings={"kiosk": {"help_phone": "12345"}},
    )


def verdict(
    wanted: Document, *, in_force: int = 5, newest: int = 6, now: datetime = NOON, is_trusted: bool = True
) -> Accept | Refuse:
    return judge(wanted, OURS, in_force_version=in_force, newest_seen=newest, now=now, clock_is_trusted=is_trusted)


def refused(wanted: Document, *, newest: int = 6, now: datetime = NOON) -> Reason | None:
    said = verdict(wanted, newest=newest, now=now)
    return said.reason if isinstance(said, Refuse) else None


def test_a_newer_document_of_our_own_is_taken() -> None:
    assert verdict(document()) == Accept()


def test_what_is_another_kiosks_or_another_countys_is_refused() -> None:
    assert refused(document(addressee=Addressee(county="potou", kiosk="kiosk-2"))) is Reason.NOT_OURS
    assert refused(document(addressee=Addressee(county="lanxi", kiosk="kiosk-1"))) is Reason.NOT_OURS


def test_an_older_one_is_refused_even_when_the_newest_went_back() -> None:
    assert refused(document(6), newest=7) is Reason.OLDER
    assert refused(document(7), newest=7) is Reason.KNOWN
    assert refused(document(5)) is Reason.OLDER


def test_a_kiosk_that_knows_the_time_refuses_what_is_over_or_not_yet() -> None:
    assert refused(document(), now=NOON + timedelta(days=8)) is Reason.EXPIRED
    assert refused(document(), now=NOON - timedelta(days=2)) is Reason.FROM_THE_FUTURE
    assert refused(document(), now=NOON - timedelta(hours=23)) is None


@pytest.mark.parametrize("year", [1970, 2004, 2099])
def test_a_clock_nobody_confirmed_is_held_against_nothing(year: int) -> None:
    assert verdict(document(), now=datetime(year, 1, 1, tzinfo=UTC), is_trusted=False) == Accept()


def test_a_kiosk_that_was_away_for_a_year_takes_the_newest_signed_today() -> None:
    later = NOON + timedelta(days=365)
    assert verdict(document(4_000, issued_at=later), now=later) == Accept()


def test_what_is_written_is_read_again() -> None:
    assert read_document(write_document(document())) == document()


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2}, {"version": 0}, {"version": "8"}, {"version": 2**60}, {"colour": "red"}, {"settings": []},
        {"issued_at": "yesterday"}, {"issued_at": "2026-11-22T12:00:00"}, {"expires_at": "2020-01-01T00:00:00Z"},
        {"addressee": {"county": "../..", "kiosk": "kiosk-1"}}, {"release": {"version": "../x"}},
        {"release": {"version": "1", "at": "whenever"}},
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused_whole(change: dict[str, object]) -> None:
    parsed = json.loads(write_document(document())) | change
    with pytest.raises(DocumentError):
        read_document(json.dumps(parsed).encode())


@pytest.mark.parametrize(
    "garbage",
    [
        b"", b"\xff\xfe", b"[]", b"null", b'{"version": NaN}', b'{"a": 1, "a": 2}', b"[" * 60_000,
        b" " * (MAX_DOCUMENT_BYTES + 1), b'{"settings":' * 40 + b"1" + b"}" * 40, b'"\\ud800"',
    ],
)  # fmt: skip
def test_garbage_is_no_document_and_nothing_worse(garbage: bytes) -> None:
    with pytest.raises(DocumentError):
        read_document(garbage)


def test_a_document_too_big_for_a_kiosk_is_never_signed() -> None:
    with pytest.raises(DocumentError, match="at most 65536"):
        write_document(document().model_copy(update={"settings": {"x": "y" * MAX_DOCUMENT_BYTES}}))


def test_tables_merge_lists_are_replaced_and_null_takes_away() -> None:
    below: Tree = {"device": {"printer": {"port": "a", "settings": {"width_mm": 80}}, "scanner": {"port": "b"}}, "list": [1, 2]}
    above: Tree = {"device": {"printer": {"port": "c"}, "scanner": None}, "list": [3]}
    merged = overlaid(below, above)
    assert merged == {"device": {"printer": {"port": "c", "settings": {"width_mm": 80}}, "scanner": None}, "list": [3]}
    assert without_nulls(merged) == {"device": {"printer": {"port": "c", "settings": {"width_mm": 80}}}, "list": [3]}
    assert dict(leaves(below))["device.printer.settings.width_mm"] == 80
    assert at(below, "device.printer.port") == "a"
    assert at(below, "device.nobody.port") is None
    assert covers("device.printer", "device.printer.port")
    assert not covers("device.print", "device.printer")


trees = st.recursive(
    st.none() | st.booleans() | st.integers(),
    lambda each: st.dictionaries(st.sampled_from("abc"), each, max_size=3),
    max_leaves=12,
).filter(lambda each: isinstance(each, dict))


@given(trees, trees)
def test_what_the_upper_one_says_holds_and_what_it_does_not_name_stays(low: Tree, high: Tree) -> None:
    merged = overlaid(low, high)
    assert all(at(merged, path) == value for path, value in leaves(high) if value != {})
    assert all(merged[key] == value for key, value in low.items() if key not in high)


@given(trees, trees)
def test_merging_changes_neither_of_the_two(low: Tree, high: Tree) -> None:
    before = json.dumps([low, high])
    overlaid(low, high)
    assert json.dumps([low, high]) == before
