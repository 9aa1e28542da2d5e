"""The service's signing key through the years: turned by a document the old key signs, followed by each kiosk in its time."""
