"""The reference of fleet.toml is what the types say, and every key has its sentence."""

from deploy.settings_reference import REFERENCE, reference


def test_the_reference_is_what_the_types_say() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "make manual writes it anew"


def test_every_key_says_what_it_means() -> None:
    silent = [line for line in reference().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert silent == []
