"""The report of a run: its content, and the formats that it is written in."""
