"""Files in a folder that may be a stranger's: no link is followed, and each is whole or absent."""

from .directory import Directory, draft_of, replace_file
from .shape import fault, json_value

__all__ = ["Directory", "draft_of", "fault", "json_value", "replace_file"]
