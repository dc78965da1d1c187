"""Match and merge: pure functions, one file per stage, in the order they run.

standardise · block · compare · score · cluster · identify · survive · train · evaluate · explain
"""
