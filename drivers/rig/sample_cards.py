"""The sample cards as the page shows them: enough to tell them apart."""

from dataclasses import dataclass

from drivers.id_card_reader.card_text import SEXES, FieldName
from drivers.id_card_reader.samples import SAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCard:
    """One invented person's card."""

    sample: str
    name: str
    sex: str
    birth_year: str
    ending: str


def sample_cards() -> tuple[SampleCard, ...]:
    """Every card that can be laid on the reader."""
    return tuple(
        SampleCard(
            sample=sample,
            name=fields[FieldName.NAME],
            sex=SEXES[fields[FieldName.SEX]],
            birth_year=fields[FieldName.BIRTH][:4],
            ending=fields[FieldName.NUMBER][-4:],
        )
        for sample, fields in SAMPLES.items()
    )
