"""Sample cards for the far end: invented people, for training, demonstration and tests.

Names, addresses and numbers are made up. The numbers pass the check of GB 11643 because a reader that refused them would
teach nobody anything; the order codes in them were picked at random.
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from drivers.contract.id_card_reader import CardLayout
from drivers.id_card_reader.card_fields import ADDRESS_LENGTH
from drivers.id_card_reader.card_text import FOR_LIFE, FieldName, pack

PHOTO_LENGTH = 1024
FINGERPRINT_LENGTH = 1024
BODY_NUMBER_LENGTH = 28

SAMPLES: Mapping[str, Mapping[FieldName, str]] = MappingProxyType(
    {
        "resident-1": {
            FieldName.NAME: "李秀珍",
            FieldName.SEX: "2",
            FieldName.NATION: "01",
            FieldName.BIRTH: "19580312",
            FieldName.ADDRESS: "广东省湛江市坡头区南三镇光明村12号",
            FieldName.NUMBER: "440804195803120027",
            FieldName.AUTHORITY: "湛江市公安局坡头分局",
            FieldName.VALID_FROM: "20080601",
            FieldName.VALID_TO: FOR_LIFE,
        },
        # A character outside GBK and outside the first plane, an X at the end, a region code abolished in 1994, fingerprints
        # and a newer address.
        "resident-2": {
            FieldName.NAME: "梁𬱖",
            FieldName.SEX: "1",
            FieldName.NATION: "08",
            FieldName.BIRTH: "19860921",
            FieldName.ADDRESS: "广东省湛江市坡头区南三镇光明村新屋队3号",
            FieldName.NUMBER: "44082119860921031X",
            FieldName.AUTHORITY: "湛江市公安局坡头分局",
            FieldName.VALID_FROM: "20190815",
            FieldName.VALID_TO: "20390815",
        },
        "resident-expired": {
            FieldName.NAME: "陈阿福",
            FieldName.SEX: "1",
            FieldName.NATION: "01",
            FieldName.BIRTH: "19490115",
            FieldName.ADDRESS: "广东省湛江市坡头区南三镇光明村7号",
            FieldName.NUMBER: "440804194901150014",
            FieldName.AUTHORITY: "湛江市公安局坡头分局",
            FieldName.VALID_FROM: "20050620",
            FieldName.VALID_TO: "20250620",
        },
        "foreigner-1": {
            FieldName.ENGLISH_NAME: "EXAMPLE, MARGARET ANNE",
            FieldName.NAME: "马佳然",
            FieldName.SEX: "2",
            FieldName.BIRTH: "19790618",
            FieldName.NUMBER: "CAN440079061802",
            FieldName.NATIONALITY: "CAN",
            FieldName.AUTHORITY: "1500",
            FieldName.VERSION: "01",
            FieldName.VALID_FROM: "20180301",
            FieldName.VALID_TO: "20280301",
            FieldName.LETTER: CardLayout.FOREIGNER_2017,
        },
        "hkmt-1": {
            FieldName.NAME: "何志明",
            FieldName.SEX: "1",
            FieldName.BIRTH: "19840808",
            FieldName.ADDRESS: "广东省湛江市坡头区南调街道海湾路9号",
            FieldName.NUMBER: "810000198408080014",
            FieldName.AUTHORITY: "湛江市公安局坡头分局",
            FieldName.VALID_FROM: "20220510",
            FieldName.VALID_TO: "20270510",
            FieldName.PERMIT_NUMBER: "H00000000",
            FieldName.TIMES_ISSUED: "01",
            FieldName.LETTER: CardLayout.HONGKONG_MACAU_TAIWAN,
        },
        # An English name longer than the first of its two fields.
        "foreigner-2023-1": {
            FieldName.NAME: "夏乐然",
            FieldName.ENGLISH_NAME: "EXAMPLE-HYPHENATED, CHARLOTTE ELIZABETH ANNE",
            FieldName.SEX: "2",
            FieldName.BIRTH: "19790618",
            FieldName.NUMBER: "944124197906180020",
            FieldName.NATIONALITY: "CAN",
            FieldName.TIMES_ISSUED: "01",
            FieldName.VALID_FROM: "20240105",
            FieldName.VALID_TO: "20340105",
            FieldName.LETTER: CardLayout.FOREIGNER_2023,
        },
    }
)
"""Sample name -> the fields on its chip."""

NEWEST_ADDRESSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"resident-2": ("广东省湛江市坡头区南三镇光明村村口8号", "广东省湛江市坡头区乾塘镇沙城村一队5号")}
)
"""Sample name -> the addresses that were added to its chip, oldest first."""

WITH_FINGERPRINT = frozenset({"resident-2"})
"""Samples whose chips hold fingerprints, as those of cards issued since 2013 may."""

NOT_THERE_YET: tuple[str, ...] = ()
"""Sample names that are spoken for: their cards cannot be read yet."""


def sample_text(sample: str) -> bytes:
    """Return the 256 bytes of text on a sample card.

    Raises:
        ValueError: There is no such sample.
    """
    if sample not in SAMPLES:
        raise ValueError(f"there is no sample {sample!r}; there are: {', '.join(SAMPLES)}")
    return pack(SAMPLES[sample], sample_layout(sample))


def sample_layout(sample: str) -> CardLayout:
    """Tell which layout a sample card has."""
    return CardLayout(SAMPLES[sample].get(FieldName.LETTER, CardLayout.RESIDENT))


def sample_photo(sample: str) -> bytes:
    """Return 1024 bytes that stand for the compressed picture: always the same for a sample, a picture of nobody."""
    return _invented(sample, PHOTO_LENGTH)


def sample_fingerprint(sample: str) -> bytes:
    """Return 1024 bytes that stand for fingerprints, nobody's; empty for a card that has none."""
    return _invented(f"{sample} fingerprint", FINGERPRINT_LENGTH) if sample in WITH_FINGERPRINT else b""


def sample_body_number(sample: str) -> bytes:
    """Return the number of the piece of plastic."""
    return _invented(f"{sample} body number", BODY_NUMBER_LENGTH)


def sample_newest_address(sample: str) -> bytes:
    """Return what "read newest address" answers; empty for a card to which none was added."""
    padded = (address.ljust(ADDRESS_LENGTH // 2) for address in NEWEST_ADDRESSES.get(sample, ()))
    return b"".join(address.encode("utf-16-le") for address in padded)


def _invented(seed: str, length: int) -> bytes:
    blocks = (hashlib.sha256(f"{seed} {n}".encode()).digest() for n in range(-(-length // 32)))
    return b"".join(blocks)[:length]
