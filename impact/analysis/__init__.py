"""One module per question that a study answers."""
