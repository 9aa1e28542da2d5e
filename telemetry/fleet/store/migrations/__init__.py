"""How the tables became what they are: one file a step, run at every start, never edited once published."""
