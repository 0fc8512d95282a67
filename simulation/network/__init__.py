"""Two or three nodes in one process, a network that does its worst, and whether the promises hold."""
