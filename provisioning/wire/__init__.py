"""The language of provisioning: enrolment, desired state, release, command, signatures. Decided (0004), not yet built."""
