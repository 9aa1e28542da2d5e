"""The rollouts room: rings, steps, the gate, rows and pages."""
