"""The bureau's hand-kept lists and smaller systems, delivered as their contracts say.

What belongs here: which rows such a list has (one module per group of lists), and one writer that
delivers the rows of any contract (`spelling`, `delivery`). What does not: the four large systems,
which have generators of their own.

A recipe states rows in the words of the ledgers: staged column names and codes, dates as dates,
amounts in yuan. Only the contract knows the sender's words, columns, units and formats.
"""
