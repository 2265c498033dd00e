"""Evidence: how well the minutes agree with what is known."""
