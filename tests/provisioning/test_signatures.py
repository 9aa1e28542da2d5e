"""Envelopes: who signed what, and what is never believed."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from provisioning.wire.signatures import MAX_ENVELOPE_BYTES, SignatureError, Trusted, key_id, seal, signers_of, unseal

COMMAND = "application/vnd.zhizhu.command+json"
DOCUMENT = "application/vnd.zhizhu.desired+json"
FIRST, SECOND, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([each]) * 32) for each in (1, 2, 3))
BUREAU = Trusted.of(FIRST.public_key(), SECOND.public_key())
BOTH = Trusted.of(FIRST.public_key(), SECOND.public_key(), threshold=2)


@given(payload=st.binary(max_size=2_000))
def test_what_one_of_the_trusted_signed_comes_back_byte_for_byte(payload: bytes) -> None:
    assert unseal(seal(payload, COMMAND, [FIRST]), COMMAND, BUREAU) == payload


def test_a_command_is_never_taken_for_a_document() -> None:
    _refused(seal(b"{}", COMMAND, [FIRST]), DOCUMENT, BUREAU, "wrong_type")


def test_a_stranger_is_not_believed() -> None:
    _refused(seal(b"{}", COMMAND, [STRANGER]), COMMAND, BUREAU, "unknown_key")


def test_two_must_sign_where_two_are_asked_for() -> None:
    assert unseal(seal(b"{}", COMMAND, [FIRST, SECOND]), COMMAND, BOTH) == b"{}"
    _refused(seal(b"{}", COMMAND, [FIRST]), COMMAND, BOTH, "bad_signature")
    _refused(seal(b"{}", COMMAND, [FIRST, STRANGER]), COMMAND, BOTH, "bad_signature")


@pytest.mark.parametrize("part", ["payload", "signatures"])
def test_one_altered_byte_is_noticed(part: str) -> None:
    parsed = json.loads(seal(b'{"restart": "core"}', COMMAND, [FIRST]))
    if part == "payload":
        parsed["payload"] = "A" + parsed["payload"][1:]
    else:
        parsed["signatures"][0]["sig"] = "A" + parsed["signatures"][0]["sig"][1:]
    _refused(json.dumps(parsed).encode(), COMMAND, BUREAU, "bad_signature")


def test_a_signature_under_another_name_is_not_believed() -> None:
    parsed = json.loads(seal(b"{}", COMMAND, [STRANGER]))
    parsed["signatures"][0]["keyid"] = key_id(FIRST.public_key())
    _refused(json.dumps(parsed).encode(), COMMAND, BUREAU, "bad_signature")


@given(
    garbage=st.one_of(
        st.binary(max_size=300), st.recursive(st.none() | st.text(), st.lists).map(lambda each: json.dumps(each).encode())
    )
)
def test_garbage_is_unreadable_and_nothing_worse(garbage: bytes) -> None:
    _refused(garbage, COMMAND, BUREAU, "unreadable")


def test_a_huge_envelope_is_not_even_read() -> None:
    _refused(b" " * (MAX_ENVELOPE_BYTES + 1), COMMAND, BUREAU, "too_big")


def test_a_threshold_nobody_can_reach_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="never be had"):
        Trusted.of(FIRST.public_key(), threshold=2)


def test_an_envelope_names_its_signers() -> None:
    assert set(signers_of(seal(b"{}", COMMAND, [FIRST, SECOND]))) == {key_id(key.public_key()) for key in (FIRST, SECOND)}


def _refused(sealed: bytes, kind: str, trusted: Trusted, reason: str) -> None:
    with pytest.raises(SignatureError) as refused:
        unseal(sealed, kind, trusted)
    assert refused.value.reason == reason
