from pathlib import Path

import pytest

from kiosk.services.catalogue import SHIPPED, ServiceFileError, load_services
from kiosk.services.service import Capability, Paper, StepKind

GOOD = (SHIPPED / "10_social_security_enrolment.toml").read_text(encoding="utf-8")


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_product_comes_with_its_matters_in_a_fixed_order() -> None:
    assert [service.id for service in load_services()] == [
        "social_security_enrolment",
        "pension_arrival",
        "contribution_statement",
        "pension_qualification",
        "insurance_certificate",
        "medical_insurance_payment",
        "reimbursement_papers",
    ]


def test_whoever_has_no_id_card_with_her_may_show_another_card_or_her_phone_for_every_matter() -> None:
    for service in load_services():
        ways = service.stand_ins[Capability.READ_ID_CARD]
        assert ways == (Capability.READ_SOCIAL_SECURITY_CARD, Capability.READ_PHONE_CODE)


def test_a_face_is_never_the_only_way() -> None:
    for service in load_services():
        if StepKind.FACE in service.steps:
            assert service.without_face or Capability.READ_PHONE_CODE in service.stand_ins[Capability.TAKE_FACE]


def test_the_certificate_comes_on_a4_and_its_missing_pages_may_be_printed_alone() -> None:
    certificate = load_services()[4]
    assert (certificate.paper, certificate.may_continue_print) == (Paper.DOCUMENT, True)
    assert Capability.PRINT_DOCUMENT in certificate.needs()
    assert Capability.PRINT_RECEIPT not in certificate.needs()


def test_money_is_taken_only_where_the_tile_says_what_it_costs() -> None:
    assert {service.id for service in load_services() if service.cost_fen} == {"medical_insurance_payment"}


def test_the_enrolment_proof_is_printed_and_free() -> None:
    proof = load_services()[0]
    assert proof.title == "社保参保证明"
    assert (proof.minutes, proof.cost_fen, proof.bring, proof.result) == (1, 0, "身份证", "证明凭条 1 张")
    assert set(proof.needs()) == {
        Capability.READ_ID_CARD,
        Capability.REACH_PLATFORM,
        Capability.KEEP_RECORDS,
        Capability.PRINT_RECEIPT,
    }


def test_the_pension_query_needs_no_paper() -> None:
    query = load_services()[1]
    assert StepKind.SHOW in query.steps
    assert Capability.PRINT_RECEIPT not in query.needs()


def test_every_instruction_line_fits_on_the_screen() -> None:
    for service in load_services():
        assert all(len(line) <= 18 for line in (service.title, service.lead, service.bring, service.result, service.print_title))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("cost_fen = 0", "cost_fen = 0\ncolour = 1"), "10.toml: colour: Extra inputs are not permitted"),
        (("minutes = 1", "minutes = 0"), "10.toml: minutes: Input should be greater than or equal to 1"),
        (("minutes = 1", "minutes = '1'"), "10.toml: minutes: Input should be a valid integer"),
        (("minutes = 1\n", ""), "10.toml: minutes: Field required"),
        (('"print", "rate"', '"dance"'), "10.toml: steps.4: 'dance' is no step"),
        (('"print", "rate"', '"rate", "print"'), "10.toml: steps: may end with show, print, rate"),
        (('"print", "rate"', '"print", "print"'), "10.toml: steps: may end with show, print, rate"),
        (
            ('"guide", "identify", "confirm"', '"guide", "confirm"'),
            "10.toml: steps: must begin with guide, identify, confirm",
        ),
        (('"submit", ', ""), "10.toml: steps: must hand in: submit is missing"),
        (('"submit", "print"', '"print", "submit"'), "10.toml: steps: before submit may stand face, scan, pay"),
        (('"submit"', '"scan", "face", "submit"'), "10.toml: steps: before submit may stand face, scan, pay"),
        (('"submit"', '"pay", "submit"'), "10.toml: cost_fen: a service that takes money costs something"),
        (("cost_fen = 0", "cost_fen = 100"), "10.toml: cost_fen: a service that takes money costs something"),
        (('"submit"', '"scan", "submit"'), "10.toml: scan_hint: a service with a scan step says what"),
        (("cost_fen = 0", 'cost_fen = 0\npaper = "cardboard"'), "10.toml: paper: 'cardboard' is no paper"),
        (("cost_fen = 0", "cost_fen = 0\nmay_continue_print = true"), "10.toml: may_continue_print: only a document"),
        (("read_id_card = ", "submit = "), "10.toml: stand_ins.submit: nothing can take its place"),
        (
            ('"read_phone_code"]', '"print_document"]'),
            "10.toml: stand_ins.read_id_card.1: 'print_document' cannot take its place",
        ),
        (('["read_social_security_card", "read_phone_code"]', "[]"), "10.toml: stand_ins.read_id_card: each at most once"),
        (("read_id_card = ", "take_face = "), "10.toml: stand_ins.take_face.0: 'read_social_security_card' cannot take"),
        (("print_receipt = ", "print_document = "), "10.toml: stand_ins.print_document.0: 'print_document' cannot take"),
        (('print_title = "您的参保证明已经开好了"', 'print_title = ""'), "10.toml: print_title: a service that prints"),
        (('topic = "pension_and_social_security"', 'topic = "fishing"'), "10.toml: topic: 'fishing' is no topic"),
        (('id = "', "id = "), "10.toml: cannot be read as TOML"),
    ],
)
def test_a_wrong_service_file_is_refused_with_the_keys_path(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(ServiceFileError) as refusal:
        load_services(_folder(tmp_path, **{"10": GOOD.replace(*change)}))
    assert str(refusal.value).startswith(expected)


def test_a_stand_in_for_what_no_step_needs_is_refused(tmp_path: Path) -> None:
    odd = GOOD + 'take_face = ["read_phone_code"]\n'
    with pytest.raises(ServiceFileError, match=r"10\.toml: stand_ins\.take_face: no step of this service needs it"):
        load_services(_folder(tmp_path, **{"10": odd}))


def test_one_id_in_two_files_is_refused_naming_both(tmp_path: Path) -> None:
    with pytest.raises(ServiceFileError, match=r"20\.toml: id: 'social_security_enrolment' is already taken by 10\.toml"):
        load_services(_folder(tmp_path, **{"10": GOOD, "20": GOOD}))


def test_a_folder_without_services_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceFileError, match="no service file"):
        load_services(tmp_path)
