"""The demo bureau: deterministic synthetic extracts in the formats that real systems deliver.

What belongs here: everything that knows how the demo's data comes about, including the published
totals that it is calibrated to. What does not: anything that the night needs to compute figures.
No module of `pipelines` but the commands that write the demo imports from here.
"""
