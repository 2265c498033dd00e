"""The redistribution with the least travel, as a mathematical program."""
