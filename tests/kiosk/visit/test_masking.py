import pytest

from kiosk.visit.masking import area_of, masked_name, masked_number


@pytest.mark.parametrize(
    ("name", "shown"), [("李小珍", "李*珍"), ("王芳", "王*"), ("欧阳小珍", "欧**珍"), ("李", "*"), ("", "*")]
)
def test_a_name_shows_its_ends_only(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("440804196803051234", "4408**********1234"), ("CHN123456789012", "************012"), ("", ""), ("12", "**")],
)
def test_a_number_shows_four_and_four_at_most(number: str, shown: str) -> None:
    assert masked_number(number) == shown


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("广东省湛江市坡头区南三镇光明村12号", "坡头区南三镇"),
        ("坡头区南三镇光明村", "坡头区南三镇"),
        ("湛江市霞山区人民大道中12号", "霞山区"),
        ("广东省湛江市霞山区海滨大道南2号碧海乡园5栋", "霞山区"),
        ("湛江市霞山区中山路2号碧海乡", "霞山区"),
        ("广东省中山市小榄镇新市路1号", "中山市小榄镇"),
        ("广东省廉江市石城镇", "廉江市石城镇"),
        ("北京市朝阳区望京街道南湖东园1号楼", "朝阳区望京街道"),
        ("新疆维吾尔自治区伊犁哈萨克自治州新源县那拉提镇阿尔善村", "新源县那拉提镇"),
        ("贵州省黔东南苗族侗族自治州凯里市大风洞镇", "凯里市大风洞镇"),
        ("光明村12号", ""),
        ("", ""),
    ],
)
def test_an_address_shows_county_and_town_and_never_the_house(address: str, area: str) -> None:
    assert area_of(address) == area
