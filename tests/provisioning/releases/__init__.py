"""Releases: the manifest, the repository, and a kiosk that is given good ones, bad ones, and ones that break off anywhere."""
