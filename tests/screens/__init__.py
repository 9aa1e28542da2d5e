"""Screens: words, page models, and every page laid out and measured by the gallery in a process of its own."""
