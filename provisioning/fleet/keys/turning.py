"""Turning the signing key: a new one is made, the old one says so, and from then on the new one signs. Whole, or not at all.

The new key lies beside the old one until the document that names it is in the store; a start after a power cut ends what was
begun (``settle``). Nothing is lost in between: until the name is changed the old key signs, and kiosks still believe it.
"""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select

from provisioning.fleet import past_keys
from provisioning.fleet.signing import FILE, SigningKey
from provisioning.wire.key_document import KIND, KeyDocument, pem_of
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import key_document

NEXT = "signing.next.pem"


class TurnedError(Exception):
    """The key cannot be turned now; the message says why."""


def turn(engine: Engine, folder: Path, person: Person, *, now: datetime, address: str = "") -> SigningKey:
    """Turn the key of the authority's folder; returns the new one. Blocking.

    Raises:
        TurnedError: Somebody else is turning it.
        SigningKeyError: A key cannot be read.
        SQLAlchemyError: The store cannot be written; the old key stays.
        OSError: The disk does not take it; the next ``settle`` ends what was begun.
    """
    settle(engine, folder)
    old, new = SigningKey.open(folder), SigningKey.open(folder, file=NEXT)
    past_keys.remember(folder, old.public)
    document = KeyDocument(made_at=now, keys={new.id: pem_of(new.public)})
    envelope = old.seal(document.model_dump_json().encode(), KIND, also=(new,)).decode()
    with engine.begin() as connection:
        known = connection.execute(select(key_document.c.id).where(key_document.c.old_key == old.id)).first()
        if known is not None:
            raise TurnedError("somebody else is turning the key; look again")
        connection.execute(
            insert(key_document).values(made_at=now, made_by=person.name, old_key=old.id, new_key=new.id, envelope=envelope)
        )
        audit.note(
            connection,
            person,
            Act.TURN_KEYS,
            now=now,
            about="signing key",
            detail=f"{old.id[:16]} > {new.id[:16]}",
            address=address,
        )
    settle(engine, folder)
    return new


def settle(engine: Engine, folder: Path) -> None:
    """End a turning that a power cut has interrupted: the key its document names becomes the one that signs. Blocking.

    Raises:
        SigningKeyError: A key cannot be read.
        SQLAlchemyError: The store does not answer.
        OSError: The disk does not.
    """
    if not (folder / NEXT).exists():
        return
    new = SigningKey.open(folder, file=NEXT)
    with engine.connect() as connection:
        is_said = connection.execute(select(key_document.c.id).where(key_document.c.new_key == new.id)).first() is not None
    if is_said:
        os.replace(folder / NEXT, folder / FILE)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
