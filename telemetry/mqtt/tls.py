"""TLS as this fleet speaks it: both ends show certificates of one authority of ours, and what goes wrong is said in words."""

import contextlib
import ssl

from typing_extensions import Buffer, override

from telemetry.mqtt.opening import Credentials, LineError, Opening

OLDEST = ssl.TLSVersion.TLSv1_2

NO_TLS = "it answers, but not in TLS"
NO_WORD = "it ended the connection without a word: it may speak no TLS, or refuse our certificate"
NO_AUTHORITY_OF_OURS = "its certificate is not of our authority"
_VERIFIED = {
    7: NO_AUTHORITY_OF_OURS,
    9: "its certificate is not valid yet by this machine's clock",
    10: "its certificate has expired by this machine's clock",
    18: NO_AUTHORITY_OF_OURS,
    19: NO_AUTHORITY_OF_OURS,
    20: NO_AUTHORITY_OF_OURS,
    21: NO_AUTHORITY_OF_OURS,
    23: "its certificate is revoked",
    26: "its certificate is not a server's",
    62: "its certificate is for another host",
    64: "its certificate is for another host",
}
"""What OpenSSL says of the other end's certificate (X509_V_ERR_*, x509_vfy.h), in words."""

_TOLD = {
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know the authority of our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it says our certificate has expired, or is not valid yet",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it says our certificate is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it refuses our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it refuses our certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it refuses our certificate: not one for clients",
    "TLSV1_ALERT_ACCESS_DENIED": "it refuses our certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it asks for a certificate, and none was shown",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it refuses the handshake: no certificate, or no cipher in common",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it does not speak TLS 1.2 or later",
    "UNSUPPORTED_PROTOCOL": "it does not speak TLS 1.2 or later",
    "WRONG_VERSION_NUMBER": NO_TLS,
    "HTTP_REQUEST": NO_TLS,
    "PACKET_LENGTH_TOO_LONG": NO_TLS,
    "UNEXPECTED_MESSAGE": NO_TLS,
}
"""What the other end said of us (TLS alerts, RFC 8446 6.2) or what it spoke instead, by OpenSSL's reason, in words."""


class PinnedContext(ssl.SSLContext):
    """Trust in one authority, and the memory of how the last connection made with it was refused.

    Under TLS 1.3 a refused certificate is said after the handshake, to whoever reads next: paho, which keeps it to itself.
    """

    refusal: ssl.SSLError | None = None


def client_context(opening: Opening) -> PinnedContext | None:
    """Return what a client connects with: the server's certificate is checked, and that it is for the host asked for.

    Returns:
        None for an address without TLS.

    Raises:
        LineError: There is no certificate of ours, or one of its files is not what it should be.
    """
    if not opening.address.is_secure:
        return None
    if opening.credentials is None:
        raise LineError("no certificate of ours to connect with")
    return _loaded(PinnedContext(ssl.PROTOCOL_TLS_CLIENT), opening.credentials)


def server_context(credentials: Credentials) -> PinnedContext:
    """Return what a server listens with: whoever comes shows a certificate of the authority, at every handshake anew.

    Raises:
        LineError: A file is not there, or is not what it should be.
    """
    context = _loaded(PinnedContext(ssl.PROTOCOL_TLS_SERVER), credentials)
    context.verify_mode = ssl.CERT_REQUIRED
    # A resumed session would carry a certificate that has expired or was revoked since.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


class _RememberingSocket(ssl.SSLSocket):
    @override
    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()  # paho does not close what it never had
            raise

    @override
    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self._remember(error)
            raise

    @override
    def send(self, data: Buffer, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            with contextlib.suppress(OSError):
                self.recv(1)  # who closed the door has usually said why
            raise

    def _remember(self, error: ssl.SSLError) -> None:
        if isinstance(self.context, PinnedContext):
            self.context.refusal = error


def in_words(error: BaseException) -> str:
    """Say what went wrong on a line, TLS or not, in words somebody can act on."""
    match error:
        case ssl.SSLCertVerificationError():
            return _VERIFIED.get(error.verify_code, f"its certificate is refused: {error.verify_message}")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return NO_WORD
        case ssl.SSLError():
            return _TOLD.get(error.reason, _plainly(error))
        case _:
            return _plainly(error)


def _loaded(context: PinnedContext, credentials: Credentials) -> PinnedContext:
    context.minimum_version = OLDEST
    context.sslsocket_class = _RememberingSocket
    for path in (credentials.ca, credentials.certificate, credentials.key):
        if not path.is_file():
            raise LineError(f"no certificate of ours to connect with: {path.name} is not there")
    try:
        context.load_verify_locations(cafile=credentials.ca)
        context.load_cert_chain(credentials.certificate, credentials.key)
    except (OSError, ValueError) as error:
        raise LineError(f"our own certificate cannot be used: {_plainly(error)}") from error
    return context


def _plainly(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return f"TLS: {error.reason.replace('_', ' ').lower()}"
    return str(error) or type(error).__name__
