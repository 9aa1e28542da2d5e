"""A whole kiosk in the loop of a test: the shipping core, its far ends on real ports, a platform, a broker, eyes and hands."""
