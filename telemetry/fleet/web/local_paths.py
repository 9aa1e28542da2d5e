"""Addresses inside this service: where somebody goes after signing in, and never anywhere else."""

from urllib.parse import urlencode, urlsplit

LONGEST = 1_000


def local(path: str) -> str:
    """Return the path when it leads to a page of ours, else the overview."""
    parts = urlsplit(path) if path.isprintable() and path.isascii() else None
    is_ours = (
        parts is not None
        and len(path) <= LONGEST
        and path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and "\\" not in path
        and not parts.scheme
        and not parts.netloc
        and not parts.path.startswith(("/sign-in", "/sign-out", "/fragments/", "/events", "/api/"))
    )
    return path if is_ours else "/"


def sign_in_path(path: str, query: str) -> str:
    """Return the address of the sign-in page that leads back here; in English where the page was."""
    back = local(f"{path}?{query}" if query else path)
    asked = {"next": back} if back != "/" else {}
    if "lang=en" in query.split("&"):
        asked["lang"] = "en"
    return f"/sign-in?{urlencode(asked)}" if asked else "/sign-in"
