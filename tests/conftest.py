"""What holds for every test."""

from hypothesis import settings

from tests.fakes.postgres import postgres, store, store_url, upgraded_sqlite

__all__ = ["postgres", "store", "store_url", "upgraded_sqlite"]

# The same examples on every run, and no wall-clock deadline: a busy machine is not a failure of the product.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")
