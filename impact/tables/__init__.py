"""Tables that people bring: read as text, checked, returned as frames."""
