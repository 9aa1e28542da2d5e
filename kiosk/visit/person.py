"""Who a card says she is, in the platform's words: every card becomes the same Person."""

from drivers.contract.id_card_reader import IdCard
from drivers.contract.smartcard_reader import SocialSecurityCard
from kiosk.gateway.platform import KnownBy, Person


def person_of_id_card(card: IdCard) -> Person:
    """Return the person an ID card speaks of."""
    return Person(
        known_by=KnownBy.ID_CARD,
        name=card.name,
        number=card.number,
        card_layout=card.layout.value,
        address=card.address,
        valid_to=card.valid_to,
        photo=card.photo,
        picture=card.picture,
    )


def person_of_social_security_card(card: SocialSecurityCard) -> Person:
    """Return the person a social-security card speaks of; her number is her ID number, an address is not on it."""
    return Person(known_by=KnownBy.SOCIAL_SECURITY_CARD, name=card.name, number=card.number, valid_to=card.valid_to)
