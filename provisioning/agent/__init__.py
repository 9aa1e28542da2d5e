"""The kiosk's end of provisioning: enrol, fetch, verify, install, roll back. Decided (0004), not yet built."""
