"""Travel times against what is known: a user's own table, public facts, the square-root law."""
