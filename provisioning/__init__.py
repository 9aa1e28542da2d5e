"""How a kiosk becomes the bureau's and follows its wishes: language (``wire``), kiosk's end (``agent``), server (``fleet``).

``server`` is the composition root of the whole fleet service.
"""
