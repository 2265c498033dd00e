"""The published table: seven ranges and 55 rows, computed with every assumption in sight."""

SEED = 2025
"""Of the providers and volumes that are drawn."""

SETS, DRAWS = 200, 2000
"""Sets of providers per treatment at most, and draws of volumes."""
