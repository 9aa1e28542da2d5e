from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.id_card_reader.card_text import LAYOUTS, CardTextError, FieldName, layout_of, pack, parse_resident, unpack
from drivers.id_card_reader.id_number import is_valid
from drivers.id_card_reader.nations import NATIONS
from drivers.id_card_reader.samples import NOT_THERE_YET, SAMPLES, sample_photo, sample_text

RESIDENT = dict(SAMPLES["resident-1"])


def _card(**changes: str) -> IdCard:
    fields = RESIDENT | {FieldName[name.upper()]: value for name, value in changes.items()}
    return parse_resident(pack(fields, CardLayout.RESIDENT), b"")


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
    card = parse_resident(sample_text("resident-1"), sample_photo("resident-1"))
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
    card = parse_resident(sample_text("resident-2"), b"")
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


@given(st.binary(min_size=250, max_size=260))
def test_no_text_whatever_is_more_than_refused(text: bytes) -> None:
    layout_of(text)
    with pytest.raises(CardTextError):
        parse_resident(text, b"")


printable = st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))


@given(name=st.text(printable, min_size=1, max_size=7), address=st.text(printable, max_size=17))
def test_what_is_packed_is_unpacked(name: str, address: str) -> None:
    values = {FieldName.NAME: name, FieldName.ADDRESS: address}
    assert unpack(pack(values, CardLayout.RESIDENT), CardLayout.RESIDENT) == dict.fromkeys(
        (field.name for field in LAYOUTS[CardLayout.RESIDENT]), ""
    ) | {key: value.strip() for key, value in values.items()}


def test_what_does_not_fit_is_not_packed() -> None:
    with pytest.raises(ValueError, match="the field has 30"):
        pack({FieldName.NAME: "长" * 16}, CardLayout.RESIDENT)


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_are_readable_and_their_birth_and_sex_agree_with_their_numbers(sample: str) -> None:
    card = parse_resident(sample_text(sample), sample_photo(sample))
    assert is_valid(card.number)
    assert card.number[6:14] == f"{card.birth:%Y%m%d}"
    assert card.sex == ("男" if int(card.number[16]) % 2 else "女")
    assert len(card.photo) == 1024


@pytest.mark.parametrize("sample", NOT_THERE_YET)
def test_samples_of_the_next_issue_are_named_as_not_there_yet(sample: str) -> None:
    with pytest.raises(ValueError, match="not there yet"):
        sample_text(sample)


def test_an_unknown_sample_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="resident-1, resident-2"):
        sample_text("resident-99")
