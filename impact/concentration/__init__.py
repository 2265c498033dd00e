"""Concentration: candidates, who goes where, and what that costs in minutes."""
