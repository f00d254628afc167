"""HTTP: routes, handlers, parsing and JSON; the same in every variant."""
