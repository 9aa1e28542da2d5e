"""What each kiosk should be: layers from the province down to one kiosk, merged, checked, decided by people, signed and told.

Merging (``layers``), checking (``checks``), comparing (``difference``) and the pace of telling (``ramp``) are pure. ``rows``
meets the tables, ``acts`` is what people do, ``convergence`` tells kiosks until each runs by what is wanted.
"""
