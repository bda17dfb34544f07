"""Bad inputs by the thousand: the real command is given what is damaged, absurd or hostile, and has to answer well.

To answer well is to end with status 0, or with 2 and a sentence, within 20 seconds and 2 GiB, without a traceback, and
without a change to anything but the folder of the run. `python -m tests.fuzz.run --seconds 60` looks for answers that
are not, `make fuzz` for two hours. An input is a `Case`: files are changed and a command is called. It is drawn from a
seed, so that a number is enough to see it again, and is written down whole in `corpus/` once it has shown a fault, so
that it stays what it was when the drawing changes.
"""
