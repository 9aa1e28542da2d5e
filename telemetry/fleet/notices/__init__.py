"""Notices: who outside is told of what, when, and how often at most. Nothing personal about villagers is ever in one.

Belongs here: the channels of fleet.toml (``settings``, ``channels``, ``terms``), what a notice says (``telling``), when it may
go (``pace``), the door to the library that carries it (``carrier``), the ``sender``. Rows are kept by ``store/notice_book.py``:
written in one transaction of the books, sent afterwards, at least once. A channel's address is a secret: it comes from a file or
from the environment, stands nowhere in fleet.toml and is never logged.
"""
