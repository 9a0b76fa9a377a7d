"""Compute: carries out what dbt has compiled, and no table twice."""
