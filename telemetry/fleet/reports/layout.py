"""The process that lays paper out: HTML on its standard input, PDF on its standard output, and nothing else of the world."""

import sys
from typing import NoReturn

from typing_extensions import override
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher


class NothingFetched(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Refuses every address: a page that asks for one is a mistake of ours, and must not become a request."""

    @override
    def fetch(self, url: str, headers: object = None) -> NoReturn:
        """Refuse.

        Raises:
            FatalURLFetchingError: Always.
        """
        raise FatalURLFetchingError(f"paper holds all it needs; it asked for {url[:80]}")


def to_pdf(html: str) -> bytes:
    """Lay one document out.

    Raises:
        FatalURLFetchingError: It asks for something outside itself.
    """
    pdf: bytes = HTML(string=html, url_fetcher=NothingFetched()).write_pdf()
    return pdf


def main() -> int:
    """Read, lay out, write."""
    html = sys.stdin.buffer.read().decode()
    try:
        sys.stdout.buffer.write(to_pdf(html))
    except FatalURLFetchingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
