"""What survivorship is made of: clusters in order, candidates for a golden value, and what a customer carries beside its values.

The rules and the choice itself are in `matching/survive.py`.
"""
