"""Claims about travel time, as found in policy texts, held against the model."""
