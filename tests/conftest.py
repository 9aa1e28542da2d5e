"""What holds for every test."""

from hypothesis import settings

# The same examples on every run, and no wall-clock deadline: a busy machine is not a failure of the product.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")
