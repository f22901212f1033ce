"""`python -m kill_loop`: kills the server in the midst of imports and copies, and checks all that it promised.

A round puts the server under load, ends it with `kill -9` at a random moment, starts it again over the same data and
looks at what is there. What clients were told is kept here, outside the server, and everything is held against it.
The seed decides what is written and which moments are waited for; how threads and the server interleave is left to
the machine.
"""
