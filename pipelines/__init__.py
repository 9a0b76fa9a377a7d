"""Zhibiao: the nightly indicator pipeline of a district market-regulation bureau."""

__version__ = "0.1.0"
