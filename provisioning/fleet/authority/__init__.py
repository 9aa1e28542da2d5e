"""The fleet's own certificate authority: one key in a file, which says which key is which kiosk's, and whose no longer counts.

Belongs here: the CA's key and certificate, what it issues, its list of revoked certificates. Whether somebody *may* have a
certificate is decided in ``registry``, which also keeps the rows; nothing here knows a database.
"""

from provisioning.fleet.authority.authority import Authority, AuthorityError, Issued
from provisioning.fleet.authority.own import OwnCertificate, keep_own
from provisioning.fleet.authority.requests import RequestError, read_request
from provisioning.fleet.authority.revocation import Revoked, read_list, write_list

__all__ = [
    "Authority",
    "AuthorityError",
    "Issued",
    "OwnCertificate",
    "RequestError",
    "Revoked",
    "keep_own",
    "read_list",
    "read_request",
    "write_list",
]
