"""The rivals: scripts that run in an environment of their own, and never import Onefold."""
