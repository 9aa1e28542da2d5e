"""The server's end of provisioning: registry, configuration layers, releases, rollouts, audit. Decided (0004), not yet built."""
