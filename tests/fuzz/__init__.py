"""Bad inputs by the thousand: the real command is given what is damaged, absurd or hostile, and has to keep its promise.

`python -m tests.fuzz.run --seconds 60`, or `make fuzz` for hours. An input is a `Case`: files are changed and a command is
called. It is drawn from a seed, so that a number is enough to see it again, and written down whole in `corpus/` once it
has shown a fault, so that it stays what it was when the drawing changes.
"""
