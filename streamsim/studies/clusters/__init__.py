"""What starts cells on other machines: tasks of Ray, jobs of SLURM. Each of these does the scheduling."""

from .ray_tasks import Ray
from .slurm_jobs import Slurm

__all__ = ["Ray", "Slurm"]
