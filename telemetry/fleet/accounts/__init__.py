"""Who may do what on the fleet service, and who did: accounts, roles, areas, sessions, the audit.

Decisions (``person``) are pure; passwords are hashed by a library; rows are met in one module each.
"""
