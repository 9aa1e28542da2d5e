import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.id_card_reader.card_fields import CardTextError, newest_address, parse_card
from drivers.id_card_reader.card_text import LAYOUTS, FieldName, layout_of, pack, unpack
from drivers.id_card_reader.id_number import is_valid
from drivers.id_card_reader.nations import NATIONS
from drivers.id_card_reader.samples import SAMPLES, sample_layout, sample_newest_address, sample_photo, sample_text

RESIDENT = dict(SAMPLES["resident-1"])


def _card(**changes: str) -> IdCard:
    fields = RESIDENT | {FieldName[name.upper()]: value for name, value in changes.items()}
    return parse_card(pack(fields, CardLayout.RESIDENT), b"")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_covers_the_256_bytes_without_gap_or_overlap(layout: CardLayout) -> None:
    at = 0
    for field in LAYOUTS[layout]:
        assert field.at == at
        at += field.length
    assert at == 256


def test_fields_stand_where_the_table_says() -> None:
    text = sample_text("resident-1")
    assert text[0:6].decode("utf-16-le") == "李秀珍"
    assert text[30:32].decode("utf-16-le") == "2"
    assert text[36:52].decode("utf-16-le") == "19580312"
    assert text[122:158].decode("utf-16-le") == "440804195803120027"
    assert text[204:208].decode("utf-16-le") == "长期"
    assert text[248:250] == b" \x00"


def test_a_resident_card_is_read_completely() -> None:
    card = parse_card(sample_text("resident-1"), sample_photo("resident-1"))
    assert card == IdCard(
        layout=CardLayout.RESIDENT,
        name="李秀珍",
        sex="女",
        nation="汉",
        birth=date(1958, 3, 12),
        address="广东省湛江市坡头区南三镇光明村12号",
        number="440804195803120027",
        authority="湛江市公安局坡头分局",
        valid_from=date(2008, 6, 1),
        valid_to=None,
        photo=sample_photo("resident-1"),
    )


def test_a_name_outside_gbk_and_a_last_day_of_validity_are_read() -> None:
    card = parse_card(sample_text("resident-2"), b"")
    assert card.name == "梁𬱖"
    with pytest.raises(UnicodeEncodeError):
        card.name.encode("gbk")
    assert card.valid_to == date(2039, 8, 15)


def test_a_small_x_on_the_chip_is_stored_as_a_large_one() -> None:
    assert _card(number="44082119860921031x").number == "44082119860921031X"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("01", "汉"),
        ("08", "壮"),
        ("25", "水"),
        ("26", "东乡"),
        ("46", "德昂"),
        ("56", "基诺"),
        ("97", "其他"),
        ("98", "外国血统"),
    ],
)
def test_nations_are_not_shifted_by_one(code: str, name: str) -> None:
    assert NATIONS[code] == name
    assert len(NATIONS) == 58


def test_an_unknown_nation_sends_nobody_away() -> None:
    assert _card(nation="77").nation == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "440804195803120028"),
        ("number", ""),
        ("name", ""),
        ("sex", "5"),
        ("birth", "19580231"),
        ("birth", "１９５80312"),
        ("valid_from", ""),
        ("valid_to", "长"),
        ("valid_to", "20391301"),
    ],
)
def test_what_makes_no_sense_is_refused_without_being_repeated(field: str, value: str) -> None:
    with pytest.raises(CardTextError) as caught:
        _card(**{field: value})
    assert not value or value not in str(caught.value)


def test_a_rare_character_as_private_use_code_stays() -> None:
    assert _card(name="李\ue863").name == "李\ue863"


def test_control_characters_and_padding_go() -> None:
    assert _card(name="李\x00秀\x1b珍 ", address="光明村\r\n3号\x00\x00").name == "李秀珍"


@pytest.mark.parametrize(
    ("letter", "layout"),
    [
        (" ", CardLayout.RESIDENT),
        ("\x00", CardLayout.RESIDENT),
        ("I", CardLayout.FOREIGNER_2017),
        ("J", CardLayout.HONGKONG_MACAU_TAIWAN),
        ("Y", CardLayout.FOREIGNER_2023),
        ("Q", None),
    ],
)
def test_the_letter_tells_the_layout(letter: str, layout: CardLayout | None) -> None:
    text = bytearray(sample_text("resident-1"))
    text[248:250] = letter.encode("utf-16-le")
    assert layout_of(bytes(text)) is layout


@pytest.mark.parametrize("length", [0, 1, 255, 257, 512, 1280])
def test_a_text_of_another_length_has_no_layout_and_is_refused(length: int) -> None:
    assert layout_of(bytes(length)) is None
    with pytest.raises(CardTextError, match=f"has 256 bytes, not {length}"):
        parse_card(bytes(length), b"")


