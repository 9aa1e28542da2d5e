"""View -> page model, by the part of the visit: ``idle``, ``matter`` (a matter being done), ``aside`` (questions and settings).

Pure functions. Belongs here: which words, which drawing, what a touch means. Does not belong here: any size or colour, Kivy.
"""
