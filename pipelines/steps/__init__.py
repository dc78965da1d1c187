"""Steps: each reads, calls something pure, and writes. Dagster, the command line and the desk call the same ones.

session · ingest (pull · landing · rows) · match · identify · merge · publish: a run, in order
status · show · explain · export: what is asked of what was published
"""
