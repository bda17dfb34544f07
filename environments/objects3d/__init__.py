"""The embedded world of turning solids."""

from .world import Objects3D

__all__ = ["Objects3D"]
