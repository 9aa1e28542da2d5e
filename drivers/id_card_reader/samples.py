"""Sample cards for the far end: invented people, for training, demonstration and tests.

Names, addresses and numbers are made up. The numbers pass the check of GB 11643 because a reader that refused them would
teach nobody anything; the order codes in them were picked at random.
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from drivers.contract.id_card_reader import CardLayout
from drivers.id_card_reader.card_text import FOR_LIFE, FieldName, pack

PHOTO_LENGTH = 1024

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
        # A character outside GBK and outside the first plane, an X at the end, and a region code abolished in 1994.
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
    }
)
"""Sample name -> the fields on its chip."""

NOT_THERE_YET = ("foreigner-1", "hkmt-1", "foreigner-2023-1", "social-security-1")
"""Sample names that are spoken for: their cards cannot be read yet."""


def sample_text(sample: str) -> bytes:
    """Return the 256 bytes of text on a sample card.

    Raises:
        ValueError: There is no such sample, or not yet.
    """
    if sample in NOT_THERE_YET:
        raise ValueError(f"sample {sample} is not there yet; there are: {', '.join(SAMPLES)}")
    if sample not in SAMPLES:
        raise ValueError(f"there is no sample {sample!r}; there are: {', '.join(SAMPLES)}")
    return pack(SAMPLES[sample], CardLayout.RESIDENT)


def sample_photo(sample: str) -> bytes:
    """Return 1024 bytes that stand for the compressed picture: always the same for a sample, a picture of nobody."""
    blocks = (hashlib.sha256(f"{sample} {n}".encode()).digest() for n in range(PHOTO_LENGTH // 32))
    return b"".join(blocks)
