"""Reproduce the published table: seven ranges, 55 rows, with every assumption in sight."""
