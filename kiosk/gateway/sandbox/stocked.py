"""Who the stand-in platform knows: invented citizens, the people of the sample cards, and the codes on sample phones."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from drivers.code_scanner.samples import SAMPLES as CODES
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES
from kiosk.gateway.sandbox.citizens import Citizen, generated
from kiosk.gateway.sandbox.documents import ISSUER
from kiosk.gateway.sandbox.registry import Registry

PHONES = {"phone-identity-1": "resident-1", "phone-identity-2": "resident-2"}
"""Sample code on a phone -> sample card of the same person."""

GENERATED = 60
"""Citizens beside those of the samples."""


def stocked(database: Path, *, public_url: str) -> Registry:
    """Open or make the platform's database with everybody in it."""
    registry = Registry(database, issuer=ISSUER, public_url=public_url)
    registry.register(generated(GENERATED))
    registry.register(_of_sample_card(fields) for fields in SAMPLES.values())
    for phone, card in PHONES.items():
        registry.give_phone_code(CODES[phone], SAMPLES[card][FieldName.NUMBER])
    return registry


def _of_sample_card(fields: Mapping[FieldName, str]) -> Citizen:
    return Citizen(
        id_number=fields[FieldName.NUMBER],
        name=fields[FieldName.NAME],
        birth=datetime.strptime(fields[FieldName.BIRTH], "%Y%m%d").replace(tzinfo=UTC).date(),
    )
