"""Charts: matplotlib figures turned into SVG that lives inside a page and follows its colours."""
