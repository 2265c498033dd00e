"""Who goes where, and what that costs in minutes."""
