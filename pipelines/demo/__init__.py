"""The demo bureau: deterministic synthetic extracts in the formats that real systems deliver.

What belongs here: everything that knows how the demo's data comes about, including the published
totals that it is calibrated to. What does not: anything that the night needs to compute figures.

`bureau.write_demo` writes it, `changes` lets its systems move on, `marker.read_marker` is all that
the rest of the pipeline needs. Nothing is imported here: reading a marker must not load numpy.
"""
