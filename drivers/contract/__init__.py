"""What the rest of the house may know of hardware: words and shapes, no behaviour and no bytes.

Belongs here: a device class's Protocol, the conditions, symptoms, faults and errors all classes share. Does not belong
here: anything that names a model, a byte or an operating system. May know nobody. To add a device class, write one
module that fits on one screen.
"""
