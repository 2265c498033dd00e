"""Every candidate concentration of an intervention at once."""
