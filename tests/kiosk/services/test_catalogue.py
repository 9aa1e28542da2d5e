from pathlib import Path

import pytest

from kiosk.services.catalogue import SHIPPED, ServiceFileError, load_services
from kiosk.services.service import Capability, StepKind

GOOD = (SHIPPED / "10_social_security_enrolment.toml").read_text(encoding="utf-8")


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_product_comes_with_three_matters_in_a_fixed_order() -> None:
    assert [service.id for service in load_services()] == [
        "social_security_enrolment",
        "pension_arrival",
        "contribution_statement",
    ]


def test_the_enrolment_proof_is_printed_and_free() -> None:
    proof = load_services()[0]
    assert proof.title == "社保参保证明"
    assert (proof.minutes, proof.cost_fen, proof.bring, proof.result) == (1, 0, "身份证", "证明凭条 1 张")
    assert proof.needs() == (Capability.READ_ID_CARD, Capability.REACH_PLATFORM, Capability.PRINT_RECEIPT)


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
            "10.toml: steps: must begin with guide, identify, confirm, submit",
        ),
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


def test_one_id_in_two_files_is_refused_naming_both(tmp_path: Path) -> None:
    with pytest.raises(ServiceFileError, match=r"20\.toml: id: 'social_security_enrolment' is already taken by 10\.toml"):
        load_services(_folder(tmp_path, **{"10": GOOD, "20": GOOD}))


def test_a_folder_without_services_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceFileError, match="no service file"):
        load_services(tmp_path)
