"""The command line: what it prints, refuses and answers to a scheduler."""
