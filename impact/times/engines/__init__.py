"""Shortest-path engines: several algorithms, all giving the same minutes to the last bit."""
