"""Sample codes for the far end: invented, for training, demonstration and tests. None belongs to a person or an account."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

TYPED = "code:"
"""Before any other text that is to be held there, e.g. ``code:hello``."""

SETUP_CODE = "setup-code"
"""A maker's setup code that turns the serial port off: an engine that obeys it is mute until it loses its power."""


def _identity(sample: str) -> str:
    return "ZZID1-" + hashlib.sha256(sample.encode()).hexdigest()[:32]


def _payment(sample: str) -> str:
    """Eighteen digits as payment codes have them, beginning with 13."""
    return f"13{int(hashlib.sha256(sample.encode()).hexdigest(), 16) % 10**16:016d}"


SAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "phone-identity-1": _identity("phone-identity-1"),
        "phone-identity-2": _identity("phone-identity-2"),
        "phone-payment-1": _payment("phone-payment-1"),
        "phone-payment-2": _payment("phone-payment-2"),
        "receipt-qr": "https://zwfw.example.gov.cn/v/8K3M-2P9X-77QD?s=3f9a2c41",
        "chinese-text": "青山县白云镇石桥村",
        "too-long": "9" * 600,
        "several-lines": "ZZID1-\r\n13",
        "control-characters": "ZZID1-\x1b[2J\x00\x07\x7f",
        SETUP_CODE: "SETUP-USB-ONLY",
    }
)
"""Sample name -> what stands in the code."""


def sample_code(sample: str) -> str:
    """What stands in a sample, or behind ``code:``.

    Raises:
        ValueError: There is no such sample; says what there is.
    """
    if sample.startswith(TYPED) and len(sample) > len(TYPED):
        return sample.removeprefix(TYPED)
    if sample not in SAMPLES:
        raise ValueError(f"没有样码 {sample!r}，有这些：{'、'.join(SAMPLES)}，或者 {TYPED} 后面写任意内容")
    return SAMPLES[sample]
