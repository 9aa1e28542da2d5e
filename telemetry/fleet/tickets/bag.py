"""What to take along for a fault, so that nobody drives forty kilometres for a fuse: by code, after the technician's steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that lies in the store of the county."""

    id: str
    zh: str
    en: str


_NAMES = (
    ("receipt_paper", "80 毫米热敏纸", "80 mm paper roll"),
    ("receipt_printer", "凭条打印机", "receipt printer"),
    ("cutter", "切刀组件", "cutter"),
    ("feed_roller", "送纸轮", "feed roller"),
    ("cleaning_pen", "打印头清洁笔", "print head cleaning pen"),
    ("serial_cable", "串口线（带屏蔽）", "shielded serial cable"),
    ("usb_cable", "短 USB 线（带屏蔽）", "short shielded USB cable"),
    ("usb_hub", "带电源集线器", "powered USB hub"),
    ("network_cable", "网线", "network cable"),
    ("id_card_reader", "身份证读卡器", "ID card reader"),
    ("smartcard_reader", "社保卡读卡器", "smart card reader"),
    ("cleaning_card", "触点清洁卡", "contact cleaning card"),
    ("camera", "摄像头", "camera"),
    ("lamp", "补光灯", "lamp"),
    ("code_scanner", "扫码器", "code scanner"),
    ("setting_codes", "扫码器设置码", "scanner's setting codes"),
    ("document_scanner", "高拍仪", "document scanner"),
    ("document_paper", "A4 纸", "A4 paper"),
    ("toner", "碳粉盒", "toner"),
    ("waste_box", "废粉盒", "waste toner box"),
    ("display_cable", "视频线", "display cable"),
    ("display", "触摸屏总成", "touch display"),
    ("disk", "硬盘", "disk"),
    ("usb_stick", "U 盘（拷记录）", "USB stick for records"),
    ("ups", "不间断电源", "UPS"),
    ("battery", "备用电池", "UPS battery"),
    ("fan", "风扇与滤网", "fan and filter"),
    ("probe", "温度探头", "temperature probe"),
    ("lock_magnet", "门磁", "door magnet"),
    ("router", "路由器", "router"),
)
ITEMS: Mapping[str, Item] = {id_: Item(id=id_, zh=zh, en=en) for id_, zh, en in _NAMES}
"""Everything this version knows to take along, by id."""

OF_CODE: Mapping[str, tuple[str, ...]] = {
    "printer.paper_out": ("receipt_paper",),
    "printer.paper_low": ("receipt_paper",),
    "printer.paper_jam": ("feed_roller", "cleaning_pen"),
    "printer.cutter_stuck": ("cutter",),
    "printer.mechanical_error": ("receipt_printer",),
    "printer.unrecoverable": ("receipt_printer",),
    "printer.silent": ("serial_cable", "receipt_printer"),
    "printer.unreachable": ("usb_cable",),
    "printer.offline": ("usb_cable",),
    "printer.garbled": ("serial_cable",),
    "reader.silent": ("serial_cable", "id_card_reader"),
    "reader.unreachable": ("usb_cable", "id_card_reader"),
    "reader.garbled": ("serial_cable",),
    "reader.noisy": ("usb_cable",),
    "reader.rf_failing": ("id_card_reader",),
    "reader.sam_failed": ("id_card_reader",),
    "reader.sam_unauthorised": ("id_card_reader",),
    "smartcard.silent": ("smartcard_reader",),
    "smartcard.unreachable": ("usb_cable", "smartcard_reader"),
    "smartcard.garbled": ("usb_cable", "smartcard_reader"),
    "smartcard.contacts_failing": ("cleaning_card", "smartcard_reader"),
    "camera.silent": ("usb_cable", "camera"),
    "camera.unreachable": ("usb_cable", "camera"),
    "camera.frozen": ("usb_cable", "camera"),
    "camera.garbled": ("usb_cable", "camera"),
    "camera.slow": ("lamp",),
    "scanner.silent": ("serial_cable", "setting_codes", "code_scanner"),
    "scanner.unreachable": ("usb_cable", "code_scanner"),
    "scanner.garbled": ("serial_cable",),
    "scanner.noisy": ("usb_cable", "setting_codes"),
    "scanner.reads_nothing": ("code_scanner",),
    "document_scanner.silent": ("usb_cable", "document_scanner"),
    "document_scanner.unreachable": ("usb_cable", "document_scanner"),
    "document_scanner.garbled": ("usb_cable", "document_scanner"),
    "document_scanner.slow": ("lamp",),
    "document_printer.paper_out": ("document_paper",),
    "document_printer.paper_low": ("document_paper",),
    "document_printer.toner_empty": ("toner",),
    "document_printer.toner_low": ("toner",),
    "document_printer.waste_full": ("waste_box",),
    "document_printer.waste_near_full": ("waste_box",),
    "document_printer.silent": ("network_cable",),
    "document_printer.unreachable": ("network_cable",),
    "display.not_drawing": ("display_cable", "display"),
    "cabinet.disk_read_only": ("usb_stick", "disk"),
    "cabinet.disk_failing": ("usb_stick", "disk"),
    "cabinet.disk_worn": ("usb_stick", "disk"),
    "cabinet.battery_bad": ("battery",),
    "cabinet.battery_low": ("battery",),
    "cabinet.ups_failed": ("ups",),
    "cabinet.too_hot": ("fan",),
    "cabinet.cpu_hot": ("fan",),
    "cabinet.sensor_failed": ("probe",),
    "cabinet.door_open": ("lock_magnet",),
    "cabinet.no_network": ("network_cable", "router"),
    "cabinet.network_unplugged": ("network_cable",),
    "core.port_flapping": ("usb_cable", "usb_hub"),
    "core.storage_failed": ("usb_stick", "disk"),
    "core.state_quarantined": ("usb_stick",),
    "kiosk.silent": ("network_cable", "router"),
}
"""By fault code; a code that is not here needs hands and no part."""

OF_SUPPLY: Mapping[str, str] = {
    "receipt_paper": "receipt_paper",
    "document_paper": "document_paper",
    "paper": "receipt_paper",
    "toner": "toner",
    "cutter": "cutter",
}
"""By the name a device gives what it uses up."""


def for_codes(codes: Iterable[str], supplies: Iterable[str] = ()) -> tuple[Item, ...]:
    """Return what to take along for these faults and for what runs out, each once."""
    ids = [item for code in codes for item in OF_CODE.get(code, ())]
    ids += [OF_SUPPLY[name] for name in supplies if name in OF_SUPPLY]
    return tuple(ITEMS[one] for one in dict.fromkeys(ids))