def test_a_foreigner_s_card_of_2017_is_read_completely() -> None:
    card = parse_card(sample_text("foreigner-1"), sample_photo("foreigner-1"))
    assert card == IdCard(
        layout=CardLayout.FOREIGNER_2017,
        name="马佳然",
        sex="女",
        nation="",
        birth=date(1979, 6, 18),
        address="",
        number="CAN440079061802",
        authority="1500",
        valid_from=date(2018, 3, 1),
        valid_to=date(2028, 3, 1),
        photo=sample_photo("foreigner-1"),
        english_name="EXAMPLE, MARGARET ANNE",
        nationality="CAN",
    )


def test_a_card_for_hongkong_macau_and_taiwan_is_read_completely() -> None:
    card = parse_card(sample_text("hkmt-1"), sample_photo("hkmt-1"))
    assert card == IdCard(
        layout=CardLayout.HONGKONG_MACAU_TAIWAN,
        name="何志明",
        sex="男",
        nation="",
        birth=date(1984, 8, 8),
        address="广东省湛江市坡头区南调街道海湾路9号",
        number="810000198408080014",
        authority="湛江市公安局坡头分局",
        valid_from=date(2022, 5, 10),
        valid_to=date(2027, 5, 10),
        photo=sample_photo("hkmt-1"),
        permit_number="H00000000",
        times_issued=1,
    )


def test_a_foreigner_s_card_of_2023_is_read_completely_and_its_long_name_is_put_together() -> None:
    card = parse_card(sample_text("foreigner-2023-1"), sample_photo("foreigner-2023-1"))
    assert card == IdCard(
        layout=CardLayout.FOREIGNER_2023,
        name="夏乐然",
        sex="女",
        nation="",
        birth=date(1979, 6, 18),
        address="",
        number="944124197906180020",
        authority="",
        valid_from=date(2024, 1, 5),
        valid_to=date(2034, 1, 5),
        photo=sample_photo("foreigner-2023-1"),
        english_name="EXAMPLE-HYPHENATED, CHARLOTTE ELIZABETH ANNE",
        nationality="CAN",
        times_issued=1,
    )


@pytest.mark.parametrize(
    ("sample", "at", "written"),
    [
        ("foreigner-1", 0, "EXAMPLE"),
        ("foreigner-1", 120, "2"),
        ("foreigner-1", 122, "CAN440079061802"),
        ("foreigner-1", 152, "CAN"),
        ("foreigner-1", 158, "马佳然"),
        ("foreigner-1", 188, "20180301"),
        ("foreigner-1", 204, "20280301"),
        ("foreigner-1", 220, "19790618"),
        ("foreigner-1", 236, "01"),
        ("foreigner-1", 240, "1500"),
        ("foreigner-1", 248, "I"),
        ("hkmt-1", 122, "810000198408080014"),
        ("hkmt-1", 220, "H00000000"),
        ("hkmt-1", 238, "01"),
        ("hkmt-1", 248, "J"),
        ("foreigner-2023-1", 32, "01"),
        ("foreigner-2023-1", 36, "19790618"),
        ("foreigner-2023-1", 52, "EXAMPLE-"),
        ("foreigner-2023-1", 122, "944124197906180020"),
        ("foreigner-2023-1", 220, "BETH ANNE"),
        ("foreigner-2023-1", 242, "CAN"),
        ("foreigner-2023-1", 248, "Y"),
    ],
)
def test_fields_of_every_layout_stand_where_the_table_says(sample: str, at: int, written: str) -> None:
    raw = written.encode("utf-16-le")
    assert sample_text(sample)[at : at + len(raw)] == raw


@pytest.mark.parametrize("sample", ["foreigner-1", "foreigner-2023-1"])
def test_a_foreigner_without_a_chinese_name_goes_by_the_english_one(sample: str) -> None:
    fields = dict(SAMPLES[sample]) | {FieldName.NAME: ""}
    card = parse_card(pack(fields, sample_layout(sample)), b"")
    assert card.name == card.english_name == SAMPLES[sample][FieldName.ENGLISH_NAME]
    with pytest.raises(CardTextError, match="'name' is empty"):
        parse_card(pack(fields | {FieldName.ENGLISH_NAME: ""}, sample_layout(sample)), b"")


def test_a_blank_where_a_name_goes_over_into_its_second_field_is_kept() -> None:
    name = "A" * 34 + " " + "B" * 11
    fields = dict(SAMPLES["foreigner-2023-1"]) | {FieldName.ENGLISH_NAME: name}
    assert parse_card(pack(fields, CardLayout.FOREIGNER_2023), b"").english_name == name


def test_a_foreigner_s_card_can_be_valid_for_life() -> None:
    fields = dict(SAMPLES["foreigner-1"]) | {FieldName.VALID_TO: "长期"}
    assert parse_card(pack(fields, CardLayout.FOREIGNER_2017), b"").valid_to is None


