"""The page from a record: HTML and PDF from one source, `summary.json`, and results told in sentences."""
