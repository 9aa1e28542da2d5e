"""IPP messages as bytes. The examples are those of RFC 8010 appendix A, which print every byte of a message."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.document_printer import ipp_codec
from drivers.document_printer.ipp_codec import DEEPEST, MOST_VALUES, IppSyntaxError
from drivers.document_printer.message_codec import (
    Attribute,
    Delimiter,
    Group,
    Message,
    Range,
    Tag,
    Value,
    Worded,
    attribute,
)


def field(tag: int, name: str, content: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(content)) + content


PRINT_JOB_REQUEST = (
    b"\x01\x01\x00\x02\x00\x00\x00\x01\x01"
    + field(0x47, "attributes-charset", b"utf-8")
    + field(0x48, "attributes-natural-language", b"en-us")
    + field(0x45, "printer-uri", b"ipp://printer.example.com/ipp/print/pinetree")
    + field(0x42, "job-name", b"foobar")
    + field(0x22, "ipp-attribute-fidelity", b"\x01")
    + b"\x02"
    + field(0x21, "copies", b"\x00\x00\x00\x14")
    + field(0x44, "sides", b"two-sided-long-edge")
    + b"\x03%!PDF..."
)
"""RFC 8010 appendix A.1."""

JOBS_ANSWER = (
    b"\x01\x01\x00\x00\x00\x00\x00\x7b\x01"
    + field(0x47, "attributes-charset", b"utf-8")
    + field(0x48, "attributes-natural-language", b"en-us")
    + field(0x41, "status-message", b"successful-ok")
    + b"\x02"
    + field(0x21, "job-id", b"\x00\x00\x00\x93")
    + field(0x36, "job-name", b"\x00\x05fr-ca\x00\x03fou")
    + b"\x02"
    + b"\x02"
    + field(0x21, "job-id", b"\x00\x00\x00\x94")
    + field(0x36, "job-name", b"\x00\x05de-ch\x00\x04isch")
    + b"\x03"
)
"""RFC 8010 appendix A.6, its middle job without attributes."""

MEDIA = (
    b"\x01\x01\x00\x02\x00\x00\x00\x01\x02"
    + field(0x34, "media-col", b"")
    + field(0x4A, "", b"media-size")
    + field(0x34, "", b"")
    + field(0x4A, "", b"x-dimension")
    + field(0x21, "", b"\x00\x00\x52\x08")
    + field(0x4A, "", b"y-dimension")
    + field(0x21, "", b"\x00\x00\x74\x04")
    + field(0x37, "", b"")
    + field(0x4A, "", b"media-type")
    + field(0x44, "", b"stationery")
    + field(0x37, "", b"")
    + field(0x44, "sides", b"one-sided")
    + b"\x03"
)
"""RFC 8010 section 3.1.6 and appendix A.7: a collection within a collection."""


def test_a_print_job_request_is_read_as_the_standard_prints_it() -> None:
    message = ipp_codec.decode(PRINT_JOB_REQUEST)
    operation, job = message.group(Delimiter.OPERATION), message.group(Delimiter.JOB)
    assert (message.version, message.code, message.request_id, message.document) == (0x0101, 2, 1, b"%!PDF...")
    assert operation.word("printer-uri") == "ipp://printer.example.com/ipp/print/pinetree"
    assert operation.boolean("ipp-attribute-fidelity") is True
    assert (job.integer("copies"), job.word("sides")) == (20, "two-sided-long-edge")


def test_each_job_of_a_list_is_a_group_of_its_own() -> None:
    jobs = ipp_codec.decode(JOBS_ANSWER).all_groups(Delimiter.JOB)
    assert [job.integer("job-id") for job in jobs] == [147, None, 148]
    assert jobs[0].values("job-name") == (Value(Tag.NAME_WITH_LANGUAGE, Worded(language="fr-ca", text="fou")),)
    assert jobs[2].word("job-name") == "isch"


def test_a_collection_is_a_value_with_attributes_of_its_own() -> None:
    group = ipp_codec.decode(MEDIA).group(Delimiter.JOB)
    [media] = group.values("media-col")
    size = attribute("x-dimension", Tag.INTEGER, 21000), attribute("y-dimension", Tag.INTEGER, 29700)
    assert media.content == (
        Attribute("media-size", (Value(Tag.COLLECTION, size),)),
        attribute("media-type", Tag.KEYWORD, "stationery"),
    )
    assert group.word("sides") == "one-sided"


@pytest.mark.parametrize("payload", [PRINT_JOB_REQUEST, JOBS_ANSWER, MEDIA], ids=["request", "answer", "collection"])
def test_what_was_read_is_written_as_it_was(payload: bytes) -> None:
    assert ipp_codec.encode(ipp_codec.decode(payload)) == payload


@pytest.mark.parametrize("payload", [PRINT_JOB_REQUEST.partition(b"\x03%")[0], JOBS_ANSWER, MEDIA])
def test_a_message_cut_off_anywhere_is_none(payload: bytes) -> None:
    for end in range(len(payload) - 1):
        with pytest.raises(IppSyntaxError):
            ipp_codec.decode(payload[:end])


HEAD = b"\x01\x01\x00\x00\x00\x00\x00\x01"


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (HEAD + b"\x00\x03", "beginning of a group"),
        (HEAD + b"\x21\x03", "beginning of a group"),
        (HEAD + b"\x01" + field(0x21, "", b"\x00\x00\x00\x01") + b"\x03", "a name before"),
        (HEAD + b"\x01" + field(0x21, "n", b"\x00\x01") + b"\x03", "4 bytes"),
        (HEAD + b"\x01" + field(0x22, "n", b"") + b"\x03", "1 bytes"),
        (HEAD + b"\x01" + field(0x33, "n", bytes(7)) + b"\x03", "8 bytes"),
        (HEAD + b"\x01" + field(0x36, "n", b"\x00\x09en") + b"\x03", "a language of 9"),
        (HEAD + b"\x01" + field(0x37, "n", b"") + b"\x03", "outside"),
        (HEAD + b"\x01" + field(0x4A, "n", b"member") + b"\x03", "outside"),
        (HEAD + b"\x01" + field(0x34, "n", b"") + b"\x03", "end of a collection"),
        (HEAD + b"\x01" + field(0x34, "n", b"") + field(0x21, "", bytes(4)) + b"\x03", "member's name"),
        (HEAD + b"\x01" + field(0x34, "n", b"") + (field(0x4A, "", b"m") + field(0x34, "", b"")) * DEEPEST + b"\x03", "deep"),
        (HEAD + b"\x01" + field(0x44, "n", b"") + field(0x44, "", b"") * MOST_VALUES + b"\x03", "at most"),
        (HEAD + b"\x01" + field(0x30, "n", bytes(60_000)) * 20 + b"\x03", "at most"),
        (HEAD + b"\x01\x44\xff\xff", "a name of 65535"),
    ],
)
def test_a_message_that_nobody_has_reason_to_send_is_refused_with_its_place(payload: bytes, complaint: str) -> None:
    with pytest.raises(IppSyntaxError, match=complaint):
        ipp_codec.decode(payload)


def test_what_cannot_be_written_is_a_bug() -> None:
    wrong = [
        attribute("copies", Tag.INTEGER, "two"),
        attribute("copies", Tag.INTEGER, 1 << 40),
        attribute("job-name", Tag.NAME, "n" * 70_000),
        attribute("sides", Tag.BOOLEAN, 1),
    ]
    for each in wrong:
        with pytest.raises(ValueError, match=r"."):
            ipp_codec.encode(Message(code=2, request_id=1, groups=(Group(Delimiter.JOB, (each,)),)))


def test_readers_of_a_group_are_tolerant() -> None:
    group = Group(
        Delimiter.PRINTER,
        (attribute("a", Tag.KEYWORD, "word"), attribute("b", Tag.INTEGER, 3), attribute("c", Tag.NO_VALUE, None)),
    )
    assert (group.integer("a"), group.boolean("a"), group.integers("missing")) == (None, None, ())
    assert (group.word("b"), group.words("c"), group.octets("a")) == ("", (), (b"word",))


def test_bad_utf_8_is_read_with_a_mark_and_not_refused() -> None:
    message = ipp_codec.decode(HEAD + b"\x01" + field(0x41, "t", b"a\xffb") + b"\x03")
    assert message.group(Delimiter.OPERATION).word("t") == "a\N{REPLACEMENT CHARACTER}b"


numbers = st.integers(min_value=-(1 << 31), max_value=(1 << 31) - 1)
short = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
names = st.text(alphabet="abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)
simple = st.one_of(
    st.builds(Value, st.sampled_from([Tag.INTEGER, Tag.ENUM]), numbers),
    st.builds(Value, st.just(Tag.BOOLEAN), st.booleans()),
    st.builds(Value, st.just(Tag.RANGE), st.builds(Range, lower=numbers, upper=numbers)),
    st.builds(Value, st.sampled_from([Tag.TEXT, Tag.NAME, Tag.KEYWORD, Tag.URI, Tag.MIME_TYPE]), short),
    st.builds(Value, st.just(Tag.TEXT_WITH_LANGUAGE), st.builds(Worded, language=short, text=short)),
    st.builds(Value, st.sampled_from([Tag.OCTETS, Tag.DATE_TIME, Tag.RESOLUTION, 0x7F]), st.binary(max_size=30)),
    st.builds(Value, st.sampled_from([Tag.NO_VALUE, Tag.UNKNOWN]), st.none()),
)


def attributes(of: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Attribute, ...]]:
    return st.lists(st.builds(Attribute, names, st.lists(of, min_size=1, max_size=3).map(tuple)), max_size=4).map(tuple)


values = st.recursive(simple, lambda inner: st.builds(Value, st.just(Tag.COLLECTION), attributes(inner)), max_leaves=6)
groups = st.builds(
    Group,
    st.sampled_from([Delimiter.OPERATION, Delimiter.JOB, Delimiter.PRINTER, Delimiter.UNSUPPORTED]).map(int),
    attributes(values),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(groups, max_size=4), st.integers(0, 0x7FFF), st.integers(1, (1 << 31) - 1), st.binary(max_size=40))
def test_every_message_survives_being_written_and_read(some: list[Group], code: int, request_id: int, document: bytes) -> None:
    message = Message(code=code, request_id=request_id, groups=tuple(some), document=document)
    assert ipp_codec.decode(ipp_codec.encode(message)) == message


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_refused(payload: bytes) -> None:
    for attempt in (payload, HEAD + b"\x01" + payload):
        try:
            message = ipp_codec.decode(attempt)
        except IppSyntaxError as error:
            assert str(error)  # noqa: PT017  either is fine, nothing else is
        else:
            assert message.document in attempt


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([PRINT_JOB_REQUEST, JOBS_ANSWER, MEDIA]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255))))
def test_a_message_with_bytes_changed_is_a_message_or_refused(payload: bytes, changes: list[tuple[int, int]]) -> None:
    garbled = bytearray(payload)
    for at, byte in changes:
        garbled[at % len(garbled)] = byte
    try:
        ipp_codec.decode(bytes(garbled))
    except IppSyntaxError as error:
        assert str(error)  # noqa: PT017  as above
