"""The rights of a name as amqtt asks for them: at every publish, subscribe and delivery."""

from amqtt.contexts import Action
from amqtt.plugins.base import BaseTopicPlugin
from amqtt.session import Session
from typing_extensions import override

from provisioning.wire.identity import CertificateError
from telemetry.fleet.broker_door.rights import called, may_hear, may_say


class RightsOfNames(BaseTopicPlugin):  # type: ignore[misc]  # amqtt is met untyped
    """Everybody amqtt knows has come through the door, which lets nobody take another's name."""

    @override
    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """Return whether a session may do something with a topic."""
        try:
            kiosk = called(session.client_id or "") if session is not None else None
        except CertificateError:
            return False
        if session is None or topic is None:
            return False
        return may_say(kiosk, topic) if action is Action.PUBLISH else may_hear(kiosk, topic)
