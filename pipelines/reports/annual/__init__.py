"""The annual report of one release and year: a workbook, a Word document, a page with charts."""
