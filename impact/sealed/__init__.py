"""Studies that are shared without sharing figures: sealed, contributed to, and merged."""
