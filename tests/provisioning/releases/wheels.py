"""Wheels for tests: small ones that are well made, and any other kind."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipInfo

CORE = "import sys\nprint('release', sys.argv)\n"


def wheel_bytes(name: str, version: str, files: Mapping[str, bytes | str]) -> bytes:
    """A well-made wheel with these modules."""
    inside = {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
    about = f"{name}-{version}.dist-info"
    inside[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    inside[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in inside.items()]
    inside[f"{about}/RECORD"] = ("\n".join([*lines, f"{about}/RECORD,,"]) + "\n").encode()
    return zip_bytes(inside)


def zip_bytes(files: Mapping[str, bytes], *, odd: tuple[ZipInfo, ...] = ()) -> bytes:
    """A zip of exactly these members, whatever they are called; always the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(ZipInfo(path, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        for info in odd:
            archive.writestr(info, b"/etc/passwd")
    return buffer.getvalue()


def release_wheels(folder: Path, version: str, *, core: str = CORE) -> Path:
    """A folder with the wheels of a tiny kiosk: the product, and a library that is the same in every release."""
    folder.mkdir(parents=True, exist_ok=True)
    product = wheel_bytes("zhizhu", version, {"kiosk/__init__.py": "", "kiosk/__main__.py": core, "kiosk/version.txt": version})
    library = wheel_bytes("library", "1.0", {"library/__init__.py": "VALUE = 42\n" * 20})
    (folder / f"zhizhu-{version}-py3-none-any.whl").write_bytes(product)
    (folder / "library-1.0-py3-none-any.whl").write_bytes(library)
    return folder


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
