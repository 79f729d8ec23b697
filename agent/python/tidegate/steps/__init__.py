"""Flows of steps without code: what the command line compiled from ``tidegate.yaml``, done by the SDK's own tasks.

Nothing here reads YAML or expressions: the plan carries trees, which ``values`` evaluates.
"""
