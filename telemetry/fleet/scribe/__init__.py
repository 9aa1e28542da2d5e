"""The scribe: a process of its own that writes what heartbeats without news have moved (see decision 0025).

Reading a nation's heartbeats takes a core of Python; so does storing them. The service reads and judges, the scribe stores. It is
given whole rows over a pipe, a batch at a time, and says of each what became of it. It knows the database and nothing else: no
kiosk, no broker, no rule. It ends when the pipe does, so it never outlives the service.

``frames`` is what is said over the pipe, ``process`` the service's end of it, ``__main__`` the scribe itself.
"""
