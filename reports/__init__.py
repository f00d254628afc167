"""Everything that people or CI read, from the run folder alone; nothing is computed or judged here."""
