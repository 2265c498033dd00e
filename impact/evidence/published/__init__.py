"""The published table: seven ranges and 55 rows, computed with every assumption in sight."""
