"""The bureau's desk: enrolment, configuration, releases, commands. Each page is one query module, one template, one test.

Frame, door, language and parts come from ``telemetry.fleet.web``; what is asked and decided comes from the rooms beside this one.
"""
