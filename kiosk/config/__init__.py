"""The kiosk's settings: ``kiosk.toml``, the bureau's over it, and the environment, read once at start into frozen types.

Belongs here: what may be set, within which bounds, and saying in an operator's words what is wrong with it. Does not belong
here: what a driver or the platform's client can be told (each owns its settings; they are checked here all the same).
An unknown key means no start.
"""

from kiosk.config.environment import Environment as Environment
from kiosk.config.environment import read_environment as read_environment
from kiosk.config.reading import ConfigError as ConfigError
from kiosk.config.reading import Setting as Setting
from kiosk.config.reading import effective as effective
from kiosk.config.reading import load_config as load_config
from kiosk.config.tables import BureauTable as BureauTable
from kiosk.config.tables import DeviceTable as DeviceTable
from kiosk.config.tables import DisplayTable as DisplayTable
from kiosk.config.tables import ElsewhereTable as ElsewhereTable
from kiosk.config.tables import FaceTable as FaceTable
from kiosk.config.tables import FleetTable as FleetTable
from kiosk.config.tables import KioskConfig as KioskConfig
from kiosk.config.tables import KioskTable as KioskTable
from kiosk.config.tables import LogTable as LogTable
from kiosk.config.tables import ScreenTable as ScreenTable
from kiosk.config.tables import SelfTestTable as SelfTestTable
from kiosk.config.tables import ServicesTable as ServicesTable
