"""A fleet to try the service on: kiosks that wear, jam, lose power and network, speaking the real wire to a real broker.

Belongs here: the model (pure, simulated time, one seed makes one story), the voices that play it over MQTT in real time, the
truth file they leave, and the score of what the service said against that truth. Knows the wire alone: it must not agree with
the fleet because it shares its code. Nothing that runs in production imports it; ``zhizhu-fleet simulate`` and ``zhizhu-fleet
score`` are its doors. Every number of the model has its reason in ``docs/simulation.md``. To add a kind of wear: one line in
``wear.py``.
"""
