"""What was promised in figures, measured on this machine and printed beside its limit; never a test that fails on a slow day."""