@pytest.mark.parametrize("number", ["", "CAN44007906180", "440079061802CAN", "CAN4400790618O2"])
def test_a_foreigner_s_number_that_is_none_is_refused_without_being_repeated(number: str) -> None:
    fields = dict(SAMPLES["foreigner-1"]) | {FieldName.NUMBER: number}
    with pytest.raises(CardTextError) as caught:
        parse_card(pack(fields, CardLayout.FOREIGNER_2017), b"")
    assert not number or number not in str(caught.value)


def test_the_last_of_the_addresses_that_were_added_is_the_newest() -> None:
    assert newest_address(sample_newest_address("resident-2")) == "广东省湛江市坡头区乾塘镇沙城村一队5号"
    assert newest_address("乾塘镇5号".encode("utf-16-le")) == "乾塘镇5号"
    padded = "乾塘镇5号".ljust(35).encode("utf-16-le") + bytes(" " * 105, "utf-16-le")
    assert newest_address(padded) == "乾塘镇5号"


@pytest.mark.parametrize("raw", [b"", bytes(70), b" \x00" * 35, b"1\x00" * 35, b"\x00"])
def test_an_address_without_a_letter_is_none(raw: bytes) -> None:
    assert newest_address(raw) == ""


@given(st.binary(max_size=300))
def test_no_bytes_whatever_are_more_than_an_address_or_none(raw: bytes) -> None:
    address = newest_address(raw)
    assert len(address) <= 35
    assert address.isprintable() or not address.isascii()


@given(st.binary(min_size=250, max_size=260), st.sampled_from([b" \x00", *(letter.encode("utf-16-le") for letter in "IJYQ")]))
def test_no_text_whatever_is_more_than_refused(text: bytes, letter: bytes) -> None:
    lettered = text[:248] + letter + text[250:]
    layout_of(lettered)
    with pytest.raises(CardTextError):
        parse_card(lettered, b"")


@given(sample=st.sampled_from(sorted(SAMPLES)), at=st.integers(0, 255), byte=st.integers(0, 255))
def test_a_card_with_one_wrong_byte_is_refused_or_still_has_a_name_and_a_number(sample: str, at: int, byte: int) -> None:
    text = bytearray(sample_text(sample))
    text[at] = byte
    with contextlib.suppress(CardTextError):
        card = parse_card(bytes(text), b"")
        assert card.name
        assert card.layout is CardLayout.FOREIGNER_2017 or is_valid(card.number)


printable = st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))


@given(layout=st.sampled_from(CardLayout), name=st.text(printable, max_size=7), number=st.text(printable, max_size=7))
def test_what_is_packed_is_unpacked(layout: CardLayout, name: str, number: str) -> None:
    values = {FieldName.NAME: name, FieldName.NUMBER: number}
    assert unpack(pack(values, layout), layout) == dict.fromkeys((field.name for field in LAYOUTS[layout]), "") | values


def test_what_does_not_fit_is_not_packed() -> None:
    with pytest.raises(ValueError, match="the field has 30"):
        pack({FieldName.NAME: "长" * 16}, CardLayout.RESIDENT)
    with pytest.raises(ValueError, match="takes 94 bytes, the field has 92"):
        pack({FieldName.ENGLISH_NAME: "A" * 47}, CardLayout.FOREIGNER_2023)
    with pytest.raises(ValueError, match="the field has 0"):
        pack({FieldName.PERMIT_NUMBER: "H1"}, CardLayout.RESIDENT)


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_are_readable_and_their_birth_and_sex_agree_with_their_numbers(sample: str) -> None:
    card = parse_card(sample_text(sample), sample_photo(sample))
    assert len(card.photo) == 1024
    if card.layout is CardLayout.FOREIGNER_2017:
        assert card.number[7:13] == f"{card.birth:%y%m%d}"
        return
    assert is_valid(card.number)
    assert card.number[6:14] == f"{card.birth:%Y%m%d}"
    assert card.sex == ("男" if int(card.number[16]) % 2 else "女")


def test_one_sample_is_expired_and_the_others_are_not() -> None:
    today = date(2026, 11, 22)
    cards = {sample: parse_card(sample_text(sample), b"") for sample in SAMPLES}
    assert [sample for sample, card in cards.items() if card.valid_to and card.valid_to < today] == ["resident-expired"]


def test_nothing_of_any_layout_shows_in_a_repr() -> None:
    for sample in SAMPLES:
        card = parse_card(sample_text(sample), sample_photo(sample))
        shown = repr(card)
        for secret in (card.name, card.number, card.english_name, card.permit_number, card.nationality, card.address):
            assert not secret or secret not in shown


def test_an_unknown_sample_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="resident-1, resident-2"):
        sample_text("resident-99")
