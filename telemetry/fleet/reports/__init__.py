"""Reports people carry away: the weekly report as words, as paper and as a workbook.

``words`` makes sentences of the facts of ``analytics.weekly``, and of nothing else. ``paper`` lays a page out as PDF, in a
process of its own, with the system's fonts and without any network. ``workbook`` writes typed cells.
"""
