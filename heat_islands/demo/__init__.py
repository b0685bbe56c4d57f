"""The demo town's physics: a simulated surface, its true cooling, and what a satellite would see of it.

Written apart from `heat_islands.science`, which it examines: it never imports it and shares no
formula with it. Every magnitude is that of the project's design note on demo towns (its §8) unless
a comment says otherwise.
"""
