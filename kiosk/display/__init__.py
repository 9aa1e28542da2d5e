"""The core's end of the Unix socket to the display: what may be shown, what a touch means, and watching that it draws.

``vocabulary`` is all that ``screens`` may know of the kiosk. The display process draws a View and sends an Intent; it has
no device, no database, no network.
"""
