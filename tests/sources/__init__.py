"""Tests of what crosses our border."""
