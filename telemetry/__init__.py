"""What kiosk and fleet say to each other about health: language (``wire``), kiosk's end (``agent``), server (``fleet``).

Agent and fleet know the language and never each other.
"""
