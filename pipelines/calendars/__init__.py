"""Freezing the announced working days into a dated seed; a maintainer's task, never the night's."""
