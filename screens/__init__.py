"""The display process: draws the View it is told and sends the Intent of a touch. The only room that knows Kivy.

Belongs here: colours, sizes, words, drawings, sounds, pages. Does not belong here: what happens next (``kiosk.visit``), what a
device is doing (``kiosk.upkeep``), any device, database or network. May know of the kiosk only ``kiosk.display.vocabulary``.

A View becomes a page model (``presenter``, pure), a page model becomes a page (``pages/``, one module and one ``.kv`` each),
a page is put together from ``widgets/``. To add a page: a View in the vocabulary, a function in ``presenting/``, words in
``words/*.toml``, a page, a sample in ``samples/``.
"""
