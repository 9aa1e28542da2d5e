"""From the fields of a card's text to the person it belongs to: which must make sense, and which may be missing."""

import contextlib
import re
from collections.abc import Mapping
from datetime import date

from drivers.contract.id_card_reader import CardLayout, IdCard
from drivers.id_card_reader.card_text import FOR_LIFE, SEXES, TEXT_LENGTH, FieldName, cleaned, layout_of, unpack
from drivers.id_card_reader.id_number import normalised
from drivers.id_card_reader.nations import NATIONS

ADDRESS_LENGTH = 70
"""Bytes of one address among the newest (30 03); up to four stand one behind the other. Unconfirmed."""

_CARD_NUMBER = re.compile(r"[A-Z]{3}[0-9]{12}")
"""A foreigner's card of 2017: three letters of the country, then digits. Its check digit is in no manual we have."""


class CardTextError(ValueError):
    """The text of the card does not make sense. Names the field, never what stands in it."""


def parse_card(text: bytes, photo: bytes, *, fingerprint: bytes = b"") -> IdCard:
    """Read a card's text, whichever layout it has.

    Raises:
        CardTextError: Its layout is unknown, or a field that must make sense does not; nothing of the card is in the message.
    """
    layout = layout_of(text)
    if layout is None:
        raise CardTextError(
            f"a card's text has {TEXT_LENGTH} bytes, not {len(text)}"
            if len(text) != TEXT_LENGTH
            else "the letter at its end names no layout we know"
        )
    fields = unpack(text, layout)
    if fields[FieldName.SEX] not in SEXES:
        raise CardTextError("the field 'sex' holds no code of GB/T 2261.1")
    english_name = fields.get(FieldName.ENGLISH_NAME, "")
    name = fields[FieldName.NAME] or english_name
    if not name:
        raise CardTextError("the field 'name' is empty")
    valid_to = fields[FieldName.VALID_TO]
    return IdCard(
        layout=layout,
        name=name,
        sex=SEXES[fields[FieldName.SEX]],
        nation=NATIONS.get(fields.get(FieldName.NATION, ""), ""),  # an unknown code is no reason to send a person away
        birth=_date(fields, FieldName.BIRTH),
        address=fields.get(FieldName.ADDRESS, ""),
        number=_number(fields[FieldName.NUMBER], layout),
        authority=fields.get(FieldName.AUTHORITY, ""),
        valid_from=_date(fields, FieldName.VALID_FROM),
        valid_to=None if valid_to == FOR_LIFE else _date(fields, FieldName.VALID_TO),
        photo=photo,
        english_name=english_name,
        nationality=fields.get(FieldName.NATIONALITY, ""),
        permit_number=fields.get(FieldName.PERMIT_NUMBER, ""),
        times_issued=_count(fields.get(FieldName.TIMES_ISSUED, "")),
        fingerprint=fingerprint,
    )


def newest_address(raw: bytes) -> str:
    """Read the answer to "read newest address": the last of the addresses that were added; empty when there is none."""
    addresses = [cleaned(raw[at : at + ADDRESS_LENGTH]) for at in range(0, len(raw), ADDRESS_LENGTH)]
    # What holds no letter of any script is no address: a line may have damaged it in a way the checksum did not show.
    return next((address for address in reversed(addresses) if any(map(str.isalpha, address))), "")


def _number(written: str, layout: CardLayout) -> str:
    if layout is CardLayout.FOREIGNER_2017:
        number = written.upper()
        if not _CARD_NUMBER.fullmatch(number):
            raise CardTextError("a foreigner's card number of 2017 has three letters followed by 12 digits")
        return number
    try:
        return normalised(written)
    except ValueError as error:
        raise CardTextError(str(error)) from error


def _count(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() else None


def _date(fields: Mapping[FieldName, str], name: FieldName) -> date:
    written = fields[name]
    if len(written) == 8 and written.isascii() and written.isdigit():
        with contextlib.suppress(ValueError):
            return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    raise CardTextError(f"the field '{name}' holds no date YYYYMMDD")
