"""The report of a release, in Excel and as a web page, made from its own database only."""
