"""The government service platform as this kiosk sees it: what may be asked, over HTTP, and what the answers mean.

Belongs here: the client, its models, its deadlines and retries; ``sandbox``, a complete stand-in platform that runs as a process
of its own and is imported by nothing that runs in production. Does not belong here: when to ask (``visit``).
"""
