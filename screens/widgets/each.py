"""Each: one widget for each of several models."""

from collections.abc import Sequence
from typing import Any

from kivy.factory import Factory
from kivy.properties import ObjectProperty, StringProperty

from screens.widgets.piece import Box


class Each(Box):
    """A box that holds one ``of`` for each of ``items`` and hands it the item as ``model``."""

    of = StringProperty("")
    items = ObjectProperty(())

    def on_items(self, _: object, items: Sequence[Any]) -> None:
        """Keep the widgets that stay, make or drop the others."""
        standing = list(reversed(self.children))
        for widget, item in zip(standing, items, strict=False):
            widget.model = item
        for widget in standing[len(items) :]:
            self.remove_widget(widget)
        for item in items[len(standing) :]:
            self.add_widget(Factory.get(self.of)(model=item))

    def on_of(self, _: object, __: str) -> None:
        """The kind of widget may be named after the items are."""
        self.on_items(self, self.items)
