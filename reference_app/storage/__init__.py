"""PostgreSQL: the schema, the connections, and the set-based statements of AFTER."""
