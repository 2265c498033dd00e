"""Outputs: tables, workbook, report and map of a run."""
