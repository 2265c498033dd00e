"""Tables, workbooks and folders that a command writes."""
