"""View -> page model, by the part of the visit.

``idle``; ``identifying``; ``proving`` (a face, papers, a payment); ``matter`` (working, results, goodbye); ``printing``;
``aside`` (questions and settings).

Pure functions. Belongs here: which words, which drawing, what a touch means. Does not belong here: any size or colour, Kivy.
"""
