"""How the product is put onto machines: set-up, locks, the one-machine demonstration, and files for other programs."""
