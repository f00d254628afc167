"""BEFORE's services: some twenty families that overlap, found by name, all made and started at once."""
